"""What a matter owes, on the matter's own page."""

from typing import Any

from django import template
from django.template.context import Context

from billing.models import Invoice
from billing.queries.matters import billing_of, unpaid_invoices
from billing.queries.settlements import settlements_of
from firms.clock import today
from ledgers.models import Matter

register = template.Library()


@register.inclusion_tag("billing/_matter.html", takes_context=True)
def matter_billing(context: Context, matter: Matter) -> dict[str, Any]:
    """Show unbilled time, drafts and unpaid invoices of a matter beside what is held in trust for it."""
    found = billing_of(matter)
    unpaid: list[Invoice] = unpaid_invoices(matter) if found.unpaid_count else []
    has_statements = matter.type in (Matter.Type.CONTINGENCY, Matter.Type.HYBRID)
    return {
        "matter": matter, "has_statements": has_statements,
        "settlements": settlements_of(matter) if has_statements else [], "billing": found, "unpaid": unpaid,
        "today": today(), "user": context["user"],
        "request": context["request"],
    }  # fmt: skip
