"""Checks as pages show them."""

from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html_join

from disbursements.models import Check
from ledgers.models import Clearance, JournalEntry
from ledgers.money import Money

register = template.Library()
Facts = list[tuple[str, Any]]


@register.filter
def paid_for(entry: JournalEntry) -> list[str]:
    """Return for whom a payment is: number, description and client of each matter, or the special ledger."""
    ledgers = [line.ledger for line in entry.lines.all()]
    return [
        f"{it.matter.number} {it.matter.description}, {it.matter.client.name}" if it.matter else it.get_kind_display()
        for it in ledgers
    ]


@register.filter
def paid_amount(entry: JournalEntry) -> Money:
    """Return what a payment pays, as a positive amount."""
    return -entry.bank_amount


@register.filter
def paid_how(entry: Any) -> str:
    """Return how a payment of `outstanding_entries` went out: the number of its check in force, else its method."""
    numbers = [str(check.number) for check in entry.in_force]
    return f"Check {numbers[0]}" if numbers else str(entry.get_method_display())


@register.filter
def check_amount(amount: Money) -> str:
    """Return an amount as it stands in the box of a check: asterisks leave no room before it."""
    return f"$ **{amount.amount:,.2f}"


@register.filter
def count_of_checks(count: int) -> str:
    """Return how many checks: 1 check, 2 checks."""
    return f"{count:,} check{'' if count == 1 else 's'}"


@register.filter
def not_in_force(entry: Any) -> str:
    """Return which check of a payment is void or stopped."""
    return f"check {entry.last_number} not in force"


@register.filter
def check_facts(check: Check) -> Facts:
    """Return what stands on a check."""
    lines = format_html_join("", '<span class="d-block">{}</span>', ([it] for it in check.payee_address.splitlines()))
    if check.entry is None:
        return [("Number", str(check.number)), ("Account", str(check.trust_account)), ("Date", check.check_date)]
    return [
        ("Pay to", check.payee),
        ("Amount", check.amount),
        ("Date", check.check_date),
        ("Address", lines),
        ("Memo", check.memo),
        ("Account", str(check.trust_account)),
    ]


def seen_at_bank(seen: Clearance) -> dict[str, Any]:
    """Return that the bank showed a check, as something that happened."""
    text = f"Paid by the bank on {date_format(seen.bank_date, 'M j, Y')}: {seen.reference}"
    return {
        "title": "Cleared",
        "who": seen.recorded_by.full_name,
        "at": seen.recorded_at,
        "text": text,
        "tone": "ok",
    }


@register.filter
def check_events(check: Check, seen: Clearance | None = None) -> list[dict[str, Any]]:
    """Return what happened to a check, oldest first."""
    made = {
        "title": check.get_origin_display(),
        "who": check.issued_by.full_name,
        "at": check.issued_at,
        "tone": "info",
    }
    found = [made | {"text": f"Batch {check.batch_id}" if check.batch_id else ""}]
    if check.ended_by is not None:
        if check.entry_id is None:
            found = []
        text = (
            f"{check.reason} (the bank’s confirmation: {check.bank_reference})"
            if check.bank_reference
            else check.reason
        )
        tone = "warn" if check.state == Check.State.STOPPED else "bad"
        found.append({"title": check.get_state_display(), "who": check.ended_by.full_name, "at": check.ended_at,
                      "text": text, "tone": tone})  # fmt: skip
    return [*found, seen_at_bank(seen)] if seen else found
