"""Settlement statements: the list, a new draft, one of them on the screen and on paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.forms.settlements import CostForm, LienForm, NewSettlementForm, SettlementFilterForm
from billing.queries.settlements import deductions_of, money_held, settlement_list, settlement_of, settlement_totals
from billing.settlement_models import SettlementLine, SettlementState, SettlementStatement
from billing.settlement_reports import SETTLEMENT_SHEET, settlement_pdf
from billing.settlements import create_settlement
from firms.access import Capability, may, person_of, requires
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.views.answers import key_of, page_of, unread
from ledgers.views.files import as_pdf, export, record_export
from ledgers.views.saving import WRITING, form_page, saved

Kind = SettlementLine.Kind
FORMS: dict[str, Any] = {Kind.COST: CostForm, Kind.LIEN: LienForm}


@requires(Capability.SEE_BOOKS)
@require_safe
def settlements(request: HttpRequest) -> HttpResponseBase:
    """List settlement statements, newest first."""
    person = person_of(request)
    books, form = books_of(person), SettlementFilterForm(request.GET)
    if wrong := unread(request, form):
        return wrong
    wanted = form.filter()
    rows = settlement_list(books, wanted, request.GET.get("sort", ""))
    if file := export(request, rows.iterator(2000), SETTLEMENT_SHEET):
        return file
    context = {
        "form": form, "page": page_of(request, rows), "totals": settlement_totals(books, wanted),
        "may_make": may(person, Capability.MAKE_INVOICES),
    }  # fmt: skip
    return render(request, "billing/settlements.html", context)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def settlement_new(request: HttpRequest) -> HttpResponse:
    """Begin a settlement statement."""
    person = person_of(request)
    books = books_of(person)
    facts = {"title": "New settlement statement", "submit": "Begin", "cancel_url": reverse("settlements"),
             "pretitle": "Settlements"}  # fmt: skip
    if request.method != "POST":
        return form_page(request, NewSettlementForm(books, initial={"matter": request.GET.get("matter", "")}), facts)

    def begin(form: Any) -> tuple[str, str]:
        made = create_settlement(person, key_of(request), form.cleaned_data["matter"], form.recovery())
        return "Draft begun. Add costs and liens, then issue it for the client to sign.", url_of(made)

    return saved(request, NewSettlementForm(books, request.POST), facts, begin)


def url_of(it: SettlementStatement) -> str:
    """Return the page of a statement."""
    return reverse("settlement", args=[it.pk])


def visible(request: HttpRequest, settlement_id: int) -> SettlementStatement:
    """Return a statement the person may see; any other does not exist."""
    return get_object_or_404(settlement_of(person_of(request), settlement_id))


def shown(
    request: HttpRequest, settlement_id: int, refusal: Refusal | None = None, typed: dict[str, Any] | None = None
) -> HttpResponse:
    """Show a statement, and on a draft what can still be put on it; `typed`: a form to be mended, by kind."""
    it = visible(request, settlement_id)
    makes = may(person_of(request), Capability.MAKE_INVOICES)
    lines, (held, available) = deductions_of(it), money_held(it.matter)
    context = {
        "it": it, "costs": [line for line in lines if line.kind == Kind.COST], "refusal": refusal,
        "liens": [line for line in lines if line.kind == Kind.LIEN], "held": held, "available": available,
        "is_open": makes and it.state == SettlementState.DRAFT, "is_short": it.share.amount < 0,
        "may_void": makes and it.state not in (SettlementState.DRAFT, SettlementState.VOID),
        "forms": {kind: (typed or {}).get(kind) or form(prefix=kind) for kind, form in FORMS.items()},
    }  # fmt: skip
    return render(request, "billing/settlement.html", context, status=409 if refusal else 422 if typed else 200)


@requires(Capability.SEE_BOOKS)
@require_safe
def settlement(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Show one statement, or give it as a PDF."""
    if request.GET.get("format") != "pdf":
        return shown(request, settlement_id)
    it = visible(request, settlement_id)
    record_export(request, "settlement", "pdf", it)
    return as_pdf(settlement_pdf(it), f"settlement-{it.pk}")
