"""Clients and matters: lists, one of each, new, edit, walls."""

from typing import Any

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from firms.access import Capability, person_of, requires, roles_of
from firms.clock import today
from firms.models import Role
from firms.pages import refused_by
from ledgers import parties
from ledgers.access import books_of
from ledgers.forms.parties import (
    ClientForm,
    FilterForm,
    MatterAccountsForm,
    MatterFilterForm,
    MatterForm,
    NewClientForm,
    NewMatterForm,
    WallForm,
    client_text,
)
from ledgers.models import Client, Matter
from ledgers.queries.parties import (
    accounts_of_matter,
    client_list,
    held_by_matter,
    ledgers_of_matter,
    matter_list,
    walls_of_matter,
)
from ledgers.views.answers import page_of
from ledgers.views.saving import WRITING, form_page, saved


@requires(Capability.SEE_BOOKS)
@require_GET
def clients(request: HttpRequest) -> HttpResponse:
    """List the clients."""
    form = FilterForm(request.GET)
    rows = client_list(books_of(person_of(request)), request.GET.get("q", ""), request.GET.get("sort", ""))
    return render(request, "ledgers/clients.html", {"form": form, "page": page_of(request, rows)})


@requires(Capability.SEE_BOOKS)
@require_GET
def client_options(request: HttpRequest) -> JsonResponse:
    """Answer the client picker."""
    rows = client_list(books_of(person_of(request)), request.GET.get("q", ""), only_active=True)[:20]
    return JsonResponse(
        {"results": [{"value": client_text(row), "label": row.name, "detail": row.email} for row in rows]}
    )


def client_of(request: HttpRequest, client_id: int) -> Client:
    """Return a client the person may see, or answer 404."""
    return get_object_or_404(books_of(person_of(request)).clients, pk=client_id)


@requires(Capability.SEE_BOOKS)
@require_GET
def client(request: HttpRequest, client_id: int) -> HttpResponse:
    """Show a client with the matters."""
    found = client_of(request, client_id)
    books = books_of(person_of(request))
    page = page_of(request, matter_list(books).filter(client=found))
    context = {"client": found, "page": page, "held": held_by_matter(books, list(page))}
    return render(request, "ledgers/client.html", context)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def client_new(request: HttpRequest) -> HttpResponse:
    """Record a client."""
    facts = {"title": "New client", "submit": "Record client", "cancel_url": reverse("clients")}
    form = NewClientForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        form.ask_nothing()
        return form_page(request, form, facts)

    def create(form: Any) -> tuple[str, str]:
        try:
            made = parties.record_client(books_of(person_of(request)), **form.values())
        except parties.ClientNameKnown as known:
            url = reverse("client", args=[known.facts["client"]])
            facts.update(next_url=url, next_label=f"Open {known.facts['name']}")
            raise
        return f"{made.name} recorded.", reverse("client", args=[made.pk])

    return saved(request, form, facts, create)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def client_edit(request: HttpRequest, client_id: int) -> HttpResponse:
    """Change a client's details."""
    found, url = client_of(request, client_id), reverse("client", args=[client_id])
    facts = {"title": f"Edit {found.name}", "cancel_url": url, "next_url": request.path}
    if request.method != "POST":
        return form_page(request, ClientForm(initial=model_to_dict(found) | {"version": found.version}), facts)

    def change(form: Any) -> tuple[str, str]:
        edited = parties.edit_client(found, form.cleaned_data["version"] or 0, **form.values())
        return f"{edited.name} saved.", url

    return saved(request, ClientForm(request.POST), facts, change)


@requires(Capability.SEE_BOOKS)
@require_GET
def matters(request: HttpRequest) -> HttpResponse:
    """List the matters."""
    books, asked = books_of(person_of(request)), request.GET
    page = page_of(request, matter_list(books, asked.get("q", ""), asked.get("status", ""), asked.get("sort", "")))
    context = {"form": MatterFilterForm(asked), "page": page, "held": held_by_matter(books, list(page))}
    return render(request, "ledgers/matters.html", context)


def matter_of(request: HttpRequest, matter_id: int) -> Matter:
    """Return a matter the person may see, or answer 404."""
    related = ("client", "responsible_attorney", "billing_attorney", "alternate_attorney", "coordinator")
    return get_object_or_404(books_of(person_of(request)).matters.select_related(*related), pk=matter_id)


