"""Payment of invoices from trust: an attorney authorizes, the client answers, and the fee follows by itself.

The database decides and posts (`pay_from_trust`); what is written here asks it. Rule: SPEC flow *Earned fee*;
I4, I8-I10.
"""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from billing.models import Invoice
from disbursements.fee_letters import ask_client, confirm_to_client
from disbursements.fee_queries import due_authorizations, firms_own_accounts, ledgers_for
from disbursements.fee_refusals import InvoiceChanged, NothingToTransfer
from disbursements.models import ClientAnswer, FeeAuthorization
from firms import audit, outbox, second_factor
from firms.access import Capability, may
from firms.audit import current_actor
from firms.clock import asked
from firms.models import CodeTry, Firm, Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.authorities import Spending, authorize_spending, may_approve
from ledgers.calls import call
from ledgers.commands import once, was_given
from ledgers.models import JournalEntry, Ledger, OperatingAccount
from ledgers.money import Money, as_text, cents_of
from ledgers.refusals import AmountNotPositive, ApproverIsRequester, NoSuchLedger, NotTheApprover, ReasonMissing

log = logging.getLogger(__name__)
SOURCE = "job:earned-fees"


@dataclass(frozen=True)
class Terms:
    """What an attorney authorizes for an invoice: how much, out of which ledger, into which account of the firm."""

    ledger: Ledger
    operating_account: OperatingAccount
    amount: Money


def usual_terms(person: Person, invoice: Invoice) -> Terms | None:
    """Return what is open, out of the matter's default ledger, into the firm's first account; nothing without those."""
    ledger, own = ledgers_for(person, invoice).first(), firms_own_accounts().first()
    return Terms(ledger, own, invoice.open_amount) if ledger and own else None


