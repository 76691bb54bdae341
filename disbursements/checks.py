"""Checks: numbered for the printer, recorded when written by hand, spoiled; the database gives every number.

A number is given once (`give_check_number`), under the lock of its account's counter; a command that is repeated
answers with the numbers it got the first time. A spoiled check keeps its number, void; its payment waits for the
printer again and takes the next one.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from disbursements.check_refusals import PaymentGone, TooManyChecks
from disbursements.models import Check, CheckBatch
from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.commands import once
from ledgers.models import JournalEntry, TrustAccount

MOST_PER_BATCH = 100


@retrying
def issue_checks(person: Person, key: str, account: TrustAccount, entries: Iterable[int]) -> CheckBatch:
    """Give the posted payments by check of an account the next numbers, oldest payment first, to be printed together.

    Raises:
        NoChecksChosen, TooManyChecks, PaymentGone: of what was chosen.
        CheckNumberingMissing: the firm has not said which number comes first.
        CheckIsThere: a payment has its check already; PaymentUndone: it was reversed; NotPaidByCheck.
        NotAllowed, KeyReused, KeyMissing.
    """
    chosen = sorted(set(entries))
    _refuse_unless_theirs(person, chosen)
    if len(chosen) > MOST_PER_BATCH:
        raise TooManyChecks(asked=len(chosen), most=MOST_PER_BATCH)
    said = {"what": "issue_checks", "account": account.pk, "entries": chosen}

    def work() -> dict[str, Any]:
        return {"batch": call("SELECT issue_checks(%s, %s, %s)", person.pk, account.pk, chosen)}

    return CheckBatch.objects.get(pk=once(person, key, said, work)["batch"])


@retrying
def record_written_check(
    person: Person, key: str, entry: JournalEntry, number: int, on: date, *, begins_book: bool = False
) -> Check:
    """Record the number of a check that was written by hand for a posted payment.

    Raises:
        CheckNumberTaken, CheckNumberFar (`begins_book` says that it is right), CheckNumberWrong, CheckDateWrong.
        CheckIsThere, PaymentUndone, NotPaidByCheck, PaymentGone, NotAllowed, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(person, [entry.pk])
    said = {"what": "written_check", "entry": entry.pk, "number": number, "on": on, "begins_book": begins_book}
    sql = "SELECT record_written_check(%s, %s, %s, %s, %s)"
    return _made(person, key, said, sql, person.pk, entry.pk, number, on, begins_book)


@retrying
def spoil_blank(
    person: Person, key: str, account: TrustAccount, number: int | None, reason: str, *, begins_book: bool = False
) -> Check:
    """Record a blank check that was spoiled, void: the next number of the stock, or the one named.

    Raises:
        ReasonMissing, CheckNumberingMissing, CheckNumberTaken, CheckNumberFar, NotAllowed, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(person, [])
    said = {"what": "spoil_blank", "account": account.pk, "number": number, "reason": reason.strip()}
    sql = "SELECT spoil_blank_check(%s, %s, %s, %s, %s)"
    return _made(person, key, said, sql, person.pk, account.pk, number, reason.strip(), begins_book)


@retrying
def spoil_check(person: Person, key: str, check: Check, reason: str) -> Check:
    """Make a check void that was spoiled before it left the office; its payment waits for the printer again.

    Raises:
        ReasonMissing; CheckEnded: it is void or stopped already; PaymentGone, NotAllowed, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(person, [check.entry_id] if check.entry_id else [])
    said = {"what": "spoil_check", "check": check.pk, "reason": reason.strip()}

    def work() -> dict[str, Any]:
        call("SELECT end_check(%s, %s, 'void', %s, '')", person.pk, check.pk, reason.strip())
        return {"check": check.pk}

    return Check.objects.get(pk=once(person, key, said, work)["check"])


@retrying
def set_numbering(person: Person, account: TrustAccount, first_number: int, since: date | None = None) -> None:
    """Set the number that is printed next, as it stands on the check stock; recorded in the audit trail.

    `since` (kept from before when None, else today): payments before that day never wait for the printer here.

    Raises:
        CheckNumberBehind: a number as high was printed before; CheckNumberWrong, NotAllowed.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    call("SELECT set_check_numbering(%s, %s, %s, %s)", person.pk, account.pk, first_number, since)


def _refuse_unless_theirs(person: Person, entries: list[int]) -> None:
    """Hold that the person makes checks and sees every payment; a walled one does not exist."""
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    if entries and books_of(person).entries.filter(pk__in=entries).count() != len(entries):
        raise PaymentGone


def _made(person: Person, key: str, said: dict[str, Any], sql: str, *values: Any) -> Check:
    """Run the function once for this key; return the check it made."""
    answer = once(person, key, said, lambda: {"check": call(sql, *values)})
    return Check.objects.get(pk=answer["check"])
