"""Payees: the list, one of them, new, edit."""

from typing import Any

from django.forms import model_to_dict
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from disbursements import payee_bank, payee_queries, payees
from disbursements.models import Payee
from disbursements.payee_forms import PayeeBankForm, PayeeFilterForm, PayeeForm
from disbursements.payee_sheets import PAYEES_SHEET
from firms import proposals
from firms.access import Capability, may, person_of, requires
from ledgers.views.answers import page_of
from ledgers.views.files import export
from ledgers.views.saving import WRITING, form_page, saved


@requires(Capability.SEE_BOOKS)
@require_GET
def payee_list(request: HttpRequest) -> HttpResponseBase:
    """List the payees, or answer them as a file."""
    form = PayeeFilterForm(request.GET)
    rows = payee_queries.payee_list(**form.wanted(), sort=request.GET.get("sort", ""))
    if file := export(request, rows, PAYEES_SHEET):
        return file
    may_edit = may(person_of(request), Capability.EDIT_RECORDS)
    context = {"form": form, "page": page_of(request, rows), "may_edit": may_edit}
    return render(request, "disbursements/payees.html", context)


@requires(Capability.SEE_BOOKS)
@require_GET
def payee_options(request: HttpRequest) -> JsonResponse:
    """Answer the payee picker."""
    rows = payee_queries.payee_list(request.GET.get("q", ""))[:20]
    found = [
        {"value": payee_queries.payee_text(row), "label": row.name, "detail": row.get_kind_display()} for row in rows
    ]
    return JsonResponse({"results": found})


def payee_of(payee_id: int) -> Payee:
    """Return a payee, or answer 404."""
    return get_object_or_404(payee_queries.with_bank(payee_queries.payees()), pk=payee_id)


@requires(Capability.SEE_BOOKS)
@require_GET
def payee(request: HttpRequest, payee_id: int) -> HttpResponse:
    """Show a payee."""
    found = payee_of(payee_id)
    context = {
        "payee": found,
        "history": payee_queries.bank_history(found),
        "rests_until": payee_bank.rests_until(found.bank) if found.bank else None,
        "waiting": proposals.undecided(payee_bank.KIND, found).first(),
        "alike": payee_queries.alike(found.name, but_for=found.pk),
        "may_edit": may(person_of(request), Capability.EDIT_RECORDS),
    }
    return render(request, "disbursements/payee.html", context)


def asking(facts: dict[str, Any], action: Any) -> Any:
    """Return the action; where a name looks alike, the page offers to open that payee."""

    def asked(form: Any) -> tuple[str, str]:
        try:
            found: Payee = action(form)
        except payees.PayeeNameKnown as known:
            url = reverse("payee", args=[known.facts["payee"]])
            facts.update(next_url=url, next_label=f"Open {known.facts['name']}")
            raise
        return f"{found.name} saved.", reverse("payee", args=[found.pk])

    return asked


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def payee_new(request: HttpRequest) -> HttpResponse:
    """Record a payee."""
    facts = {"title": "New payee", "submit": "Record payee", "cancel_url": reverse("payees")}
    form = PayeeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        form.ask_nothing()
        return form_page(request, form, facts)
    person = person_of(request)
    return saved(request, form, facts, asking(facts, lambda form: payees.record_payee(person, **form.values())))


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def payee_edit(request: HttpRequest, payee_id: int) -> HttpResponse:
    """Change a payee's details."""
    person, found, url = person_of(request), payee_of(payee_id), reverse("payee", args=[payee_id])
    facts = {"title": f"Edit {found.name}", "cancel_url": url, "next_url": request.path}
    form = PayeeForm(request.POST or None, initial=model_to_dict(found) | {"version": found.version})
    if request.method != "POST" or not form.is_valid():
        form.ask_nothing()
        return form_page(request, form, facts)

    def change(form: Any) -> Payee:
        return payees.edit_payee(person, found, form.cleaned_data["version"] or 0, **form.values())

    return saved(request, form, facts, asking(facts, change))


@requires(Capability.EDIT_RECORDS)
@require_http_methods(WRITING)
def payee_bank_new(request: HttpRequest, payee_id: int) -> HttpResponse:
    """Propose where a payee is paid from now on; another person confirms it."""
    person, found = person_of(request), payee_of(payee_id)
    url = reverse("payee", args=[payee_id])
    facts = {"title": f"Bank details of {found.name}", "submit": "Propose for confirmation", "cancel_url": url}
    form = PayeeBankForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        form.ask_nothing()
        return form_page(request, form, facts)

    def propose(form: Any) -> tuple[str, str]:
        payee_bank.propose_bank(person, found, **form.cleaned_data)
        return f"Bank details of {found.name} proposed. Another person has to confirm them.", url

    return saved(request, form, facts, propose)