def spending_of(invoice: Invoice, terms: Terms) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it (I9)."""
    paid, total = str(cents_of(invoice.paid)), str(cents_of(invoice.total))
    shown = {"invoice": str(invoice.pk), "client": invoice.client_name, "total": total, "paid": paid}
    return Spending(
        ledger_id=terms.ledger.pk,
        kind=JournalEntry.Kind.EARNED_FEE,
        payee=Firm.objects.values_list("name", flat=True).get(pk=1),
        amount=terms.amount,
        method=JournalEntry.Method.ACH,
        purpose=f"Fees, {invoice}"[:300],
        reference=invoice.number,
        operating_account_id=terms.operating_account.pk,
        more=tuple(shown.items()),
    )


def may_authorize(person: Person, invoice: Invoice, ledger: Ledger) -> bool:
    """Say whether this attorney decides on the payment of an invoice out of a ledger; never who issued it."""
    return invoice.issued_by_id is not None and may_approve(person, ledger.pk, invoice.issued_by_id)


def authorize(
    by: Person, invoice: Invoice, terms: Terms, shown_hash: str, code: str, key: str = ""
) -> FeeAuthorization:
    """Authorize payment of an invoice from trust, with a code for exactly what was shown.

    When the client's part is there as well, what is available is transferred in the same transaction. With a key, the
    same decision sent again answers what it did the first time.

    Raises:
        InvoiceChanged: it is not what was shown.
        NotTheApprover, ApproverIsRequester, FeeOnePerson: another attorney decides.
        CodeRefused, TooManyCodes, SecondFactorMissing: the code is none.
        FeeInvoiceNotOpen, FeeOverInvoice, FeeNotFromTrust, FeeAuthorizedAlready, AmountNotPositive, NoSuchLedger.

    Rule: SPEC I8-I10.
    """
    content = {"what": "authorize_invoice", "invoice": invoice.pk, "hash": shown_hash}
    if not (key and was_given(by, key)):
        refuse_unless_decider(by, terms, ledgers_for(by, invoice), invoice.issued_by_id)
        if shown_hash != spending_of(invoice, terms).content_hash():
            raise InvoiceChanged
        tried = second_factor.verify_code(by, code, shown_hash)
        if not key:
            return grant(by, invoice.pk, terms, shown_hash, tried)
    with translating():
        said = once(by, key, content, lambda: {"authorization": grant(by, invoice.pk, terms, shown_hash, tried).pk})
    return FeeAuthorization.objects.get(pk=said["authorization"])


@retrying
def grant(by: Person, invoice_id: int, terms: Terms, shown_hash: str, tried: CodeTry | None = None) -> FeeAuthorization:
    """Write the authorization and transfer what may be, in one transaction; the accepted code is spent in it.

    Raises:
        Refusal: as `authorize`, which has the code checked; nothing was written.
    """
    with translating(), transaction.atomic():
        call("SELECT hold_fee_rows(%s, %s, NULL)", terms.ledger.pk, invoice_id)
        invoice = Invoice.objects.select_related("matter").get(pk=invoice_id)
        spending = spending_of(invoice, terms)
        if spending.content_hash() != shown_hash:
            raise InvoiceChanged
        if tried is not None:
            second_factor.spend(tried, by, shown_hash)
        authority = authorize_spending(by, invoice.issued_by_id or 0, spending)
        made = FeeAuthorization.objects.create(invoice=invoice, authority=authority, condition="approval")
        made.refresh_from_db()
        _tell(made, "fee_authorized")
        follow(made, by)
        made.refresh_from_db()
        ask_client(made)
    return made


@retrying
def record_answer(by: Person, key: str, invoice: Invoice, answer: str, evidence: str) -> ClientAnswer:
    """Record with its evidence that the client approved an invoice, or objects to it; the latest answer counts.

    When the attorney has authorized it, an approval is followed by the transfer in the same transaction.

    Raises:
        NotAllowed, ClientAnswerIncomplete, FeeInvoiceNotOpen, FeeOnePerson, KeyReused, KeyMissing.
    """
    if not may(by, Capability.REQUEST_MONEY) or not books_of(by).matters.filter(pk=invoice.matter_id).exists():
        raise NotAllowed
    said = {"what": "client_answer", "invoice": invoice.pk, "answer": answer, "evidence": evidence.strip()}

    def work() -> dict[str, Any]:
        call("SELECT hold_fee_rows(fee_ledger(%s), %s, NULL)", invoice.pk, invoice.pk)
        made = ClientAnswer.objects.create(
            invoice=invoice,
            answer=answer,
            evidence=evidence.strip()[:500],
            recorded_by=by,
            at=asked("SELECT firm_now()"),
        )
        authorization = FeeAuthorization.objects.filter(invoice=invoice, ended_at__isnull=True).first()
        if authorization is not None:
            follow(authorization, by)
        return {"answer": made.pk}

    with translating():
        given = once(by, key, said, work)
    return ClientAnswer.objects.get(pk=given["answer"])


@retrying
def withdraw(by: Person, authorization: FeeAuthorization, reason: str) -> None:
    """Withdraw an authorization: nothing more is transferred under it; what was, stays.

    Raises:
        ReasonMissing, NotTheApprover: another attorney decides.
        FeeAuthorizationFixed: it has ended already.
    """
    if not reason.strip():
        raise ReasonMissing
    authority = authorization.authority
    if by.pk != authority.approver_id and not may_approve(by, authority.ledger_id, authority.requester_id):
        raise NotTheApprover(approver=by.pk, ledger=authority.ledger_id)
    with translating(), transaction.atomic():
        call("SELECT (hold_fee(%s)).id", authority.pk)
        ended = {"ended_by": by, "ended_at": asked("SELECT firm_now()"), "end_reason": reason.strip()[:300]}
        FeeAuthorization.objects.filter(pk=authorization.pk).update(**ended)


@retrying
def transfer(by: Person, authorization: FeeAuthorization) -> int:
    """Transfer what is authorized, unpaid and available now, and return the entry. Two at once never transfer twice.

    Raises:
        NotAllowed; NothingToTransfer: nothing is available, or nothing is left.
        FeeBeforeApproval, FeeBeforeNotice, FeeObjected, FeeNotAuthorized, FeeInvoiceNotOpen: a condition is missing.
        DisbursementsStopped, LedgerInDeficit, MatterClosed, ...: the books do not spend now.
    """
    if not may(by, Capability.REQUEST_MONEY, Capability.APPROVE_MONEY):
        raise NotAllowed
    entry = pay(by.pk, authorization)
    if entry is None:
        raise NothingToTransfer(invoice=str(authorization.invoice).lower())
    return entry


def pay(actor_id: int, authorization: FeeAuthorization, at_most: int | None = None) -> int | None:
    """Ask the database for the transfer (of all there is, or of some cents), and tell of it; nothing without any now.

    Raises:
        Refusal: as `transfer`.
    """
    context = current_actor().context()
    with translating(), transaction.atomic():
        entry: int | None = call(
            "SELECT pay_from_trust(%s, %s, %s, %s::jsonb)", authorization.authority_id, at_most, actor_id, context
        )
        if entry is not None:
            _tell(authorization, "fee_transferred", entry)
            confirm_to_client(authorization, entry)
    return entry


def follow(authorization: FeeAuthorization, by: Person | None = None) -> int | None:
    """Transfer if both conditions are there; whatever keeps the books from it leaves the invoice due, an exception.

    By the firm's policy money that is not enough for all that is due is left for a coordinator to distribute.

    The transfer is made in the name of who acts, or else of the attorney who authorized it.
    """
    if asked(
        "SELECT objection_to_fee(%s) IS NOT NULL OR waits_for_distribution(%s)", authorization.pk, authorization.pk
    ):
        return None
    actor_id = by.pk if by is not None else authorization.authority.approver_id
    try:
        return pay(actor_id, authorization)
    except Refusal as refusal:
        log.warning("fee_not_transferred", extra={"invoice": authorization.invoice_id, "reason": refusal.detail})
        return None


def follow_all() -> int:
    """Transfer what has become due by itself: notice periods that ran out, money that came in. Answers how many."""
    found = 0
    for pk in due_authorizations():
        with audit.acting(None, source=SOURCE):
            authorization = FeeAuthorization.objects.select_related("authority", "invoice__matter").get(pk=pk)
            found += follow(authorization) is not None
    return found


def refuse_unless_decider(by: Person, terms: Terms, ledgers: "QuerySet[Ledger]", issuer_id: int | None) -> None:
    """Hold that this attorney decides on terms out of one of the ledgers, on what somebody else issued.

    Raises:
        NoSuchLedger, AmountNotPositive, ApproverIsRequester, NotTheApprover.
    """
    if not ledgers.filter(pk=terms.ledger.pk).exists():
        raise NoSuchLedger
    if cents_of(terms.amount) <= 0:
        raise AmountNotPositive(asked=cents_of(terms.amount))
    if issuer_id is None or not may_approve(by, terms.ledger.pk, issuer_id):
        if by.pk == issuer_id:
            raise ApproverIsRequester(requester=by.pk)
        raise NotTheApprover(approver=by.pk, ledger=terms.ledger.pk)


def _tell(authorization: FeeAuthorization, kind: str, entry_id: int | None = None) -> None:
    """Tell who issued the invoice, through the outbox, once."""
    invoice, authority = authorization.invoice, authorization.authority
    facts = {
        "to": [invoice.issued_by_id], "invoice": invoice.pk, "number": invoice.number, "matter": invoice.matter.number,
        "amount": as_text(authority.amount), "by": authority.approver.full_name, "path": f"/invoices/{invoice.pk}/",
    }  # fmt: skip
    if entry_id is not None:
        paid = JournalEntry.objects.values_list("bank_amount", flat=True).get(pk=entry_id)
        facts |= {"entry": entry_id, "amount": as_text(-paid)}
    outbox.tell(kind, authorization, facts, dedupe=f"{kind}:{authorization.pk}:{entry_id or 0}")
