"""Invoices: the list, a new draft, one of them on the screen and on paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing import invoicing
from billing.forms.invoices import InvoiceFilterForm, LineForm, NewInvoiceForm
from billing.models import UNPAID, Invoice, InvoiceState
from billing.queries.invoices import billable_time, invoice_list, invoice_of, invoice_totals, lines_of
from billing.reports import INVOICE_SHEET, invoice_pdf
from firms.access import Capability, may, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.views.answers import key_of, page_of, unread
from ledgers.views.files import as_pdf, export, record_export
from ledgers.views.saving import WRITING, form_page, saved

MOST_TIME = 500


@requires(Capability.SEE_BOOKS)
@require_safe
def invoices(request: HttpRequest) -> HttpResponseBase:
    """List invoices, newest first."""
    person = person_of(request)
    books, form = books_of(person), InvoiceFilterForm(request.GET)
    if wrong := unread(request, form):
        return wrong
    wanted = form.filter()
    rows = invoice_list(books, wanted, request.GET.get("sort", ""))
    if file := export(request, rows.iterator(2000), INVOICE_SHEET):
        return file
    context = {
        "form": form, "page": page_of(request, rows), "totals": invoice_totals(books, wanted), "today": today(),
        "may_make": may(person, Capability.MAKE_INVOICES),
    }  # fmt: skip
    return render(request, "billing/invoices.html", context)


def begun(request: HttpRequest) -> dict[str, str]:
    """Return what a link begins an invoice with: its matter, and up to which day its time is billed."""
    return {name: request.GET[name][:60] for name in ("matter", "time_until") if name in request.GET}


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def invoice_new(request: HttpRequest) -> HttpResponse:
    """Begin an invoice."""
    person = person_of(request)
    books, facts = books_of(person), {"title": "New invoice", "submit": "Begin", "cancel_url": reverse("invoices")}
    if request.method != "POST":
        return form_page(request, NewInvoiceForm(books, initial=begun(request)), facts)

    def begin(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        made = invoicing.create_draft(person, key_of(request), said["matter"], form.head(), said["time_until"])
        return "Draft begun. Nothing is owed until it is issued.", reverse("invoice", args=[made.pk])

    return saved(request, NewInvoiceForm(books, request.POST), facts, begin)


def visible(request: HttpRequest, invoice_id: int) -> Invoice:
    """Return an invoice the person may see; any other does not exist."""
    return get_object_or_404(invoice_of(person_of(request), invoice_id))


def shown(
    request: HttpRequest, invoice_id: int, refusal: Refusal | None = None, line_form: LineForm | None = None
) -> HttpResponse:
    """Show an invoice, and on a draft what can still be put on it."""
    it = visible(request, invoice_id)
    is_open = it.state == InvoiceState.DRAFT and may(person_of(request), Capability.MAKE_INVOICES)
    context = {
        "it": it, "lines": lines_of(it), "refusal": refusal, "is_open": is_open, "today": today(),
        "is_overdue": it.state in UNPAID and it.due_date < today(),
        "may_void": it.state not in (InvoiceState.DRAFT, InvoiceState.VOID)
        and may(person_of(request), Capability.MAKE_INVOICES),
        "line_form": line_form or LineForm(initial={"date": it.date}),
        "free_time": billable_time(it)[:MOST_TIME] if is_open else [],
    }  # fmt: skip
    status = 409 if refusal else 422 if line_form else 200
    return render(request, "billing/invoice.html", context, status=status)


@requires(Capability.SEE_BOOKS)
@require_safe
def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show one invoice, or give it as a PDF."""
    if request.GET.get("format") != "pdf":
        return shown(request, invoice_id)
    it = visible(request, invoice_id)
    record_export(request, "invoice", "pdf", it)
    return as_pdf(invoice_pdf(it), f"invoice-{it.pk}")
