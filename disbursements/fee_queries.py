"""Payment of invoices from trust, as somebody sees it: where each stands, and which wait for whom."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, JSONField, OuterRef, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform

from billing.models import UNPAID, Invoice
from billing.queries.invoices import visible_invoices, with_names
from disbursements.models import ClientAnswer, FeeAuthorization, FeeTransfer, InvoiceLink
from disbursements.queries import of_own_matters
from firms.access import roles_of
from firms.clock import asked
from firms.models import Firm, Person, Role
from ledgers.access import books_of
from ledgers.holds import available_balance
from ledgers.models import JournalEntry, Ledger, MatterAccount, OperatingAccount
from ledgers.money import ZERO, Money

BEFORE_THE_CLIENT = ("fee_before_approval", "fee_before_letter", "fee_before_notice")


@dataclass(frozen=True)
class Standing:
    """Where the payment of an invoice from trust stands; `objection` is the code of why nothing is transferred now."""

    authorizations: "list[FeeAuthorization]"
    answers: "list[ClientAnswer]"
    transfers: "list[FeeTransfer]"
    objection: str
    left: Money
    available: Money
    letters: "list[InvoiceLink]"
    is_left_to_a_person: bool = False

    @property
    def authorization(self) -> FeeAuthorization | None:
        """The latest authorization, in force or ended."""
        return self.authorizations[-1] if self.authorizations else None

    @property
    def is_open(self) -> bool:
        """Whether an authorization is in force."""
        return self.authorization is not None and self.authorization.ended_at is None

    @property
    def can_ask(self) -> bool:
        """Whether the client can still answer, so that a letter may be sent (again)."""
        return self.is_open and self.objection in (*BEFORE_THE_CLIENT, "fee_objected")

    @property
    def can_transfer(self) -> bool:
        """Whether both conditions are there and something is left and available."""
        return self.is_open and not self.objection and self.left > ZERO and self.available > ZERO


def standing_of(invoice: Invoice) -> Standing:
    """Return authorization, answers and transfers of an invoice, oldest first, and what is left of it all."""
    found = FeeAuthorization.objects.filter(invoice=invoice).select_related(
        "invoice", "authority__ledger__trust_account", "authority__operating_account", "authority__approver", "ended_by"
    )
    authorizations = list(found.order_by("pk"))
    answers = list(ClientAnswer.objects.filter(invoice=invoice).select_related("recorded_by").order_by("pk"))
    transfers = FeeTransfer.objects.filter(authorization__invoice=invoice).select_related("entry__actor").order_by("pk")
    letters = list(InvoiceLink.objects.filter(invoice=invoice).order_by("pk"))
    authorization = authorizations[-1] if authorizations else None
    if authorization is None or authorization.ended_at is not None:
        return Standing(authorizations, answers, list(transfers), "", ZERO, ZERO, letters)
    authority = authorization.authority
    against = asked("SELECT objection_to_fee(%s) ->> 'code'", authorization.pk) or ""
    available = available_balance(authority.ledger)
    waits = bool(asked("SELECT waits_for_distribution(%s)", authorization.pk))
    return Standing(authorizations, answers, list(transfers), against, authorization.due, available, letters, waits)


def ledgers_for(person: Person, invoice: Invoice) -> "QuerySet[Ledger]":
    """Return the ledgers out of which an invoice can be paid, the matter's default account first."""
    default = MatterAccount.objects.filter(
        matter=OuterRef("matter"), trust_account=OuterRef("trust_account"), is_default=True
    )
    found = books_of(person).ledgers.filter(matter=invoice.matter_id, trust_account__closed_date__isnull=True)
    return found.alias(first=Exists(default)).order_by("-first", "-balance", "pk").select_related("trust_account")


def firms_own_accounts() -> "QuerySet[OperatingAccount]":
    """Return the firm's own open accounts, into which fees are transferred."""
    return OperatingAccount.objects.filter(closed_date__isnull=True).order_by("pk")


def to_authorize(person: Person) -> "QuerySet[Invoice]":
    """Return the invoices that wait for this attorney, oldest first: money is in trust, and nobody has decided."""
    if Role.ATTORNEY not in roles_of(person):
        return Invoice.objects.none()
    mine = Func(
        Value(person.pk), F("pk"), OuterRef("issued_by_id"), function="may_approve", output_field=BooleanField()
    )
    held = Ledger.objects.filter(matter=OuterRef("matter_id"), balance__gt=0).annotate(is_mine=mine)
    decided = FeeAuthorization.objects.filter(invoice=OuterRef("pk"), ended_at__isnull=True)
    found = visible_invoices(books_of(person)).filter(of_own_matters(person), state__in=UNPAID)
    found = found.filter(matter__pay_invoices_from_trust=True)
    return with_names(found.filter(~Exists(decided), Exists(held.filter(is_mine=True)))).order_by("date", "id")


def waiting_for_clients(person: Person) -> "QuerySet[Invoice]":
    """Return the authorized invoices that wait for what the client says, oldest first."""
    against: Any = Func(F("pk"), function="objection_to_fee", output_field=JSONField())
    decided = FeeAuthorization.objects.filter(invoice=OuterRef("pk"), ended_at__isnull=True)
    waits = decided.annotate(code=KeyTextTransform("code", against)).filter(code__in=BEFORE_THE_CLIENT)
    found = visible_invoices(books_of(person)).filter(Exists(waits), state__in=UNPAID)
    return with_names(found).order_by("date", "id")


def fees_of(invoice: Invoice) -> "QuerySet[JournalEntry]":
    """Return the fees taken for an invoice that were not reversed."""
    found = JournalEntry.objects.filter(fee_transfer__authorization__invoice=invoice, reversed_by__isnull=True)
    return found.order_by("pk")


def fee_condition_of(invoice: Invoice) -> str:
    """Return in words what the client must do before an invoice is paid, by the firm's policy of now."""
    firm = Firm.objects.only("fee_condition", "fee_notice_days").get(pk=1)
    if firm.fee_condition == Firm.FeeCondition.APPROVAL:
        return "Once the client has approved"
    days = firm.fee_notice_days if invoice.matter.notice_period_days is None else invoice.matter.notice_period_days
    return f"Once the client has approved, or {days} days after the letter to the client without an objection"


# Authorizations whose both conditions are there and of which something is left and available: what the worker
# transfers, the oldest invoice first.
DUE_FEES = """
SELECT a.id FROM disbursements_feeauthorization a JOIN ledgers_spendingauthority s ON s.id = a.authority_id
  JOIN ledgers_ledger l ON l.id = s.ledger_id JOIN billing_invoice i ON i.id = a.invoice_id
 WHERE a.ended_at IS NULL AND s.used_amount < s.amount AND l.balance > 0 AND objection_to_fee(a.id) IS NULL
   AND l.balance - held_amount(l.id) > 0 AND NOT waits_for_distribution(a.id) ORDER BY i.date, i.id LIMIT %s
"""


def due_authorizations(at_once: int = 500) -> list[int]:
    """Return the authorizations of which something is transferred by itself now, the oldest invoice first."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_FEES, [at_once])
        return [pk for (pk,) in cursor.fetchall()]
