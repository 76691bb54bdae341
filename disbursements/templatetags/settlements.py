"""What became of a settlement statement once it was issued, on the statement's own page."""

from typing import Any

from django import template
from django.template.context import Context

from billing.settlement_models import SettlementState, SettlementStatement
from disbursements.settlement_queries import signature_of
from firms.access import Capability, may
from firms.models import Person

register = template.Library()


@register.inclusion_tag("disbursements/_settlement_signed.html", takes_context=True)
def settlement_signed(context: Context, it: SettlementStatement) -> dict[str, Any]:
    """Show the client's signature, or what is missing for it."""
    person: Person = context["user"]
    return {
        "it": it, "signature": signature_of(it).first(), "is_issued": it.state == SettlementState.ISSUED,
        "may_record": it.state == SettlementState.ISSUED and may(person, Capability.REQUEST_MONEY),
        "request": context["request"], "user": person,
    }  # fmt: skip