@requires(Capability.SEE_BOOKS)
@require_GET
def matter(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Show a matter: its ledgers, its trust accounts, its walls."""
    return show_matter(request, matter_of(request, matter_id))


def show_matter(request: HttpRequest, found: Matter, **more: Any) -> HttpResponse:
    """Show a matter; walls only to whoever raises them."""
    may_wall = bool({Role.PARTNER, Role.SUPERVISOR} & roles_of(person_of(request)))
    context = {
        "matter": found,
        "ledgers": ledgers_of_matter(books_of(person_of(request)), found),
        "accounts": accounts_of_matter(found),
        "walls": walls_of_matter(found) if may_wall else None,
        "wall_form": WallForm() if may_wall else None,
        **more,
    }
    return render(request, "ledgers/matter.html", context, status=409 if more.get("refusal") else 200)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def matter_new(request: HttpRequest) -> HttpResponse:
    """Open a matter."""
    books = books_of(person_of(request))
    facts = {"title": "New matter", "submit": "Open matter", "cancel_url": reverse("matters")}
    if request.method != "POST":
        start = {"opened_date": today(), "coordinator": person_of(request), "client": request.GET.get("client", "")}
        return form_page(request, NewMatterForm(books, initial=start), facts)

    def create(form: Any) -> tuple[str, str]:
        made = parties.create_matter(**form.values())
        return f"Matter {made.number} opened.", reverse("matter", args=[made.pk])

    return saved(request, NewMatterForm(books, request.POST), facts, create)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def matter_edit(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Change a matter's details."""
    found, url = matter_of(request, matter_id), reverse("matter", args=[matter_id])
    books, facts = (
        books_of(person_of(request)),
        {"title": f"Edit {found.number}", "cancel_url": url, "next_url": request.path},
    )
    if request.method != "POST":
        minimum = found.minimum_balance
        start = model_to_dict(found) | {"version": found.version, "client": client_text(found.client)}
        start["minimum_balance"] = "" if minimum is None else f"{minimum.amount:.2f}"
        return form_page(request, MatterForm(books, initial=start), facts)

    def change(form: Any) -> tuple[str, str]:
        edited = parties.edit_matter(found, form.cleaned_data["version"] or 0, **form.values())
        return f"Matter {edited.number} saved.", url

    return saved(request, MatterForm(books, request.POST), facts, change)


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def matter_accounts(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Say in which trust accounts the matter's money may be held."""
    found, url = matter_of(request, matter_id), reverse("matter", args=[matter_id])
    books, facts = books_of(person_of(request)), {"title": f"Trust accounts of {found.number}", "cancel_url": url}
    if request.method != "POST":
        rows = list(accounts_of_matter(found))
        active = [row.trust_account_id for row in rows if row.is_active]
        default = next((row.trust_account_id for row in rows if row.is_default), None)
        return form_page(request, MatterAccountsForm(books, initial={"accounts": active, "default": default}), facts)

    def change(form: Any) -> tuple[str, str]:
        parties.set_matter_accounts(found, list(form.cleaned_data["accounts"]), form.cleaned_data["default"])
        return f"Trust accounts of {found.number} saved.", url

    return saved(request, MatterAccountsForm(books, request.POST), facts, change)


@requires(Role.PARTNER, Role.SUPERVISOR)
@require_POST
def matter_wall_raise(request: HttpRequest, matter_id: int) -> HttpResponse:
    """Raise an ethical wall around a matter."""
    found, form, by = matter_of(request, matter_id), WallForm(request.POST), person_of(request)
    if not form.is_valid():
        return show_matter(request, found, wall_form=form)
    person = form.cleaned_data["person"]
    refusal = refused_by(lambda: parties.raise_wall(found, person, by, form.cleaned_data["reason"]))
    if refusal:
        return show_matter(request, found, wall_form=form, refusal=refusal)
    messages.success(request, f"{person} no longer sees {found.number}.")
    return redirect("matters" if person == by else reverse("matter", args=[found.pk]))


@requires(Role.PARTNER, Role.SUPERVISOR)
@require_POST
def matter_wall_lift(request: HttpRequest, matter_id: int, wall_id: int) -> HttpResponse:
    """Lift an ethical wall."""
    found = matter_of(request, matter_id)
    wall = get_object_or_404(walls_of_matter(found), pk=wall_id)
    refusal = refused_by(lambda: parties.lift_wall(wall, person_of(request)))
    if refusal:
        return show_matter(request, found, refusal=refusal)
    messages.success(request, f"{wall.person} sees {found.number} again, as far as the roles allow.")
    return redirect("matter", found.pk)
