"""What became of a settlement statement once it was issued, on the statement's own page."""

from typing import Any

from django import template
from django.template.context import Context

from billing.settlement_models import SettlementState, SettlementStatement
from disbursements.models import SettledOtherwise
from disbursements.settled_otherwise import payments_otherwise, proposed_for
from disbursements.settlement_fees import may_authorize, usual_terms
from disbursements.settlement_queries import PAYABLE, SettlementStanding, signature_of, standing_of, taken_back_of
from disbursements.views.showing import Event
from firms.access import Capability, may
from firms.models import Person
from ledgers.money import ZERO, as_text

register = template.Library()


def settled_event(other: SettledOtherwise) -> Event:
    """Return that something counts as settled by a payment, who said so and who confirmed it."""
    by, second = other.proposal.proposed_by, other.proposal.decided_by
    said = f"{as_text(other.amount)} by entry {other.entry_id}, recorded by {by.full_name}: {other.evidence}"
    return Event("Settled otherwise", second.full_name if second else "", other.at, said, "ok")


def steps_of(it: SettlementStatement, standing: SettlementStanding) -> list[Event]:
    """Return decisions, transfers and what was settled otherwise, oldest first."""
    found = []
    for made in standing.authorizations:
        authority = made.authority
        said = f"{as_text(authority.amount)} of fee and costs out of {authority.ledger.trust_account}"
        found.append(Event("Authorized", authority.approver.full_name, authority.decided_at, said, "ok"))
        if made.ended_by is not None:
            who = made.ended_by.full_name
            found.append(Event("Authorization withdrawn", who, made.ended_at, made.end_reason, "bad"))
        elif made.ended_at is not None and made.end_reason != "Transferred":
            found.append(Event("Authorization ended", "", made.ended_at, made.end_reason, "bad"))
    for one in standing.transfers:
        said = f"{as_text(one.amount)}, entry {one.entry_id}"
        found.append(Event("Transferred", one.entry.actor.full_name, one.entry.posted_at, said, "ok"))
    found += [settled_event(other) for part in standing.parts for other in part.otherwise]
    for undone in taken_back_of(it):
        by, second = undone.proposal.proposed_by, undone.proposal.decided_by
        said = f"{as_text(undone.settled.amount)} by entry {undone.settled.entry_id}, proposed by {by.full_name}"
        found.append(settled_event(undone.settled))
        who = second.full_name if second else ""
        found.append(Event("Not settled after all", who, undone.at, f"{said}: {undone.reason}", "bad"))
    return sorted(found, key=lambda step: step.at)  # type: ignore[arg-type,return-value]


def has_payment_otherwise(person: Person, it: SettlementStatement, standing: SettlementStanding) -> bool:
    """Say whether something is left, and a payment that names no statement could have settled it."""
    left = it.state in PAYABLE and any(one.left > ZERO for one in standing.parts)
    return left and payments_otherwise(person, it).exists()


@register.inclusion_tag("disbursements/_settlement_signed.html", takes_context=True)
def settlement_signed(context: Context, it: SettlementStatement) -> dict[str, Any]:
    """Show the client's signature and what was paid by it, or what is missing; and what this person may do about it."""
    person: Person = context["user"]
    asks, decides = may(person, Capability.REQUEST_MONEY), may(person, Capability.APPROVE_MONEY)
    signature = signature_of(it).first()
    standing = standing_of(it) if signature else None
    in_force = standing is not None and standing.authorization is not None
    can_transfer = in_force and standing is not None and min(standing.open_now, standing.available) > ZERO
    return {
        "it": it, "signature": signature, "is_issued": it.state == SettlementState.ISSUED, "standing": standing,
        "may_record": it.state == SettlementState.ISSUED and asks,
        "may_authorize": decides and signature is not None and may_authorize(person, it, usual_terms(person, it)),
        "may_withdraw": decides and in_force, "may_transfer": asks and can_transfer,
        "may_settle": asks and standing is not None and has_payment_otherwise(person, it, standing),
        "proposed": list(proposed_for(it)) if standing else [],
        "may_ask": asks and it.state == SettlementState.AUTHORIZED, "may_take_back": asks,
        "steps": steps_of(it, standing) if standing else [],
        "request": context["request"], "user": person,
    }  # fmt: skip
