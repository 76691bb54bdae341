"""What a matter owes and will owe: unbilled time, drafts, unpaid invoices; beside what is held in trust for it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from billing.models import UNPAID, Invoice, InvoiceState, TimeEntry
from billing.queries.invoices import totals_of
from billing.queries.time import UNBILLED
from ledgers.models import Ledger, Matter
from ledgers.money import ZERO, Money


@dataclass(frozen=True)
class MatterBilling:
    """What is unbilled, in drafts and unpaid of a matter, and what is held in trust for it over all accounts."""

    unbilled_count: int
    unbilled_hours: Decimal
    unbilled: Money
    draft_count: int
    drafts: Money
    unpaid_count: int
    unpaid: Money
    in_trust: Money

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to bill or to pay."""
        return not (self.unbilled_count or self.draft_count or self.unpaid_count)


def unbilled_time(matter: Matter) -> tuple[int, Decimal, Money]:
    """Return how many entries of a matter are not billed, their hours and their amount."""
    found = TimeEntry.objects.filter(UNBILLED, matter=matter).aggregate(
        n=Count("pk"), all_hours=Sum("hours"), charged=Sum("amount")
    )
    return found["n"], found["all_hours"] or Decimal("0.00"), found["charged"] or ZERO


def unpaid_invoices(matter: Matter) -> "list[Invoice]":
    """Return the invoices of a matter of which something is open, in the order in which a payment fills them."""
    return list(Invoice.objects.filter(matter=matter, state__in=UNPAID).order_by("date", "id"))


def billing_of(matter: Matter) -> MatterBilling:
    """Return what a matter owes and will owe, and what is held for it."""
    count, hours, amount = unbilled_time(matter)
    drafts = totals_of(Invoice.objects.filter(matter=matter, state=InvoiceState.DRAFT))
    unpaid = totals_of(Invoice.objects.filter(matter=matter, state__in=UNPAID))
    held = Ledger.objects.filter(matter=matter).aggregate(total=Sum("balance"))["total"] or ZERO
    return MatterBilling(count, hours, amount, drafts.count, drafts.total, unpaid.count, unpaid.unpaid, held)
