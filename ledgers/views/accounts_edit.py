"""Trust accounts and operating accounts: new, edit."""

from typing import Any

from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from firms.access import Capability, person_of, requires
from ledgers import accounts
from ledgers.access import books_of
from ledgers.forms.parties import OperatingAccountForm, TrustAccountForm, client_text
from ledgers.models import TrustAccount
from ledgers.views.saving import WRITING, form_page, saved

FIXED = ("kind", "client")


def account_of(request: HttpRequest, account_id: int) -> TrustAccount:
    """Return a trust account the person may see, or answer 404."""
    return get_object_or_404(books_of(person_of(request)).accounts.select_related("client"), pk=account_id)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def trust_account_new(request: HttpRequest) -> HttpResponse:
    """Open a trust account."""
    books = books_of(person_of(request))
    facts = {"title": "New trust account", "submit": "Open account", "cancel_url": reverse("trust_accounts")}
    if request.method != "POST":
        return form_page(request, TrustAccountForm(books, initial={"kind": TrustAccount.Kind.POOLED}), facts)

    def create(form: Any) -> tuple[str, str]:
        made = accounts.open_trust_account(**form.values())
        return f"{made.name} opened, with its special ledgers.", reverse("trust_account", args=[made.pk])

    return saved(request, TrustAccountForm(books, request.POST), facts, create)


def trust_account_form(request: HttpRequest, found: TrustAccount) -> TrustAccountForm:
    """Return the form that changes an account: its kind and client stay, its number is never shown."""
    start = model_to_dict(found, exclude=["number_encrypted", "number_fingerprint"])
    start |= {"client": client_text(found.client) if found.client else "", "version": found.version}
    start |= {name: f"{getattr(found, name).amount:.2f}" for name in ("firm_funds_minimum", "firm_funds_cap")}
    form = TrustAccountForm(books_of(person_of(request)), request.POST or None, initial=start)
    form.keep_number(found.last_four)
    for name in FIXED:
        form.fields[name].disabled = True
    return form


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def trust_account_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change a trust account's details."""
    found, url = account_of(request, account_id), reverse("trust_account", args=[account_id])
    facts = {"title": f"Edit {found.name}", "cancel_url": url, "next_url": request.path}
    form = trust_account_form(request, found)
    if request.method != "POST":
        return form_page(request, form, facts)

    def change(form: Any) -> tuple[str, str]:
        values = {name: value for name, value in form.values().items() if name not in FIXED}
        edited = accounts.edit_trust_account(found, form.cleaned_data["version"] or 0, **values)
        return f"{edited.name} saved.", url

    return saved(request, form, facts, change)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def operating_account_new(request: HttpRequest) -> HttpResponse:
    """Record one of the firm's own accounts."""
    url = reverse("trust_accounts")
    facts = {"title": "New operating account", "submit": "Record account", "cancel_url": url}
    if request.method != "POST":
        return form_page(request, OperatingAccountForm(), facts)

    def create(form: Any) -> tuple[str, str]:
        return f"{accounts.open_operating_account(**form.values()).name} recorded.", url

    return saved(request, OperatingAccountForm(request.POST), facts, create)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def operating_account_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change one of the firm's own accounts."""
    found = get_object_or_404(books_of(person_of(request)).operating_accounts, pk=account_id)
    url = reverse("trust_accounts")
    facts = {"title": f"Edit {found.name}", "cancel_url": url, "next_url": request.path}
    start = model_to_dict(found, exclude=["number_encrypted", "number_fingerprint"]) | {"version": found.version}
    form = OperatingAccountForm(request.POST or None, initial=start)
    form.keep_number(found.last_four)
    if request.method != "POST":
        return form_page(request, form, facts)

    def change(form: Any) -> tuple[str, str]:
        edited = accounts.edit_operating_account(found, form.cleaned_data["version"] or 0, **form.values())
        return f"{edited.name} saved.", url

    return saved(request, form, facts, change)
