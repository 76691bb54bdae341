"""Payment of invoices from trust: an attorney authorizes, the client answers, and the fee follows by itself.

The mechanism is that of `taking_fees`. Rule: SPEC flow *Earned fee*; I4, I8-I10.
"""

from typing import Any

from billing.models import Invoice
from disbursements.fee_letters import ask_client, confirm_to_client
from disbursements.fee_queries import due_authorizations, ledgers_for
from disbursements.fee_refusals import InvoiceChanged
from disbursements.models import ClientAnswer, FeeAuthorization
from disbursements.taking_fees import Fees, Terms, fee_spending
from firms.access import Capability, may
from firms.clock import asked
from firms.models import Person
from firms.refusals import NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.authorities import Spending, may_approve
from ledgers.calls import call
from ledgers.commands import once
from ledgers.models import Ledger
from ledgers.money import ZERO, as_text, cents_of


def spending_of(it: Invoice, terms: Terms) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it (I9): what is paid of it too."""
    shown = {"client": it.client_name, "total": cents_of(it.total), "paid": cents_of(it.paid)}
    return fee_spending(it, terms, f"Fees, {it}", invoice=it.pk, **shown)


def confirm(authorization: FeeAuthorization, entry_id: int) -> bool:
    """Write to the client what was paid of the invoice and what is open yet; whether there is an address."""
    it = authorization.invoice
    it.refresh_from_db()
    facts = {"invoice": it, "open": as_text(it.open_amount), "is_open": it.open_amount > ZERO}
    return confirm_to_client(authorization, it, entry_id, "fee_transferred", f"invoice {it.number}", facts)


def waits(authorization: FeeAuthorization) -> bool:
    """Say whether the client's part is missing, or money that is not enough for all is left to a coordinator."""
    question = "SELECT objection_to_fee(%s) IS NOT NULL OR waits_for_distribution(%s)"
    return bool(asked(question, authorization.pk, authorization.pk))


FEES = Fees(
    what="invoice", told="fee", source="job:earned-fees", field="invoice", changed=InvoiceChanged,
    documents=Invoice.objects, given=FeeAuthorization.objects, hold="SELECT hold_fee_rows(%s, %s, NULL)",
    spending_of=spending_of, ledgers=ledgers_for, unpaid=lambda it: it.open_amount, facts=lambda it: {"invoice": it.pk},
    confirm=confirm, due=due_authorizations, waits=waits, authorized=ask_client,
    start=(("condition", "approval"),),  # the database writes the firm's policy of the day
)  # fmt: skip
usual_terms, authorize, grant, withdraw = FEES.usual_terms, FEES.authorize, FEES.grant, FEES.withdraw
transfer, pay, follow, follow_all = FEES.transfer, FEES.pay, FEES.follow, FEES.follow_all


def may_authorize(person: Person, invoice: Invoice, ledger: Ledger) -> bool:
    """Say whether this attorney decides on the payment of an invoice out of a ledger; never who issued it."""
    return invoice.issued_by_id is not None and may_approve(person, ledger.pk, invoice.issued_by_id)


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
