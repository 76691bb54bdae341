"""Facts of the books in the order in which a page lists them."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ledgers.models import BankItem, JournalEntry

register = template.Library()
Facts = list[tuple[str, Any]]


@register.filter("hex")
def hex_text(value: bytes | memoryview | None, letters: int = 64) -> str:
    """Return the first letters of a hash."""
    return bytes(value).hex()[: int(letters)] if value else ""


@register.filter
def kind_name(kind: str) -> str:
    """Return a kind of entry in words."""
    return str(dict(JournalEntry.Kind.choices).get(kind, kind))


@register.filter
def method_name(method: str) -> str:
    """Return a method of payment in words."""
    return str(dict(JournalEntry.Method.choices).get(method, method))


def link_to(entry: JournalEntry | None) -> SafeString | str:
    """Return a link to an entry."""
    if entry is None:
        return ""
    return format_html('<a href="{}">{}</a>', reverse("entry", args=[entry.pk]), entry)


def _related(entry: JournalEntry, name: str) -> JournalEntry | None:
    found: JournalEntry | None = getattr(entry, name, None)
    return found


def cleared(entry: JournalEntry) -> str:
    """Return when the bank showed an entry, who said so and from what; nothing while it is outstanding."""
    seen = next((it for it in entry.clearances.all() if it.undone_at is None), None)
    if seen is None:
        return ""
    return f"{date_format(seen.bank_date, 'M j, Y')}: {seen.reference} ({seen.recorded_by.full_name})"


@register.filter
def is_outstanding(entry: JournalEntry) -> bool:
    """Say whether the bank is still to show an entry."""
    nowhere = {JournalEntry.Kind.OPENING_BALANCE, JournalEntry.Kind.REVERSAL}
    return bool(entry.bank_amount.amount) and entry.kind not in nowhere and not cleared(entry)


@register.filter
def is_cleared(entry: JournalEntry) -> bool:
    """Say whether the bank has shown an entry."""
    return bool(cleared(entry))


@register.filter
def entry_facts(entry: JournalEntry) -> Facts:
    """Return what happened: only what was said."""
    text, item = entry.text, entry.bank_item
    pages = {BankItem.Kind.DEPOSIT_SLIP: "deposit_slip", BankItem.Kind.TRANSFER_BATCH: "transfer_batch"}
    page = pages.get(BankItem.Kind(item.kind)) if item else None
    slip = format_html('<a href="{}">No. {}</a>', reverse(page, args=[item.pk]), item.pk) if item and page else item
    said: Facts = [
        (entry.party_label, text.party),
        ("Purpose", text.purpose),
        ("Memo", text.memo),
        ("Method", entry.get_method_display()),
        ("Reference", text.reference),
        ("Moves at the bank", entry.bank_amount),
        ("Book date", entry.book_date),
        ("Cleared", cleared(entry)),
        ("Trust account", str(entry.trust_account)),
        (item.get_kind_display() if item else "", slip),
        ("Operating account", entry.operating_account),
        ("Bank’s advice", text.advice),
        ("Reason", text.reason),
        ("Reverses", link_to(_related(entry, "reverses"))),
        ("Speaks of", link_to(_related(entry, "relates_to"))),
        ("Other half", link_to(entry.linked_to or _related(entry, "linked_from"))),
        *(("Followed by", link_to(later)) for later in entry.followed_by.all()),
    ]
    return [(label, value) for label, value in said if value not in ("", None)]


@register.filter
def authority_facts(entry: JournalEntry) -> Facts:
    """Return the decision that let the money out."""
    authority = entry.authority
    if authority is None:
        return []
    return [
        ("Payee", authority.payee), ("Amount approved", authority.amount), ("Purpose", authority.purpose),
        ("Requested by", authority.requester.full_name), ("Approved by", authority.approver.full_name),
        ("Approved at", authority.decided_at), ("Content hash", hex_text(authority.content_hash, 16)),
    ]  # fmt: skip


@register.filter
def record_facts(entry: JournalEntry) -> Facts:
    """Return who wrote the entry, when, from where, and its seal."""
    second = entry.second_person
    said: Facts = [
        ("Posted by", entry.actor.full_name),
        ("Second person", second.full_name if second else ""),
        ("Posted at", entry.posted_at),
        ("From address", entry.source_address),
        ("Request", entry.request_id),
        ("Entry hash", format_html('<code class="tl-hash">{}</code>', hex_text(entry.hash))),
    ]
    return [(label, value) for label, value in said if value]
