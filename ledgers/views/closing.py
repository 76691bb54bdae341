"""Closing and re-opening a matter or a trust account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from firms.access import Capability, person_of, requires
from firms.pages import refused_by, say, shown
from ledgers import closing
from ledgers.access import books_of
from ledgers.forms.closing import AccountClosingForm, AccountReopeningForm, ReopeningForm, VersionForm
from ledgers.queries.accounts import account_in_full
from ledgers.views.accounts_edit import account_of
from ledgers.views.parties import matter_of
from ledgers.views.saving import WRITING


@requires(Capability.EDIT_RECORDS)
@require_POST
def matter_start_closing(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Say that a matter is over, though it still holds money."""
    person, found, form = person_of(request), matter_of(request, matter_id), VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    refusal = refused_by(lambda: closing.start_closing(person, found, version))
    say(request, refusal, f"Matter {found.number} is closing. It closes by itself when nothing is left of it.")
    return redirect("matter_close", found.pk)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def matter_reopen(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Open a closing or closed matter again."""
    person, found = person_of(request), matter_of(request, matter_id)
    form, refusal = ReopeningForm(request.POST or None, initial={"version": found.version}), None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(lambda: closing.reopen_matter(person, found, **form.cleaned_data))
        if refusal is None:
            messages.success(request, f"Matter {found.number} is open again.")
            return redirect("matter", found.pk)
    facts: dict[str, Any] = {
        "heading": "Re-open matter",
        "back": str(found),
        "title": f"Re-open {found.number}?",
        "sentence": "Money can be requested from it again. The reason stays in the audit trail.",
        "items": [("Client", found.client.name), ("Matter", found.description), ("Closed", found.closed_date)],
        "submit": "Re-open",
        "cancel_url": reverse("matter", args=[found.pk]),
    }
    return shown(request, "ledgers/reopen.html", {"form": form, **facts}, refusal)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def trust_account_close(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show what a trust account still holds, and close it when that is nothing."""
    person, found = person_of(request), account_of(request, account_id)
    form, refusal = AccountClosingForm(request.POST or None, {"version": found.version}), None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(lambda: closing.close_account(person, found, **form.cleaned_data))
        if refusal is None:
            messages.success(request, f"{found.name} is closed. Its months up to then are still to be reconciled.")
            return redirect("trust_account", found.pk)
    held = account_in_full(books_of(person), found, form.initial["closed_date"]).balances
    return shown(request, "ledgers/trust_account_close.html", {"account": found, "has": held, "form": form}, refusal)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def trust_account_reopen(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose to open a closed trust account again."""
    person, found = person_of(request), account_of(request, account_id)
    form, refusal = AccountReopeningForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(lambda: closing.propose_reopening(person, found, **form.cleaned_data))
        if refusal is None:
            messages.info(request, "Proposed. The account opens when another person confirms it.")
            return redirect("trust_account", found.pk)
    facts: dict[str, Any] = {
        "heading": "Re-open trust account",
        "back": str(found),
        "title": f"Re-open {found.name}?",
        "sentence": "It takes a reason and a second person. Then money can be received in it again.",
        "items": [("Trust account", str(found)), ("Closed", found.closed_date)],
        "submit": "Propose",
        "cancel_url": reverse("trust_account", args=[found.pk]),
    }
    return shown(request, "ledgers/reopen.html", {"form": form, **facts}, refusal)
