"""Time entries: which somebody sees, lists of them, what they add up to, and whose they can be."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from billing.models import TimeEntry
from firms.access import Capability, may
from firms.models import Person
from ledgers.access import Books, books_of
from ledgers.money import ZERO, Money

UNBILLED = Q(removed_at__isnull=True, is_billable=True, invoice__isnull=True)
STATES = {
    "unbilled": ("Unbilled", UNBILLED),
    "billed": ("On an invoice", Q(invoice__isnull=False)),
    "not_billable": ("Not billable", Q(removed_at__isnull=True, is_billable=False)),
    "removed": ("Taken out", Q(removed_at__isnull=False)),
}
SORTS = {
    "date": ("date", "id"), "-date": ("-date", "-id"), "person": (Lower("person__full_name"), "-date", "-id"),
    "-person": (Lower("person__full_name").desc(), "-date", "-id"), "matter": ("matter__number", "-date", "-id"),
    "-matter": ("-matter__number", "-date", "-id"), "hours": ("hours", "id"), "-hours": ("-hours", "-id"),
    "amount": ("amount", "id"), "-amount": ("-amount", "-id"),
}  # fmt: skip


@dataclass(frozen=True)
class TimeFilter:
    """Which time entries: of a person, of a matter, of a range of days, in a state, found by words."""

    person_id: int | None = None
    matter_id: int | None = None
    matter_number: str = ""
    from_date: date | None = None
    to_date: date | None = None
    state: str = ""
    text: str = ""

    def condition(self) -> Q:
        """Return it as a condition; what is taken out shows only when it is asked for."""
        found = STATES[self.state][1] if self.state else Q(removed_at__isnull=True)
        asked = {
            "person": self.person_id, "matter": self.matter_id, "matter__number__iexact": self.matter_number,
            "date__gte": self.from_date, "date__lte": self.to_date,
        }  # fmt: skip
        found &= Q(**{name: value for name, value in asked.items() if value})
        for word in self.text.split():
            found &= (
                Q(narrative__icontains=word) | Q(matter__number__icontains=word)
                | Q(matter__description__icontains=word) | Q(matter__client__name__icontains=word)
                | Q(person__full_name__icontains=word)
            )  # fmt: skip
        return found


@dataclass(frozen=True)
class TimeTotals:
    """How many time entries, their hours, and what of them is charged."""

    count: int
    hours: Decimal
    billable: Money


def visible_time(books: Books) -> "QuerySet[TimeEntry]":
    """Return the time of matters that the person may see."""
    return TimeEntry.objects.filter(Exists(books.matters.filter(pk=OuterRef("matter_id"))))


def with_names(found: "QuerySet[TimeEntry]") -> "QuerySet[TimeEntry]":
    """Fetch along what a list or a page shows of each."""
    return found.select_related("person", "matter__client", "recorded_by", "removed_by", "imported_from", "invoice")


def time_list(books: Books, wanted: TimeFilter, sort: str = "") -> "QuerySet[TimeEntry]":
    """Return the visible time entries that fit, newest first unless sorted."""
    found = visible_time(books).filter(wanted.condition())
    return with_names(found).order_by(*SORTS.get(sort, SORTS["-date"]))


def time_totals(books: Books, wanted: TimeFilter) -> TimeTotals:
    """Return what the time entries that fit add up to."""
    found: dict[str, Any] = visible_time(books).filter(wanted.condition()).aggregate(
        n=Count("pk"), all_hours=Sum("hours"), charged=Sum(F("amount"), filter=Q(is_billable=True))
    )  # fmt: skip
    return TimeTotals(found["n"], found["all_hours"] or Decimal("0.00"), found["charged"] or ZERO)


def timekeepers(by: Person) -> "QuerySet[Person]":
    """Return whose time somebody may record, by name."""
    people = Person.objects.filter(is_active=True).order_by("full_name", "pk")
    return people if may(by, Capability.MAKE_INVOICES) else people.filter(pk=by.pk)


def people_with_time(books: Books) -> "QuerySet[Person]":
    """Return who has worked on visible matters, by name."""
    theirs = visible_time(books).filter(person=OuterRef("pk"))
    return Person.objects.filter(Exists(theirs)).order_by("full_name", "pk")


def time_of(person: Person, time_id: int) -> "QuerySet[TimeEntry]":
    """Return one time entry, if the person may see it."""
    return with_names(visible_time(books_of(person))).filter(pk=time_id)
