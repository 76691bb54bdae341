"""Invoices: which somebody sees, lists of them, their lines, and what of a matter can still be billed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Lower

from billing.models import UNPAID, Invoice, InvoiceLine, InvoiceState, TimeEntry
from billing.queries.time import UNBILLED
from firms.clock import today
from firms.models import Person
from ledgers.access import Books, books_of
from ledgers.models import MatterWall
from ledgers.money import ZERO, CentsField, Money

SORTS = {
    "date": ("date", "id"), "-date": ("-date", "-id"), "due": ("due_date", "id"), "-due": ("-due_date", "-id"),
    "number": ("number", "id"), "-number": ("-number", "-id"),
    "client": (Lower("matter__client__name"), "-date", "-id"),
    "-client": (Lower("matter__client__name").desc(), "-date", "-id"), "total": ("total", "id"),
    "-total": ("-total", "-id"),
}  # fmt: skip
STATES = {**dict(InvoiceState.choices), "unpaid": "Unpaid", "overdue": "Overdue"}


@dataclass(frozen=True)
class InvoiceFilter:
    """Which invoices: of a matter, in a state, of a range of days, found by words."""

    matter_id: int | None = None
    matter_number: str = ""
    state: str = ""
    from_date: date | None = None
    to_date: date | None = None
    text: str = ""

    def condition(self) -> Q:
        """Return it as a condition; void ones show only when they are asked for."""
        found = self._of_state()
        asked = {
            "matter": self.matter_id, "matter__number__iexact": self.matter_number, "date__gte": self.from_date,
            "date__lte": self.to_date,
        }  # fmt: skip
        found &= Q(**{name: value for name, value in asked.items() if value})
        for word in self.text.split():
            found &= (
                Q(number__icontains=word) | Q(matter__number__icontains=word) | Q(matter__description__icontains=word)
                | Q(matter__client__name__icontains=word) | Q(client_name__icontains=word)
            )  # fmt: skip
        return found

    def _of_state(self) -> Q:
        if self.state == "unpaid":
            return Q(state__in=UNPAID)
        if self.state == "overdue":
            return Q(state__in=UNPAID, due_date__lt=today())
        return Q(state=self.state) if self.state else ~Q(state=InvoiceState.VOID)


@dataclass(frozen=True)
class InvoiceTotals:
    """How many invoices, what they come to, and what of it is open."""

    count: int
    total: Money
    unpaid: Money


def visible_invoices(books: Books) -> "QuerySet[Invoice]":
    """Return the invoices of matters that the person may see."""
    return Invoice.objects.filter(Exists(books.matters.filter(pk=OuterRef("matter_id"))))


def with_names(found: "QuerySet[Invoice]") -> "QuerySet[Invoice]":
    """Fetch along what a list or a page shows of each."""
    return found.select_related(
        "matter__client", "matter__responsible_attorney", "created_by", "issued_by", "voided_by"
    )


def invoice_list(books: Books, wanted: InvoiceFilter, sort: str = "") -> "QuerySet[Invoice]":
    """Return the visible invoices that fit, newest first unless sorted."""
    found = visible_invoices(books).filter(wanted.condition())
    return with_names(found).order_by(*SORTS.get(sort, SORTS["-date"]))


def invoice_totals(books: Books, wanted: InvoiceFilter) -> InvoiceTotals:
    """Return what the invoices that fit add up to."""
    return totals_of(visible_invoices(books).filter(wanted.condition()))


def totals_of(invoices: "QuerySet[Invoice]") -> InvoiceTotals:
    """Return what some invoices add up to."""
    left = Sum(F("total") - F("paid"), filter=Q(state__in=UNPAID), output_field=CentsField())
    found: dict[str, Any] = invoices.order_by().aggregate(n=Count("pk"), all_total=Sum("total"), left=left)
    return InvoiceTotals(found["n"], found["all_total"] or ZERO, found["left"] or ZERO)


def invoice_of(person: Person, invoice_id: int) -> "QuerySet[Invoice]":
    """Return one invoice, if the person may see it."""
    return with_names(visible_invoices(books_of(person))).filter(pk=invoice_id)


def lines_of(invoice: Invoice) -> "QuerySet[InvoiceLine]":
    """Return the lines as they are printed: time by day, then fees, then expenses."""
    kinds = {"time": 1, "fee": 2, "expense": 3}
    found = InvoiceLine.objects.filter(invoice=invoice, is_removed=False)
    return found.alias(place=_place(kinds)).order_by("place", "date", "id")


def _place(kinds: dict[str, int]) -> Any:
    return Case(*(When(kind=kind, then=Value(place)) for kind, place in kinds.items()), output_field=IntegerField())


def line_of(person: Person, invoice_id: int, line_id: int) -> "QuerySet[InvoiceLine]":
    """Return one line of an invoice, if the person may see it."""
    of_invoice = invoice_of(person, invoice_id).order_by().values("pk")
    found = InvoiceLine.objects.filter(invoice__in=of_invoice, pk=line_id, is_removed=False)
    return found.select_related("invoice__matter")


def hidden_from(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return, by table, what of billing a wall keeps from a person; nothing for whoever stands behind none."""
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True)
    if not walled.exists():
        return {}
    hidden = Exists(walled.filter(matter=OuterRef("matter_id")))
    return {"billing_invoice": Invoice.objects.filter(hidden), "billing_timeentry": TimeEntry.objects.filter(hidden)}


def billable_time(invoice: Invoice) -> "QuerySet[TimeEntry]":
    """Return the unbilled time of an invoice's matter, oldest first."""
    found = TimeEntry.objects.filter(UNBILLED, matter=invoice.matter).select_related("person")
    return found.order_by("date", "id")
