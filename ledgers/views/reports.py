"""The reports of the books: trust listing, trial balance, receipts and disbursements journal."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from firms.access import person_of, requires
from ledgers.access import SEES_ALL, books_of
from ledgers.forms.reports import AsOfForm, JournalForm
from ledgers.queries.journals import IN, OUT, journal, journal_totals
from ledgers.queries.trial_balance import trial_balance
from ledgers.queries.trust_listing import listing_totals, trust_listing
from ledgers.reports.pdfs import listing_pdf
from ledgers.reports.sheets import JOURNAL_SHEETS, LISTING_SHEET, TRIAL_SHEET
from ledgers.views.answers import page_of, unread
from ledgers.views.files import as_pdf, export, record_export

REPORTS = (
    ("trust_listing", "Trust listing", "What every client ledger held at the end of any day, held against the book."),
    ("trial_balance", "Trial balance", "Money at the bank against what it is made of, debit against credit."),
    ("receipts_journal", "Receipts journal", "Everything that came in, by date, cross-footed by kind of ledger."),
    ("disbursements_journal", "Disbursements journal", "Everything that went out, by date, cross-footed."),
)


@requires(*SEES_ALL)
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """List the reports."""
    return render(request, "ledgers/reports.html", {"reports": REPORTS})


@requires(*SEES_ALL)
@require_GET
def trust_listing_view(request: HttpRequest) -> HttpResponseBase:
    """Show what every ledger held at the end of a day."""
    books = books_of(person_of(request))
    form = AsOfForm(books, request.GET)
    if wrong := unread(request, form):
        return wrong
    rows = trust_listing(books, form.accounts, form.day)
    if file := export(request, rows, LISTING_SHEET, f"trust-listing-{form.day}"):
        return file
    totals = listing_totals(books, form.accounts, form.day)
    if request.GET.get("format") == "pdf":
        record_export(request, "trust-listing", "pdf")
        return as_pdf(listing_pdf(rows, totals, form.day), f"trust-listing-{form.day}")
    rows.known_count = sum(total.ledger_count + total.deficit_count for total in totals)
    context = {"form": form, "page": page_of(request, rows, 100), "totals": totals, "day": form.day}
    return render(request, "ledgers/trust_listing.html", context)


@requires(*SEES_ALL)
@require_GET
def trial_balance_view(request: HttpRequest) -> HttpResponseBase:
    """Show debit against credit at the end of a day."""
    form = AsOfForm(books_of(person_of(request)), request.GET)
    if wrong := unread(request, form):
        return wrong
    found = trial_balance(form.accounts, form.day)
    if file := export(request, found.rows, TRIAL_SHEET, f"trial-balance-{form.day}"):
        return file
    return render(request, "ledgers/trial_balance.html", {"form": form, "trial": found})


@requires(*SEES_ALL)
@require_GET
def journal_view(request: HttpRequest, way: str) -> HttpResponseBase:
    """Show the receipts journal or the disbursements journal of a period."""
    sign = {"receipts": IN, "disbursements": OUT}.get(way)
    if sign is None:
        raise Http404
    books = books_of(person_of(request))
    form = JournalForm(books, request.GET)
    if wrong := unread(request, form):
        return wrong
    span = form.span()
    rows = journal(books, span, sign)
    if file := export(request, rows, JOURNAL_SHEETS[way]):
        return file
    totals = journal_totals(books, span, sign)
    rows.known_count = totals.entry_count
    context = {"form": form, "page": page_of(request, rows, 100), "totals": totals, "way": way, "span": span}
    return render(request, "ledgers/journal.html", context)
