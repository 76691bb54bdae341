"""Client ledgers: the list, the card of one, and the entries behind its lines."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from firms.access import Capability, may, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.forms.ledgers import CardForm, LedgerFilterForm, NoteForm
from ledgers.models import JournalEntry, Ledger
from ledgers.notes import append_note
from ledgers.queries.balances import ledger_balances, open_holds
from ledgers.queries.card import CardRange, ledger_card, whole_card
from ledgers.queries.entries import entry_in_full
from ledgers.queries.ledgers import LedgerFilter, ledger_list, ledger_totals
from ledgers.reports.pdfs import card_pdf
from ledgers.reports.sheets import CARD_SHEET, LEDGERS_SHEET
from ledgers.views.answers import page_of, unread
from ledgers.views.files import as_pdf, export, record_export

MAY_NOTE = (Capability.RECORD_MONEY, Capability.APPROVE_MONEY, Capability.WORK_EXCEPTIONS)


@requires(Capability.SEE_BOOKS)
@require_GET
def client_ledgers(request: HttpRequest) -> HttpResponseBase:
    """List the ledgers with their balances and totals."""
    books = books_of(person_of(request))
    form = LedgerFilterForm(books, request.GET)
    wanted = form.filter() if form.is_valid() else LedgerFilter()
    rows = ledger_list(books, wanted, request.GET.get("sort", ""))
    if file := export(request, rows, LEDGERS_SHEET):
        return file
    totals = ledger_totals(books, wanted)
    rows.known_count = totals.ledger_count
    context = {"form": form, "page": page_of(request, rows), "totals": totals}
    return render(request, "ledgers/client_ledgers.html", context)


def ledger_of(request: HttpRequest, ledger_id: int) -> Ledger:
    """Return a ledger the person may see, or answer 404."""
    related = books_of(person_of(request)).ledgers.select_related(
        "trust_account", "matter__client", "matter__responsible_attorney"
    )
    return get_object_or_404(related, pk=ledger_id)


def card_name(ledger: Ledger) -> str:
    """Return what a file of this card is called."""
    number = ledger.matter.number if ledger.matter else ledger.kind
    return "ledger-" + "".join(letter if letter.isalnum() else "-" for letter in number).strip("-").lower()


def card_on_paper(request: HttpRequest, ledger: Ledger, within: CardRange) -> HttpResponse:
    """Answer the card as a PDF; one that is too long for paper is refused on the card's own page."""
    try:
        document = card_pdf(ledger, within, today())
    except Refusal as refused:
        messages.error(request, refused.detail)
        return redirect("ledger_card", ledger.pk)
    record_export(request, card_name(ledger), "pdf", ledger)
    return as_pdf(document, card_name(ledger))


@requires(Capability.SEE_BOOKS)
@require_GET
def ledger_card_view(request: HttpRequest, ledger_id: int) -> HttpResponseBase:
    """Show the card of a ledger: balances, holds, and its lines with the balance after each."""
    ledger = ledger_of(request, ledger_id)
    form = CardForm(request.GET)
    if wrong := unread(request, form):
        return wrong
    within = form.within()
    if file := export(request, whole_card(ledger, within), CARD_SHEET, card_name(ledger), ledger):
        return file
    now = today()
    if request.GET.get("format") == "pdf":
        return card_on_paper(request, ledger, within)
    card = ledger_card(ledger, within, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    context: dict[str, Any] = {
        "ledger": ledger,
        "form": form,
        "card": card,
        "balances": ledger_balances(ledger, now),
        "holds": open_holds(ledger, now),
        "today": now,
    }
    return render(request, "ledgers/ledger_card.html", context)


def entry_of(request: HttpRequest, entry_id: int) -> JournalEntry:
    """Return an entry the person may see, with everything about it, or answer 404."""
    found = entry_in_full(books_of(person_of(request)), entry_id)
    if found is None:
        raise Http404
    return found


def show_entry(request: HttpRequest, found: JournalEntry, form: NoteForm, status: int = 200) -> HttpResponse:
    """Answer an entry's page with the actions that are the person's."""
    person = person_of(request)
    mine = {"may_correct": may(person, Capability.RECORD_MONEY), "may_note": may(person, *MAY_NOTE)}
    return render(request, "ledgers/entry.html", {"entry": found, "form": form, **mine}, status=status)


@requires(Capability.SEE_BOOKS)
@require_GET
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Show everything that is known about one entry."""
    return show_entry(request, entry_of(request, entry_id), NoteForm())


@requires(*MAY_NOTE)
@require_http_methods(["POST"])
def entry_note(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Append a note to an entry."""
    found = entry_of(request, entry_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show_entry(request, found, form, status=422)
    append_note(person_of(request), found, form.cleaned_data["text"])
    messages.success(request, "Note added.")
    return redirect("entry", found.pk)
