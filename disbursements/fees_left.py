"""Earned but still in trust: unpaid invoices of matters for which money is held, and what each waits for."""

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Least

from billing.models import UNPAID, Invoice
from billing.queries.invoices import visible_invoices, with_names
from disbursements.models import FeeAuthorization
from ledgers.access import Books
from ledgers.models import Ledger
from ledgers.money import ZERO, CentsField, Money
from ledgers.reports.writer import Column, Sheet

ATTORNEY, BY_HAND, MONEY = "attorney", "distribution", "money"
WAITS: dict[str, str] = {
    ATTORNEY: "An attorney’s authorization",
    "fee_before_approval": "The client’s approval",
    "fee_before_letter": "A letter to the client that leaves",
    "fee_before_notice": "The notice period",
    "fee_objected": "Settlement with the client",
    BY_HAND: "A coordinator’s distribution",
    MONEY: "Available money",
}


def earned_in_trust(books: Books) -> "QuerySet[Invoice]":
    """Return the unpaid invoices for which money is held, oldest first.

    Each with `held` (in trust for its matter), `earned` (the part of the open amount that is held) and `waits`.
    """
    of_matter = Ledger.objects.filter(matter=OuterRef("matter_id"), balance__gt=0).order_by().values("matter")
    held = of_matter.annotate(total=Sum("balance")).values("total")
    in_force = FeeAuthorization.objects.filter(invoice=OuterRef("pk"), ended_at__isnull=True).values("pk")
    against: Any = Func(F("in_force"), function="objection_to_fee", output_field=JSONField())
    by_hand = Func(F("in_force"), function="waits_for_distribution", output_field=BooleanField())
    ready = Case(When(Q(by_hand), then=Value(BY_HAND)), default=Value(MONEY))
    waits = Case(
        When(in_force__isnull=True, then=Value(ATTORNEY)),
        default=Coalesce(KeyTextTransform("code", against), ready), output_field=CharField(),
    )  # fmt: skip
    found = visible_invoices(books).filter(Exists(of_matter), state__in=UNPAID, matter__pay_invoices_from_trust=True)
    found = found.annotate(held=Subquery(held, output_field=CentsField()), in_force=Subquery(in_force[:1]))
    open_amount = F("total") - F("paid")
    found = found.annotate(earned=Least(open_amount, F("held"), output_field=CentsField()), waits=waits)
    return with_names(found).order_by("date", "id")


def waits_for(invoice: Invoice) -> str:
    """Return in words what an invoice of the list waits for."""
    return WAITS.get(str(vars(invoice)["waits"]), "")


def earned_total(books: Books) -> Money:
    """Return what is earned and still in trust over all visible invoices (of a matter never more than it holds)."""
    found: Any = earned_in_trust(books).order_by()
    of_matter = found.values("matter", "held").annotate(unpaid=Sum(F("total") - F("paid")))
    least = Least("unpaid", "held", output_field=CentsField())
    return of_matter.aggregate(earned=Sum(least))["earned"] or ZERO


EARNED_SHEET: Sheet[Invoice] = Sheet(
    "earned-in-trust", "Earned but still in trust",
    (
        Column("Invoice", lambda row: row.number, 16), Column("Date", lambda row: row.date, 12),
        Column("Client", lambda row: row.client_name, 28), Column("Matter", lambda row: row.matter.number, 16),
        Column("Matter name", lambda row: row.matter.description, 36),
        Column("Attorney", lambda row: row.matter.responsible_attorney.full_name, 24),
        Column("Open", lambda row: row.open_amount), Column("Held in trust", lambda row: vars(row)["held"]),
        Column("Earned in trust", lambda row: vars(row)["earned"]), Column("Waits for", waits_for, 28),
    ),
)  # fmt: skip
