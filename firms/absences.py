"""Absences of attorneys: another attorney decides in their place, within the days that were recorded and not beyond.

An absence adds a decider and takes none away: whoever is away and decides all the same has decided.
Rule: SPEC flow *Disbursement*; RELIABILITY D19.
"""

import datetime as dt

from django.db import transaction
from django.db.models import DateField, Func, Q, QuerySet

from firms import outbox
from firms.access import Capability, may, roles_of
from firms.clock import now, today
from firms.models import Absence, Person, Role
from firms.refusals import NotAllowed, Refusal, translating


class AbsenceNotYours(Refusal):
    """Attorneys record their own absences."""

    code = "absence_not_yours"
    sentence = (
        "You can record and end your own absences only. A firm administrator or managing partner can do it for others."
    )


class AbsenceInThePast(Refusal):
    """What was decided is not given another decider afterwards."""

    code = "absence_in_the_past"
    sentence = "An absence begins today or later, not on {first_day}. Enter a first day from today on."


class AbsenceWithoutDays(Refusal):
    """It ends before it begins."""

    code = "absence_without_days"
    sentence = "The last day, {last_day}, is before the first, {first_day}. Enter the days the other way round."
    constraints = ("absence_ends_after_it_begins",)


class AbsenceOverlaps(Refusal):
    """The attorney is away then already."""

    code = "absence_overlaps"
    sentence = (
        "{name} is recorded as away from {first_day} to {last_day} already, with {delegate} deciding. End that absence "
        "first, or choose other days."
    )


class DelegateNotAttorney(Refusal):
    """Only an attorney stands in for an attorney."""

    code = "delegate_not_attorney"
    sentence = "Absences are of attorneys, and only another attorney can decide in their place. Choose another one."
    constraints = ("absence_delegate_is_another",)


class DelegateIsAway(Refusal):
    """Whoever stands in must be there."""

    code = "delegate_is_away"
    sentence = (
        "{name} is away from {first_day} to {last_day} and cannot decide for somebody else then. Choose another "
        "attorney, or other days."
    )


class StandsInMeanwhile(Refusal):
    """Somebody relies on this attorney then."""

    code = "stands_in_meanwhile"
    sentence = (
        "{delegate} decides for {name} from {first_day} to {last_day}. End that absence and record it again with "
        "another attorney first."
    )


class DelegateNamesSelf(Refusal):
    """Nobody gives the decisions of somebody else to oneself."""

    code = "delegate_names_self"
    sentence = "You cannot name yourself to decide for somebody else. Let the attorney or another person record it."


class AbsenceOver(Refusal):
    """It has ended."""

    code = "absence_over"
    sentence = "This absence is over already (it was recorded from {first_day} to {last_day}). Nothing is left to end."


class AbsenceFixed(Refusal):
    """What was recorded stays."""

    code = "absence_fixed"
    sentence = "A recorded absence never changes. End it, and record another one."


def record_absence(
    by: Person, person: Person, delegate: Person, first_day: dt.date, last_day: dt.date, note: str = ""
) -> Absence:
    """Record that an attorney is away and who decides meanwhile; both are told. Days are dates where the firm is.

    Raises:
        NotAllowed, AbsenceNotYours, DelegateNamesSelf: not by this person.
        AbsenceInThePast, AbsenceWithoutDays, AbsenceOverlaps: not for these days.
        DelegateNotAttorney, DelegateIsAway, StandsInMeanwhile: not with this delegate.
    """
    _refuse_unless_recorder(by)
    with translating(), transaction.atomic():
        absence = Absence.objects.create(
            person=person, delegate=delegate, first_day=first_day, last_day=last_day, note=note.strip(),
            recorded_by=by, recorded_at=now(),
        )  # fmt: skip
        _tell("absence.recorded", absence, by)
    return absence


def end_absence(by: Person, absence: Absence) -> Absence:
    """End an absence at once; from now on the attorney decides again, and both are told.

    Raises:
        NotAllowed, AbsenceNotYours, AbsenceOver.
    """
    _refuse_unless_recorder(by)
    with translating(), transaction.atomic():
        absence = Absence.objects.select_for_update(of=("self",)).get(pk=absence.pk)
        absence.ended_by, absence.ended_at = by, now()
        absence.save(update_fields=["ended_by", "ended_at"])
        _tell("absence.ended", absence, by)
    return absence


def absences() -> "QuerySet[Absence]":
    """Return every absence with its people, the latest first."""
    return Absence.objects.select_related("person", "delegate", "recorded_by", "ended_by").order_by("-first_day", "-id")


def current_absences() -> "QuerySet[Absence]":
    """Return who is away now or will be, the next first."""
    return absences().filter(ended_at__isnull=True, last_day__gte=today()).order_by("first_day", "id")


def past_absences() -> "QuerySet[Absence]":
    """Return the absences that are over or were ended, the latest first."""
    return absences().filter(Q(ended_at__isnull=False) | Q(last_day__lt=today()))


def stood_in_for(person: Person) -> "QuerySet[Absence]":
    """Return the absences in which this person decides in somebody's place today; a part of other questions."""
    day = Func(function="firm_today", output_field=DateField())
    return absences().filter(delegate=person, ended_at__isnull=True, first_day__lte=day, last_day__gte=day)


def may_record_for(by: Person, person: Person | None = None) -> bool:
    """Say whether somebody records absences of this person; of anybody, without one."""
    others = bool({Role.ADMINISTRATOR, Role.PARTNER} & roles_of(by))
    return others or (person is not None and by.pk == person.pk and Role.ATTORNEY in roles_of(by))


def _refuse_unless_recorder(by: Person) -> None:
    if not may(by, Capability.RECORD_ABSENCES):
        raise NotAllowed


def _tell(kind: str, absence: Absence, by: Person) -> None:
    to = sorted({absence.person_id, absence.delegate_id} - {by.pk})
    facts = {
        "to": to, "person": absence.person.full_name, "delegate": absence.delegate.full_name, "by": by.full_name,
        "first_day": absence.first_day, "last_day": absence.last_day, "note": absence.note,
    }  # fmt: skip
    outbox.tell(kind, absence, facts, dedupe=f"{kind}:{absence.pk}")
