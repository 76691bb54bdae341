"""Deposit slips: the list, one with its receipts, and sending it to the bank."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from firms.access import Capability, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.accounts import close_deposit_slip
from ledgers.forms.receipts import SlipClosingForm
from ledgers.queries.deposit_slips import deposit_slips, receipts_on, slips_of
from ledgers.views.answers import page_of


@requires(Capability.SEE_BOOKS)
@require_GET
def deposit_slips_view(request: HttpRequest) -> HttpResponse:
    """List deposit slips, open ones first."""
    rows = deposit_slips(books_of(person_of(request)))
    return render(request, "ledgers/deposit_slips.html", {"page": page_of(request, rows)})


@requires(Capability.SEE_BOOKS)
@require_GET
def deposit_slip(request: HttpRequest, slip_id: int) -> HttpResponse:
    """Show a deposit slip as it goes to the bank."""
    books = books_of(person_of(request))
    slip = get_object_or_404(slips_of(books), pk=slip_id)
    (row,) = deposit_slips(books, slip_id=slip.pk)[:1]
    receipts = receipts_on(books, slip.pk)
    context = {"slip": slip, "row": row, "receipts": receipts, "hidden_count": row.receipt_count - len(receipts)}
    return render(request, "ledgers/deposit_slip.html", context)


@requires(Capability.RECORD_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def deposit_slip_close(request: HttpRequest, slip_id: int) -> HttpResponse:
    """Say that the slip went to the bank; it takes no more receipts."""
    slip = get_object_or_404(slips_of(books_of(person_of(request))), pk=slip_id)
    form = SlipClosingForm(request.POST or None, initial={"date": max(slip.date, today())})
    refusal, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            close_deposit_slip(slip, form.cleaned_data["date"])
        except Refusal as refused:
            refusal, status = refused, 409
        else:
            messages.success(request, f"Deposit slip {slip.pk} went to the bank. It takes no more receipts.")
            return redirect("deposit_slip", slip.pk)
    return render(
        request, "ledgers/deposit_slip_close.html", {"slip": slip, "form": form, "refusal": refusal}, status=status
    )
