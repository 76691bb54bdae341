"""Where the payment of an invoice from trust stands, on the invoice's own page."""

from typing import Any

from django import template
from django.template.context import Context

from billing.models import UNPAID, Invoice
from disbursements.distribution import ready_fees
from disbursements.earned_fees import may_authorize
from disbursements.fee_queries import Standing, fees_of, ledgers_for, standing_of
from disbursements.fees_left import waits_for
from disbursements.models import FeeTransfer
from disbursements.views.showing import Event
from firms.access import Capability, may
from firms.models import Person
from ledgers.bank_events import left_of_fee
from ledgers.money import ZERO, as_text

register = template.Library()
register.filter("waits_for", waits_for)


def steps_of(standing: Standing) -> list[Event]:
    """Return decisions, answers and transfers, oldest first."""
    found = []
    for made in standing.authorizations:
        authority = made.authority
        found.append(Event("Authorized", authority.approver.full_name, authority.decided_at,
                          f"{as_text(authority.amount)} out of {authority.ledger.trust_account}", "ok"))  # fmt: skip
        if made.ended_by is not None:
            found.append(
                Event("Authorization withdrawn", made.ended_by.full_name, made.ended_at, made.end_reason, "bad")
            )
    for said in standing.answers:
        tone = "ok" if said.answer == "approved" else "bad"
        title = f"The client {said.get_answer_display().lower()}"
        found.append(Event(title, said.given_by, said.at, said.said, tone))
    found += [
        Event("Sent to the client", f"To {sent.address}", sent.sent_at, "With a personal link")
        for sent in standing.letters
    ]
    found += [moved(one) for one in standing.transfers]
    return sorted(found, key=lambda step: step.at)  # type: ignore[arg-type,return-value]


def moved(one: FeeTransfer) -> Event:
    """Return a transfer as a step."""
    return Event(
        "Transferred",
        one.entry.actor.full_name,
        one.entry.posted_at,
        f"{as_text(one.amount)}, entry {one.entry_id}",
        "ok",
    )


def has_others(standing: Standing) -> bool:
    """Say whether other invoices are ready to be paid out of the same ledger."""
    made = standing.authorization
    return made is not None and len(ready_fees(made.authority.ledger)) > 1


@register.inclusion_tag("disbursements/_fees_to_put_back.html")
def fees_to_put_back(invoice: Invoice) -> dict[str, Any]:
    """Ask for the fees that were taken for an invoice to be put back, before it is made void."""
    return {"it": invoice, "fees": [(fee, left_of_fee(fee)) for fee in fees_of(invoice)] if invoice.paid > ZERO else []}


@register.inclusion_tag("disbursements/_invoice_from_trust.html", takes_context=True)
def invoice_from_trust(context: Context, invoice: Invoice) -> dict[str, Any]:
    """Show what was decided and transferred, what is missing, and what this person may do about it."""
    person: Person = context["user"]
    standing, is_unpaid = standing_of(invoice), invoice.state in UNPAID
    ledger = ledgers_for(person, invoice).first() if is_unpaid and not standing.is_open else None
    records, decides = may(person, Capability.REQUEST_MONEY), may(person, Capability.APPROVE_MONEY)
    from_trust = invoice.matter.pay_invoices_from_trust
    return {
        "it": invoice, "standing": standing, "steps": steps_of(standing), "from_trust": from_trust,
        "is_shown": bool(invoice.number) and (from_trust or bool(standing.authorizations)),
        "may_authorize": decides and from_trust and ledger is not None and may_authorize(person, invoice, ledger),
        "may_record": records and invoice.state in (*UNPAID, "paid"), "may_withdraw": decides and standing.is_open,
        "may_transfer": records and standing.can_transfer, "is_unpaid": is_unpaid,
        "holds_nothing": is_unpaid and standing.left == ZERO and ledger is None,
        "may_distribute": records and standing.can_transfer and has_others(standing),
        "may_ask": records and standing.can_ask and bool(invoice.matter.client.email),
        "request": context["request"], "user": person,
    }  # fmt: skip
