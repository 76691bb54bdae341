"""Recording time: who worked how long for which matter, changed until it is billed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.models import TimeEntry
from billing.refusals import NotYourTime
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.accounts import save_edited
from ledgers.commands import once
from ledgers.models import Matter
from ledgers.money import Money
from ledgers.refusals import ReasonMissing


@dataclass(frozen=True)
class Work:
    """What was done: hours in hundredths, the rate for an hour."""

    person: Person
    matter: Matter
    date: date
    hours: Decimal
    rate: Money
    narrative: str
    is_billable: bool = True

    def columns(self) -> dict[str, Any]:
        """Return the columns of the row."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"narrative": self.narrative.strip()}

    def said(self) -> dict[str, Any]:
        """Return it as a command compares it with its repetition."""
        plain = {name: str(value) for name, value in self.columns().items()}
        return plain | {"person": self.person.pk, "matter": self.matter.pk}


def may_record_for(by: Person, person: Person) -> bool:
    """Say whether somebody records the time of a person: a coordinator anybody's, an attorney the own."""
    return may(by, Capability.MAKE_INVOICES) or (by.pk == person.pk and may(by, Capability.RECORD_TIME))


@retrying
def record_time(by: Person, key: str, work: Work) -> TimeEntry:
    """Record a time entry; a repeated key answers the first.

    Raises:
        NotAllowed, NotYourTime: not this person's to record.
        TimeInFuture, MatterNotBilled, DayTooLong, TimeIncomplete: it is none.
        KeyReused, KeyMissing.

    Rule: SPEC I12.
    """
    _refuse_unless_theirs(by, work.person, work.matter)
    with translating():
        said = {"what": "record_time", **work.said()}
        answer = once(by, key, said, lambda: {"time_entry": _insert(by, work).pk})
    return TimeEntry.objects.get(pk=answer["time_entry"])


@retrying
def change_time(by: Person, entry: TimeEntry, version: int, work: Work) -> TimeEntry:
    """Change a time entry that no invoice bills.

    Raises:
        ChangedMeanwhile: someone else saved it since it was shown.
        TimeRemoved: it was taken out.
        NotAllowed, NotYourTime, TimeInFuture, MatterNotBilled, DayTooLong, TimeIncomplete.
    """
    _refuse_unless_theirs(by, entry.person, entry.matter)
    _refuse_unless_theirs(by, work.person, work.matter)
    changed: TimeEntry = save_edited(TimeEntry, entry.pk, version, work.columns())
    return changed


@retrying
def remove_time(by: Person, entry: TimeEntry, version: int, reason: str) -> TimeEntry:
    """Take out a time entry that never was true; it stays on record with the reason.

    Raises:
        ReasonMissing, ChangedMeanwhile, TimeRemoved, NotAllowed, NotYourTime.
    """
    _refuse_unless_theirs(by, entry.person, entry.matter)
    if not reason.strip():
        raise ReasonMissing
    taken_out = {"removed_at": now(), "removed_by": by, "remove_reason": reason.strip()[:300]}
    removed: TimeEntry = save_edited(TimeEntry, entry.pk, version, taken_out)
    return removed


def _refuse_unless_theirs(by: Person, person: Person, matter: Matter) -> None:
    if not may(by, Capability.MAKE_INVOICES, Capability.RECORD_TIME):
        raise NotAllowed
    if not books_of(by).matters.filter(pk=matter.pk).exists():
        raise NotAllowed
    if not may_record_for(by, person):
        raise NotYourTime(person=person.full_name)


def _insert(by: Person, work: Work) -> TimeEntry:
    return TimeEntry.objects.create(recorded_by=by, recorded_at=now(), **work.columns())
