"""Facts of clients, matters and accounts in the order in which a page lists them."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html

from ledgers.models import Client, Matter, TrustAccount
from ledgers.money import ZERO

register = template.Library()
Facts = list[tuple[str, Any]]


@register.filter
def of(values: dict[int, Any], key: int) -> Any:
    """Return the value of a key; nothing held is zero."""
    return values.get(key, ZERO)


@register.filter
def picked(client: Client) -> str:
    """Return a client as the picker names it."""
    return f"{client.name} ({client.pk})"


@register.filter
def client_facts(client: Client) -> Facts:
    """Return a client's details."""
    return [
        ("Kind", client.get_kind_display()),
        ("E-mail", client.email),
        ("Telephone", client.phone),
        ("Address", client.address),
    ]


@register.filter
def matter_facts(matter: Matter) -> Facts:
    """Return a matter's details."""
    link = format_html('<a href="{}">{}</a>', reverse("client", args=[matter.client_id]), matter.client.name)
    notice = f"{matter.notice_period_days} days" if matter.notice_period_days is not None else ""
    return [
        ("Matter number", matter.number),
        ("Client", link),
        ("Type", matter.get_type_display()),
        ("Practice area", matter.practice_area),
        ("Responsible attorney", matter.responsible_attorney.full_name),
        ("Billing attorney", matter.billing_attorney.full_name if matter.billing_attorney else ""),
        ("Alternate attorney", matter.alternate_attorney.full_name if matter.alternate_attorney else ""),
        ("Coordinator", matter.coordinator.full_name if matter.coordinator else ""),
        ("Opened", matter.opened_date),
        ("Closed", matter.closed_date),
        ("Fee agreement signed", matter.agreement_signed_date),
        ("Notice period", notice),
        ("Minimum in trust", matter.minimum_balance),
        ("Pay invoices from trust", "Yes" if matter.pay_invoices_from_trust else "No"),
    ]


@register.filter
def account_facts(account: TrustAccount) -> Facts:
    """Return an account's details; of its number only the last four digits."""
    return [
        ("Kind", account.get_kind_display()),
        ("Client", account.client.name if account.client else ""),
        ("Title at the bank", account.title),
        ("Bank", account.bank_name),
        ("Routing number", account.routing_number),
        ("Account number", f"••{account.last_four}"),
        ("State", account.state),
        ("Opened", account.opened_date),
        ("Closed", account.closed_date),
        ("Cushion for bank charges, at least", account.firm_funds_minimum),
        ("Cushion, at most", account.firm_funds_cap),
    ]
