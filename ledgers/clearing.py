"""Cleared and outstanding: that the bank has shown an entry, by hand; a match with a statement writes the same.

The database keeps one clearance in force for an entry (sql/065_clearing.sql). What is one line at the bank (a transfer
batch, a deposit slip) clears together. A clearance is never deleted: it is undone, with a reason.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed, Refusal
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.commands import once
from ledgers.models import Clearance, JournalEntry

MOST_AT_ONCE = 500


class NoEntriesChosen(Refusal):
    """Nothing was named."""

    code = "no_entries_chosen"
    sentence = "No entry is chosen. Tick those that the bank shows."


class TooManyEntries(Refusal):
    """One form is one look at the bank."""

    code = "too_many_entries"
    sentence = "{asked} entries are too many at once; at most {most} are. Mark them in several rounds."


class EntryGone(Refusal):
    """What was chosen is not there for this person."""

    code = "entry_gone"
    sentence = "One of the chosen entries is not there. Look at the list again."


class NothingToClear(Refusal):
    """It never shows at the bank."""

    code = "nothing_to_clear"
    sentence = "Entry {entry} moves nothing at the bank by itself, so nothing of it can clear. Choose another one."


class ClearedAlready(Refusal):
    """An entry clears once."""

    code = "cleared_already"
    sentence = "Entry {entry} cleared on {bank_date} already. Take that back first if it is wrong."
    constraints = ("clearance_once",)


class ClearedButReversed(Refusal):
    """It was undone in the books."""

    code = "cleared_but_reversed"
    sentence = (
        "Entry {entry} is reversed in the books: it never was true. If the bank shows it all the same, record what the "
        "bank did as a bank event."
    )


class NotAtTheBankYet(Refusal):
    """Its slip or batch is still open."""

    code = "not_at_the_bank_yet"
    sentence = "Entry {entry} lies in a slip or batch that has not gone to the bank. Send that to the bank first."


class ClearedDateWrong(Refusal):
    """The bank shows it between its book date and today."""

    code = "cleared_date_wrong"
    sentence = (
        "The bank cannot have shown entry {entry} on {date}: it was booked on {book_date}, and today is {today}. Use "
        "the date that the bank shows."
    )


class BankLineMissing(Refusal):
    """Where was it seen?"""

    code = "bank_line_missing"
    sentence = "Say where it was seen: the statement, or the line of the online bank."
    constraints = ("clearance_has_reference",)


class EntryCleared(Refusal):
    """What the bank has shown was true."""

    code = "entry_cleared"
    sentence = (
        "Entry {entry} cleared at the bank on {bank_date}, so it is not reversed. If the bank does not show it, take "
        "that back first; if the bank did something else, record a bank event."
    )


class NotCleared(Refusal):
    """There is nothing to take back."""

    code = "not_cleared"
    sentence = "Entry {entry} is outstanding already. Nothing was changed."


class ClearanceFixed(Refusal):
    """What was said of the bank stands."""

    code = "clearance_fixed"
    sentence = "What was recorded of entry {entry} never changes. Take it back with a reason and record it anew."
    constraints = ("clearance_undone_why", "clearance_known_source")


@retrying
def clear_entries(person: Person, key: str, entries: Iterable[int], bank_date: date, reference: str) -> list[Clearance]:
    """Record that the bank shows these entries on a day; `reference` says where it was seen.

    Answers every clearance that came of it: entries of the same slip or batch are one line at the bank.

    Raises:
        NoEntriesChosen, TooManyEntries, EntryGone: of what was chosen.
        NothingToClear, ClearedAlready, ClearedButReversed, NotAtTheBankYet, ClearedDateWrong, BankLineMissing.
        NotAllowed, KeyReused, KeyMissing.

    Rule: a clearance is of a posted entry, once (GLOSSARY: cleared).
    """
    chosen = sorted(set(entries))
    _refuse_unless_theirs(person, chosen)
    said = {"what": "clear", "entries": chosen, "bank_date": bank_date, "reference": reference.strip()}

    def work() -> dict[str, Any]:
        sql = "SELECT clear_entries(%s, %s, %s, %s, %s)"
        hand = Clearance.Source.HAND.value
        return {"entries": call(sql, person.pk, chosen, bank_date, hand, reference.strip())}

    cleared = once(person, key, said, work)["entries"]
    found = books_of(person).entries.filter(pk__in=cleared)
    return list(Clearance.objects.filter(entry__in=found, undone_at__isnull=True).order_by("entry_id"))


@retrying
def undo_clearance(person: Person, key: str, entry: JournalEntry, reason: str) -> JournalEntry:
    """Take back that an entry was seen at the bank: it is outstanding again, with its whole slip or batch.

    Raises:
        NotCleared, ReasonMissing, EntryGone, NotAllowed, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(person, [entry.pk])
    said = {"what": "undo_clearance", "entry": entry.pk, "reason": reason.strip()}

    def work() -> dict[str, Any]:
        return {"entries": call("SELECT undo_clearance(%s, %s, %s)", person.pk, entry.pk, reason.strip())}

    once(person, key, said, work)
    return entry


def cleared_on(entry: JournalEntry) -> date | None:
    """Return the day on which the bank shows an entry; None while it is outstanding."""
    found: date | None = call("SELECT cleared_on(%s)", entry.pk)
    return found


def _refuse_unless_theirs(person: Person, entries: list[int]) -> None:
    """Hold that the person records money and sees every entry; a walled one does not exist."""
    if not may(person, Capability.RECORD_MONEY):
        raise NotAllowed
    if not entries:
        raise NoEntriesChosen
    if len(entries) > MOST_AT_ONCE:
        raise TooManyEntries(asked=len(entries), most=MOST_AT_ONCE)
    if books_of(person).entries.filter(pk__in=entries).count() != len(entries):
        raise EntryGone
