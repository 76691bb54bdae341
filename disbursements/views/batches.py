"""Transfer batches: the list, one with its fees, and sending it to the bank."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from disbursements.batches import BATCH, batches, close_batch
from firms.access import Capability, may, person_of, requires
from firms.clock import today
from ledgers.access import books_of
from ledgers.forms.fields import DayField
from ledgers.queries.deposit_slips import receipts_on, slips_of
from ledgers.views.answers import page_of
from ledgers.views.saving import WRITING, form_page, saved


class BatchClosingForm(forms.Form):
    """When a batch went to the bank, and by which reference."""

    reference = forms.CharField(label="The bank’s reference", max_length=100)
    date = DayField(label="Transferred on")


@requires(Capability.SEE_BOOKS)
@require_safe
def transfer_batches(request: HttpRequest) -> HttpResponse:
    """List transfer batches, open ones first."""
    page = page_of(request, batches(books_of(person_of(request))))
    return render(request, "disbursements/transfer_batches.html", {"page": page})


@requires(Capability.SEE_BOOKS)
@require_safe
def transfer_batch(request: HttpRequest, item_id: int) -> HttpResponse:
    """Show a batch as it goes to the bank."""
    person = person_of(request)
    books = books_of(person)
    batch = get_object_or_404(slips_of(books, BATCH), pk=item_id)
    (row,) = batches(books, batch.pk)[:1]
    fees = receipts_on(books, batch.pk)
    context = {
        "batch": batch, "row": row, "fees": fees, "amount": -row.amount, "hidden_count": row.receipt_count - len(fees),
        "may_close": row.closed_at is None and may(person, Capability.RECORD_MONEY),
    }  # fmt: skip
    return render(request, "disbursements/transfer_batch.html", context)


@requires(Capability.RECORD_MONEY)
@require_http_methods(WRITING)
def transfer_batch_close(request: HttpRequest, item_id: int) -> HttpResponse:
    """Say that the batch went to the bank; it takes no more fees."""
    person = person_of(request)
    batch = get_object_or_404(slips_of(books_of(person), BATCH), pk=item_id)
    url = reverse("transfer_batch", args=[batch.pk])
    facts = {"title": f"Transfer batch {batch.pk} went to the bank", "submit": "Sent to the bank", "cancel_url": url}
    if request.method != "POST":
        return form_page(request, BatchClosingForm(initial={"date": max(batch.date, today())}), facts)

    def close(form: Any) -> tuple[str, str]:
        close_batch(person, batch, form.cleaned_data["reference"], form.cleaned_data["date"])
        return f"Transfer batch {batch.pk} went to the bank. It takes no more fees.", url

    return saved(request, BatchClosingForm(request.POST), facts, close)
