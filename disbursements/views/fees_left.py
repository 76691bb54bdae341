"""Earned but still in trust: the list."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from disbursements.fees_left import EARNED_SHEET, earned_total
from disbursements.fees_left import earned_in_trust as invoices
from firms.access import Capability, person_of, requires
from ledgers.access import books_of
from ledgers.views.answers import page_of
from ledgers.views.files import export


@requires(Capability.SEE_BOOKS)
@require_safe
def earned_in_trust(request: HttpRequest) -> HttpResponseBase:
    """List unpaid invoices for which money is held, with what each waits for."""
    books = books_of(person_of(request))
    rows = invoices(books)
    if file := export(request, rows.iterator(2000), EARNED_SHEET):
        return file
    context = {"page": page_of(request, rows), "total": earned_total(books)}
    return render(request, "disbursements/earned_in_trust.html", context)
