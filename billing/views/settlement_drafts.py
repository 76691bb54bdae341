"""What is done with one settlement statement: costs and liens put on a draft and taken off, issued, made void."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing import settlements
from billing.forms.settlements import IssueSettlementForm, RecoveryForm, typed_recovery
from billing.forms.time import ReasonVersionForm
from billing.queries.settlements import deduction_of
from billing.settlement_models import SettlementLine, SettlementStatement
from billing.views.settlements import FORMS, shown, url_of, visible
from firms.access import Capability, person_of, requires
from firms.pages import refused_by
from firms.refusals import Refusal
from ledgers.money import as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved

Kind = SettlementLine.Kind


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def settlement_edit(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Change recovery and fee of a draft."""
    it = visible(request, settlement_id)
    facts = {"title": f"Change {it.in_words}", "cancel_url": url_of(it), "next_url": request.path,
             "pretitle": "Settlements"}  # fmt: skip
    if request.method != "POST":
        return form_page(request, RecoveryForm(initial=typed_recovery(it)), facts)

    def change(form: Any) -> tuple[str, str]:
        settlements.change_settlement(person_of(request), it, form.cleaned_data["version"] or 0, form.recovery())
        return "Draft saved.", url_of(it)

    return saved(request, RecoveryForm(request.POST), facts, change)


def line_added(request: HttpRequest, settlement_id: int, kind: str) -> HttpResponse:
    """Put a line of a kind on a draft; what was typed stays beside what is wrong with it."""
    it, form = visible(request, settlement_id), FORMS[kind](request.POST, prefix=kind)
    if not form.is_valid():
        return shown(request, settlement_id, typed={kind: form})
    by, key = person_of(request), key_of(request)
    if refusal := refused_by(lambda: settlements.add_deduction(by, key, it, form.deduction())):
        return shown(request, settlement_id, refusal, {kind: form})
    messages.success(request, f"{Kind(kind).label}: added.")
    return redirect("settlement", settlement_id)


@requires(Capability.MAKE_INVOICES)
@require_POST
def settlement_cost_new(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Put a cost that the firm advanced on a draft."""
    return line_added(request, settlement_id, Kind.COST)


@requires(Capability.MAKE_INVOICES)
@require_POST
def settlement_lien_new(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Put a lien or another third party's claim on a draft."""
    return line_added(request, settlement_id, Kind.LIEN)


@requires(Capability.MAKE_INVOICES)
@require_POST
def settlement_line_remove(request: HttpRequest, settlement_id: int, deduction_id: int) -> HttpResponse:
    """Take a line off a draft."""
    line, by = get_object_or_404(deduction_of(person_of(request), settlement_id, deduction_id)), person_of(request)
    if refusal := refused_by(lambda: settlements.remove_deduction(by, line)):
        return shown(request, settlement_id, refusal)
    messages.success(request, "Line taken off.")
    return redirect("settlement", settlement_id)


def confirmed(
    request: HttpRequest, it: SettlementStatement, form: Any, page: dict[str, Any],
    action: Callable[[dict[str, Any]], SettlementStatement],
) -> HttpResponse:  # fmt: skip
    """Ask once more, then do it and show the statement; a refusal stands beside what was typed."""
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            made = action(form.cleaned_data)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, f"{made}: {made.get_state_display().lower()}.")
            return redirect("settlement", it.pk)
    status = 409 if refusal else 422 if form.is_bound and form.errors else 200
    items = [("Matter", str(it.matter)), ("Client", it.matter.client.name), ("Date", it.date),
             ("Gross recovery", as_text(it.gross)), ("Fee", as_text(it.fee)), ("Costs advanced", as_text(it.costs)),
             ("Liens and third parties", as_text(it.liens)), ("Client’s share", as_text(it.share))]  # fmt: skip
    context = {"it": it, "form": form, "refusal": refusal, "items": items, "url": reverse("settlement", args=[it.pk])}
    return render(request, "billing/settlement_confirm.html", {**context, **page}, status=status)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def settlement_issue(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Issue a draft as it is shown."""
    it, by = visible(request, settlement_id), person_of(request)
    form = IssueSettlementForm(request.POST or None, initial={"version": it.version})
    page = {
        "title": "Issue settlement statement", "question": "Issue this statement for the client to sign?",
        "sentence": "It gets its number, and what it says never changes again. A mistake is mended by making it void "
        "and writing a new one.", "submit": "Issue",
    }  # fmt: skip

    def issue(said: dict[str, Any]) -> SettlementStatement:
        return settlements.issue_settlement(by, it, said["version"])

    return confirmed(request, it, form, page, issue)


@requires(Capability.MAKE_INVOICES)
@require_http_methods(WRITING)
def settlement_void(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Make a statement of which nothing was paid, or a draft, void."""
    it, by = visible(request, settlement_id), person_of(request)
    form = ReasonVersionForm(request.POST or None, initial={"version": it.version})
    page = {
        "title": "Make settlement statement void", "question": "Make this settlement statement void?",
        "sentence": "Nothing is paid by it any more; its number stays taken. A new one needs a new signature.",
        "submit": "Make void",
    }  # fmt: skip

    def void(said: dict[str, Any]) -> SettlementStatement:
        return settlements.void_settlement(by, it, said["version"], said["reason"])

    return confirmed(request, it, form, page, void)
