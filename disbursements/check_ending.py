"""How a check ends: its payment is stopped at the bank, or the check is void and its payment undone.

A stopped check is issued anew like any payment without a check in force: the new one `replaces` it. Whoever prints
checks ends them; undoing the payment is a reversal by the pen, with the rules of reversals.
"""

from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction

from disbursements.check_refusals import BlankPaysNothing, CheckEnded, PaymentGone
from disbursements.models import Check
from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.bank_events import record_reversal
from ledgers.calls import call
from ledgers.commands import once
from ledgers.models import JournalEntry
from ledgers.posting import Posted
from ledgers.refusals import ReasonMissing


@retrying
def stop_payment(person: Person, key: str, check: Check, reason: str, bank_reference: str) -> Check:
    """Record that the bank was told not to pay a check, with its confirmation; the payment may be issued anew.

    Raises:
        ReasonMissing; CheckEnded: it is void or stopped already; PaymentGone, NotAllowed, KeyReused, KeyMissing.
    """
    _payment_of(person, check)
    said = {"what": "stop_payment", "check": check.pk, "reason": reason.strip(), "bank": bank_reference.strip()}

    def work() -> dict[str, Any]:
        sql = "SELECT end_check(%s, %s, 'stopped', %s, %s)"
        call(sql, person.pk, check.pk, reason.strip(), bank_reference.strip())
        return {"check": check.pk}

    return Check.objects.get(pk=once(person, key, said, work)["check"])


@retrying
def void_payment(person: Person, key: str, check: Check, book_date: date, reason: str) -> Posted:
    """Undo the payment of a check that was never cashed: the check becomes void, if in force, and the money is back.

    Raises:
        ReasonMissing, BlankPaysNothing, PaymentGone, NotAllowed.
        AlreadyReversed, DatedBeforeOriginal, DatedInFuture, MonthLocked: as for any reversal.

    Rule: SPEC I1.
    """
    entry = _payment_of(person, check)
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        # Ended before, by this command or another: whether the payment is undone, the pen knows.
        with suppress(CheckEnded):
            call("SELECT end_check(%s, %s, 'void', %s, '')", person.pk, check.pk, reason.strip())
        words = f"Check {check.number}: {reason.strip()}"[:500]
        return record_reversal(person, key, entry=entry, book_date=book_date, reason=words)


@retrying
def take_up_opening(person: Person, key: str, entry: JournalEntry) -> Check:
    """Take an outstanding check of the opening import among the checks, so that it can be stopped or made void.

    Raises:
        CheckNumberWrong: the old system gave it no number; CheckNumberTaken, CheckIsThere, PaymentUndone.
        NotPaidByCheck: it is no opening check; NotAllowed, KeyReused, KeyMissing.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    if not books_of(person).entries.filter(pk=entry.pk).exists():
        raise PaymentGone
    said = {"what": "take_up_opening", "entry": entry.pk}
    answer = once(
        person, key, said, lambda: {"check": call("SELECT take_up_opening_check(%s, %s)", person.pk, entry.pk)}
    )
    return Check.objects.get(pk=answer["check"])


def _payment_of(person: Person, check: Check) -> JournalEntry:
    """Return the payment of a check, if the person makes checks and sees it."""
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    if check.entry_id is None:
        raise BlankPaysNothing(number=check.number)
    found = books_of(person).entries.select_related("text", "linked_to").filter(pk=check.entry_id).first()
    if found is None:
        raise PaymentGone
    return found
