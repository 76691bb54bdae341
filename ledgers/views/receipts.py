"""The receipts: record one, the list, what is about to happen; deposit slips are beside."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from firms.access import Capability, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import Books, books_of
from ledgers.forms.receipts import RECEIPT, ReceiptFilterForm, ReceiptForm
from ledgers.money import as_text
from ledgers.posting import Posted
from ledgers.queries.entries import EntryFilter, entry_list, entry_totals, latest_receipts
from ledgers.queries.ledgers import MatterOption, matter_options
from ledgers.receipts import coming_hold, likely_duplicates, record_receipt
from ledgers.reports.sheets import RECEIPTS_SHEET
from ledgers.views.answers import key_of, page_of, saying
from ledgers.views.files import export

PAGE, DESK = "ledgers/receipt_new.html", "ledgers/_receipt_desk.html"
NINETY_DAYS = timedelta(days=90)
STAYS = ("account", "book_date", "method", "slip")


def fresh_form(request: HttpRequest, books: Books) -> ReceiptForm:
    """Return an empty receipt; what stays the same from one to the next, and `?matter=`, is filled in."""
    kept = {name: request.GET.get(name) or request.POST.get(name) for name in STAYS}
    asked = [{"matter": number} for number in request.GET.getlist("matter")]
    return ReceiptForm(books, initial={name: value for name, value in kept.items() if value}, splits=asked or None)


def outlook(form: ReceiptForm) -> dict[str, Any]:
    """Return what recording the receipt as typed so far would do: its total and its hold."""
    total, method, day = form.so_far()
    return {
        "total": total,
        "is_dated": bool(method and day),
        "hold": coming_hold(method, day) if method and day else None,
    }


def name_matters(books: Books, form: ReceiptForm) -> None:
    """Let each matter that stands in the form say its name and what is held, as when it was chosen."""
    for row in form.splits.forms:
        number = str(row["matter"].value() or "").strip()
        options = matter_options(books, number) if number else []
        chosen = next((_option(option) for option in options if option.number.lower() == number.lower()), None)
        if chosen:
            row.fields["matter"].widget.attrs["data-combobox-label"] = f"{chosen['label']} · {chosen['detail']}"


def show_desk(request: HttpRequest, books: Books, form: ReceiptForm, *, status: int = 200, **more: Any) -> HttpResponse:
    """Show the form beside the last receipts: the whole page, or only the desk when the page is there already."""
    is_part = "HX-Request" in request.headers
    name_matters(books, form)
    context = {"form": form, "latest": latest_receipts(books), "is_part": is_part, **outlook(form), **more}
    return render(request, DESK if is_part else PAGE, context, status=status)


@requires(Capability.RECORD_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def receipt_new(request: HttpRequest) -> HttpResponse:
    """Record a receipt; refused or unclear, everything typed stays."""
    person = person_of(request)
    books = books_of(person)
    if request.method != "POST":
        return show_desk(request, books, fresh_form(request, books))
    form = ReceiptForm(books, request.POST)
    if "add_split" in request.POST:
        return show_desk(request, books, form.with_one_more_row())
    if not form.is_valid():
        return show_desk(request, books, form, status=422)
    receipt = form.receipt()
    try:
        posted = record_receipt(person, key_of(request), receipt)
    except Refusal as refused:
        similar = likely_duplicates(person, receipt) if refused.code == "likely_duplicate" else []
        return show_desk(request, books, form, status=409, refusal=refused, similar=similar)
    return recorded(
        request, books, posted, f"{as_text(receipt.total)} from {receipt.payer} recorded as entry {posted.id}."
    )


def recorded(request: HttpRequest, books: Books, posted: Posted, sentence: str) -> HttpResponse:
    """Say what was recorded and be ready for the next."""
    saying(request, posted, sentence)
    if request.headers.get("HX-Request"):
        return show_desk(request, books, fresh_form(request, books), posted_id=posted.id)
    return redirect("receipt_new")


@requires(Capability.RECORD_MONEY)
@require_POST
def receipt_outlook(request: HttpRequest) -> HttpResponse:
    """Show what recording the receipt would do: its total, its hold, what it resembles. Writes nothing."""
    form = ReceiptForm(books_of(person_of(request)), request.POST)
    similar = likely_duplicates(person_of(request), form.receipt()) if form.is_valid() else []
    return render(request, "ledgers/_receipt_outlook.html", {**outlook(form), "similar": similar})


def _option(matter: MatterOption) -> dict[str, str]:
    held = "; ".join(f"{as_text(held.balance)} in {held.account}" for held in matter.held_in) or "nothing held yet"
    closed = "" if matter.status == "open" else f" · {matter.status}"
    return {"value": matter.number, "label": matter.description, "detail": f"{matter.client_name} · {held}{closed}"}


@requires(Capability.SEE_BOOKS)
@require_GET
def matter_options_view(request: HttpRequest) -> JsonResponse:
    """Answer the matter picker: visible matters with client, number and what is held."""
    found = matter_options(books_of(person_of(request)), request.GET.get("q", ""))
    return JsonResponse({"results": [_option(matter) for matter in found]})


@requires(Capability.SEE_BOOKS)
@require_GET
def receipts(request: HttpRequest) -> HttpResponseBase:
    """List receipts of a period, newest first."""
    books = books_of(person_of(request))
    form = ReceiptFilterForm(books, {"from_date": today() - NINETY_DAYS, **request.GET.dict()})
    wanted = form.filter() if form.is_valid() else EntryFilter(kinds=RECEIPT)
    rows = entry_list(books, wanted, request.GET.get("sort", ""))
    if file := export(request, rows, RECEIPTS_SHEET):
        return file
    totals = entry_totals(books, wanted)
    rows.known_count = totals.entry_count
    context = {"form": form, "page": page_of(request, rows), "total": totals.amount}
    return render(request, "ledgers/receipts.html", context)
