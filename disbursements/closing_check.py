"""What stands against closing a matter, each with its one next action; and what can be returned to the client.

To return: what is held, less what holds keep (but for money not yet collected), less time not yet billed, drafts and
unpaid invoices, less what settlement statements still pay, the client's share too: it goes out by the statement.

Rule: SPEC flow *Matter close*.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, F, Func, Prefetch, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode

from billing.models import Invoice, InvoiceState
from billing.queries.matters import MatterBilling, billing_of, unpaid_invoices
from billing.settlement_models import SettlementState, SettlementStatement
from disbursements.models import OPEN, Check, DisbursementRequest, State
from disbursements.queries import visible_to
from disbursements.settlement_queries import unpaid_settlements
from firms.clock import today
from ledgers.access import Books
from ledgers.models import Hold, JournalEntry, Ledger, Matter
from ledgers.money import ZERO, Money
from ledgers.queries.holds import holds_listed
from ledgers.queries.parties import ledgers_of_matter

MOST_OUTSTANDING = 200
# What a settlement statement waits for, and what is done about it next.
SETTLEMENT_NEXT = {
    SettlementState.DRAFT: ("Draft, not issued yet", "Issue it"),
    SettlementState.ISSUED: ("Issued, not signed by the client yet", "Record the signature"),
    SettlementState.SIGNED: ("Signed by the client; an attorney authorizes it", "Have it authorized"),
    SettlementState.AUTHORIZED: ("Of fee and costs, liens and the client’s share", "Pay what is left"),
}


@dataclass(frozen=True)
class Point:
    """One thing that stands against closing, and what is done about it next; `url` is the page for that."""

    code: str
    what: str
    detail: str
    amount: Money | None
    action: str
    url: str


@dataclass(frozen=True)
class ClosingCheck:
    """Everything that stands against closing a matter, and what its money will go to."""

    held: Money
    kept: Money
    to_bill: Money
    to_settle: Money
    points: tuple[Point, ...]
    outstanding: tuple[JournalEntry, ...]

    @property
    def to_return(self) -> Money:
        """What goes back to the client once the firm and everyone of a settlement have been paid."""
        left = self.held - self.kept - self.to_bill - self.to_settle
        return max(ZERO, left)

    @property
    def is_over(self) -> bool:
        """Whether nothing stands against closing."""
        return not self.points and not self.outstanding


def closing_check(books: Books, matter: Matter) -> ClosingCheck:
    """Ask what stands against closing a matter that the person sees."""
    ledgers, holds = list(ledgers_of_matter(books, matter)), open_holds(books, matter)
    billed, waiting = billing_of(matter), open_requests(books, matter)
    kept = sum((hold.amount for hold in holds if hold.kind != Hold.Kind.UNCOLLECTED), ZERO)
    reserved = (it for it in waiting if it.hold_id and it.ledger.matter_id == matter.pk)
    kept += sum((request.amount for request in reserved), ZERO)
    settlements = list(unpaid_settlements(matter))
    to_settle = sum((vars(it)["unpaid"] for it in settlements), ZERO)
    to_bill = billed.unbilled + billed.drafts + billed.unpaid
    points = [
        *map(hold_point, holds),
        *map(request_point, waiting),
        *billing_points(matter, billed),
        *map(settlement_point, settlements),
        *balance_points(matter, ledgers, kept + to_bill + to_settle),
    ]
    held = sum((ledger.balance for ledger in ledgers), ZERO)
    out = tuple(outstanding_entries(books, matter)[:MOST_OUTSTANDING])
    return ClosingCheck(held, kept, to_bill, to_settle, tuple(points), out)


def open_holds(books: Books, matter: Matter) -> list[Hold]:
    """Return the holds in force of a matter but for the reservations of its requests, oldest first."""
    found = holds_listed(books, {}).filter(ledger__matter=matter).exclude(kind=Hold.Kind.RESERVED)
    return list(found.order_by("placed_at", "id"))


def open_requests(books: Books, matter: Matter) -> list[DisbursementRequest]:
    """Return the requests and drafts out of a matter or into it that are not over, oldest first.

    `asked_on`: the firm's day.
    """
    of_matter = Q(ledger__matter=matter) | Q(destination_ledger__matter=matter)
    found = visible_to(books.person).filter(of_matter, state__in=(State.DRAFT, *OPEN))
    found = found.select_related("ledger", "requester")
    found = found.annotate(asked_on=Func(F("requested_at"), function="firm_date", output_field=DateField()))
    return list(found.order_by("requested_at", "id"))


def outstanding_entries(books: Books, matter: Matter) -> Any:
    """Return what a matter paid out and the bank has not shown, oldest first, with the check in force of each."""
    ids = JournalEntry.objects.raw("SELECT id FROM outstanding_of_matter(%s) AS o (id)", [matter.pk])
    checks = Prefetch("checks", Check.objects.filter(state=Check.State.ISSUED), to_attr="in_force")
    found = books.entries.filter(pk__in=[entry.pk for entry in ids]).select_related("text", "trust_account")
    return found.prefetch_related(checks).order_by("book_date", "id")


def hold_point(hold: Hold) -> Point:
    """Return that money is held, why, and until when."""
    until = f", until {said(hold.until_date)}" if hold.until_date else ""
    what = "Deposit not collected yet" if hold.kind == Hold.Kind.UNCOLLECTED else f"{hold.get_kind_display()} money"
    url = reverse("hold_release", args=[hold.pk])
    whose = f" (by {hold.disputed_by})" if hold.disputed_by else ""
    return Point("hold", what, f"{hold.reason}{whose}{until}", hold.amount, "Release on evidence…", url)


def request_point(request: DisbursementRequest) -> Point:
    """Return that a request waits, or that somebody has a draft of one."""
    asked_on, url = said(vars(request)["asked_on"]), reverse("disbursement", args=[request.pk])
    if request.state == State.DRAFT:
        detail = f"Draft of {request.requester.full_name}, written on {asked_on}; nothing is reserved"
        return Point("request_draft", f"Draft to {request.payee}", detail, request.amount, "Submit or delete it", url)
    detail = f"{request.get_state_display()}, asked for on {asked_on}"
    return Point("request", f"Request to {request.payee}", detail, request.amount, "Open the request", url)


def billing_points(matter: Matter, billed: MatterBilling) -> list[Point]:
    """Return what is still to be billed, and which invoices are not paid."""
    found, ask = [], urlencode({"matter": matter.number})
    if billed.unbilled_count:
        detail, url = f"{billed.unbilled_hours} hours", f"{reverse('invoice_new')}?{ask}&{until_today()}"
        found.append(Point("unbilled", "Time not billed", detail, billed.unbilled, "Make the final invoice", url))
    for draft in Invoice.objects.filter(matter=matter, state=InvoiceState.DRAFT).order_by("date", "id"):
        url = reverse("invoice", args=[draft.pk])
        found.append(Point("draft", "Draft of an invoice", said(draft.date), draft.total, "Issue it", url))
    for invoice in unpaid_invoices(matter):
        url, detail = reverse("invoice", args=[invoice.pk]), f"To be paid by {said(invoice.due_date)}"
        found.append(Point("unpaid", str(invoice), detail, invoice.open_amount, "Have it paid", url))
    return found


def settlement_point(it: SettlementStatement) -> Point:
    """Return that a settlement statement is not paid, and what it waits for."""
    detail, action = SETTLEMENT_NEXT[SettlementState(it.state)]
    return Point("settlement", str(it), detail, vars(it)["unpaid"], action, reverse("settlement", args=[it.pk]))


def balance_points(matter: Matter, ledgers: list[Ledger], before: Money) -> list[Point]:
    """Return what each ledger holds or owes; `before`: what the matter’s money goes to before the client."""
    found = []
    for ledger in ledgers:
        if ledger.deficit > ZERO:
            url = f"{reverse('bank_event_new', args=['cure'])}?{urlencode({'ledger': ledger.pk})}"
            found.append(Point("deficit", f"Deficit in {ledger.trust_account}", "", ledger.deficit, "Cure it", url))
        elif ledger.balance > ZERO:
            left = ledger.balance - before if ledger.balance > before else ZERO
            asked: dict[str, Any] = {"matter": matter.number, "kind": "return", "account": ledger.trust_account_id}
            words = {"payee": matter.client.name, "purpose": "Return of the balance in trust"}
            asked |= words | ({"amount": f"{left.amount:.2f}"} if left > ZERO else {})
            url = f"{reverse('disbursement_new')}?{urlencode(asked)}"
            found.append(Point("balance", f"Held in {ledger.trust_account}", "", ledger.balance, "Request return", url))
            before = before - ledger.balance if before > ledger.balance else ZERO
    return found


def until_today() -> str:
    """Return the query that bills all time up to today."""
    return urlencode({"time_until": today().isoformat()})


def said(day: date) -> str:
    """Return a day as the pages write it."""
    return date_format(day, "M j, Y")
