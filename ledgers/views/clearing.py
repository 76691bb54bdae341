"""Seen at the bank: one entry at a time, and taking that back. Several checks are marked where they are listed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from firms.access import Capability, person_of, requires
from ledgers import clearing
from ledgers.forms.clearing import ClearedForm, NotClearedForm
from ledgers.models import JournalEntry
from ledgers.money import ZERO, as_text
from ledgers.views.answers import key_of
from ledgers.views.client_ledgers import entry_of
from ledgers.views.saving import WRITING, form_page, saved


def told(entry: JournalEntry) -> str:
    """Return what the bank's line must say to be this entry: amount, other side, day and reference."""
    way = "in from" if entry.bank_amount > ZERO else "out to"
    party = f" {way} {entry.text.party}" if entry.text.party else ""
    reference = f", reference {entry.text.reference}" if entry.text.reference else ""
    return f"{as_text(abs(entry.bank_amount))}{party}, booked on {date_format(entry.book_date, 'M j, Y')}{reference}."


@requires(Capability.RECORD_MONEY)
@require_http_methods(WRITING)
def entry_cleared(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Record that the bank shows an entry."""
    found, person, url = entry_of(request, entry_id), person_of(request), reverse("entry", args=[entry_id])
    facts = {
        "title": f"{found} was seen at the bank", "submit": "Mark as cleared", "cancel_url": url, "next_url": url,
        "lead": f"{told(found)} What is one line at the bank, a deposit slip or a transfer batch, clears together.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, ClearedForm(), facts)

    def clear(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        done = clearing.clear_entries(person, key_of(request), [found.pk], said["bank_date"], said["reference"])
        others = f" {len(done) - 1} others of the same line at the bank did too." if len(done) > 1 else ""
        return f"{found} has cleared.{others}", url

    return saved(request, ClearedForm(request.POST), facts, clear)


@requires(Capability.RECORD_MONEY)
@require_http_methods(WRITING)
def entry_not_cleared(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take back that the bank shows an entry."""
    found, person, url = entry_of(request, entry_id), person_of(request), reverse("entry", args=[entry_id])
    facts = {
        "title": f"{found} was not seen at the bank", "submit": "Mark as outstanding", "cancel_url": url,
        "next_url": url,
        "lead": f"{told(found)} It is outstanding again, with its whole slip or batch. What was said is kept.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, NotClearedForm(), facts)

    def undo(form: Any) -> tuple[str, str]:
        clearing.undo_clearance(person, key_of(request), found, form.cleaned_data["reason"])
        return f"{found} is outstanding again.", url

    return saved(request, NotClearedForm(request.POST), facts, undo)
