"""Facts of payees in the order in which a page lists them."""

from typing import Any

from django import template
from django.utils.html import format_html_join

from disbursements.models import Payee

register = template.Library()
Facts = list[tuple[str, Any]]


@register.filter
def payee_kind(code: str) -> str:
    """Return a kind of payee in words."""
    return str(Payee.Kind(code).label)


@register.filter
def payee_facts(payee: Payee) -> Facts:
    """Return a payee's details."""
    address = format_html_join("", '<span class="d-block">{}</span>', ([line] for line in payee.address.splitlines()))
    return [
        ("Kind", payee.get_kind_display()),
        ("Usually paid by", payee.get_default_method_display()),
        ("E-mail", payee.email),
        ("Address", address),
        ("Notes", payee.notes),
    ]
