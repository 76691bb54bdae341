"""Time: the list, one entry recorded, changed or taken out, a file of them taken in."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing import timekeeping
from billing.forms.time import ReasonVersionForm, TimeFileForm, TimeFilterForm, TimeForm, typed_time
from billing.models import TimeEntry
from billing.queries.time import time_list, time_of, time_totals
from billing.reports import TIME_SHEET
from billing.time_import import import_time
from firms.access import Capability, may, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.money import as_text
from ledgers.views.answers import key_of, page_of, unread
from ledgers.views.files import export
from ledgers.views.saving import WRITING, form_page, saved

KEPT = ("person", "date", "rate", "matter")


@requires(Capability.SEE_BOOKS)
@require_safe
def time_entries(request: HttpRequest) -> HttpResponseBase:
    """List time entries, newest first."""
    person = person_of(request)
    books = books_of(person)
    form = TimeFilterForm(books, request.GET)
    if wrong := unread(request, form):
        return wrong
    wanted = form.filter()
    rows = time_list(books, wanted, request.GET.get("sort", ""))
    if file := export(request, rows.iterator(2000), TIME_SHEET):
        return file
    context = {
        "form": form, "page": page_of(request, rows), "totals": time_totals(books, wanted),
        "may_record": may(person, Capability.RECORD_TIME), "may_import": may(person, Capability.MAKE_INVOICES),
    }  # fmt: skip
    return render(request, "billing/time_entries.html", context)


@requires(Capability.RECORD_TIME)
@require_http_methods(WRITING)
def time_new(request: HttpRequest) -> HttpResponse:
    """Record a time entry; what stays the same from one to the next is filled in."""
    person = person_of(request)
    books, facts = books_of(person), {"title": "Record time", "submit": "Record", "cancel_url": reverse("time_entries")}
    if request.method != "POST":
        kept = {name: request.GET[name] for name in KEPT if request.GET.get(name)}
        return form_page(request, TimeForm(books, initial={"date": today(), **kept}), facts)

    def record(form: Any) -> tuple[str, str]:
        made = timekeeping.record_time(person, key_of(request), form.work())
        stays = {"person": made.person_id, "date": made.date, "rate": f"{made.rate.amount:.2f}"}
        return told(made, "recorded"), f"{request.path}?{urlencode(stays)}"

    return saved(request, TimeForm(books, request.POST), facts, record)


def told(entry: TimeEntry, what: str) -> str:
    """Return the sentence that says what became of a time entry."""
    return f"{entry.hours} hours of {entry.person.full_name} for {entry.matter.number} {what}: {as_text(entry.amount)}."


def entry_of(request: HttpRequest, time_id: int) -> TimeEntry:
    """Return a time entry the person may see; any other does not exist."""
    return get_object_or_404(time_of(person_of(request), time_id))


def may_change(request: HttpRequest, entry: TimeEntry) -> bool:
    """Say whether the person may change it as it stands."""
    fixed = entry.removed_at or entry.invoice_id
    return not fixed and timekeeping.may_record_for(person_of(request), entry.person)


@requires(Capability.SEE_BOOKS)
@require_safe
def time_entry(request: HttpRequest, time_id: int) -> HttpResponse:
    """Show one time entry."""
    entry = entry_of(request, time_id)
    context = {"entry": entry, "may_change": may_change(request, entry)}
    return render(request, "billing/time_entry.html", context)


@requires(Capability.RECORD_TIME)
@require_http_methods(WRITING)
def time_edit(request: HttpRequest, time_id: int) -> HttpResponse:
    """Change a time entry that is not billed."""
    entry, person = entry_of(request, time_id), person_of(request)
    books, url = books_of(person), reverse("time_entry", args=[time_id])
    facts = {"title": "Change time", "cancel_url": url, "next_url": request.path}
    if request.method != "POST":
        return form_page(request, TimeForm(books, initial=typed_time(entry)), facts)

    def change(form: Any) -> tuple[str, str]:
        version = form.cleaned_data["version"] or 0
        return told(timekeeping.change_time(person, entry, version, form.work()), "saved"), url

    return saved(request, TimeForm(books, request.POST), facts, change)


@requires(Capability.RECORD_TIME)
@require_http_methods(WRITING)
def time_remove(request: HttpRequest, time_id: int) -> HttpResponse:
    """Take out a time entry that never was true, after asking once more."""
    entry, person = entry_of(request, time_id), person_of(request)
    form = ReasonVersionForm(request.POST or None, initial={"version": entry.version})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            timekeeping.remove_time(person, entry, form.cleaned_data["version"], form.cleaned_data["reason"])
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, told(entry, "taken out"))
            return redirect("time_entry", time_id)
    status = 409 if refusal else 422 if form.is_bound and form.errors else 200
    context = {"entry": entry, "form": form, "refusal": refusal}
    return render(request, "billing/time_remove.html", context, status=status)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def time_import(request: HttpRequest) -> HttpResponse:
    """Take in a file of time entries, whole or not at all."""
    form = TimeFileForm(request.POST, request.FILES) if request.method == "POST" else TimeFileForm()
    if request.method != "POST" or not form.is_valid():
        return render(request, "billing/time_import.html", {"form": form}, status=422 if form.is_bound else 200)
    file = form.cleaned_data["file"]
    try:
        made = import_time(person_of(request), key_of(request), file.name, file)
    except Refusal as refused:
        return render(request, "billing/time_import.html", {"form": form, "refused": refused}, status=409)
    messages.success(request, f"Time entries imported from {made.name}: {made.row_count:,}.")
    return redirect("time_entries")
