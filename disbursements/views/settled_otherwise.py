"""A lien or the client's share of a settlement that left by a payment which does not name the statement."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.views.settlements import visible
from disbursements.settled_otherwise import (
    payments_otherwise,
    propose_settled_otherwise,
    propose_taking_back,
    standing_for,
)
from disbursements.settlement_forms import SettledOtherwiseForm
from disbursements.settlement_queries import Part, left_of
from disbursements.views.asking import EITHER
from disbursements.views.settlements import lien_of
from firms.access import Capability, person_of, requires
from firms.forms import ReasonForm
from ledgers.money import as_text
from ledgers.views.saving import form_page, saved


def otherwise_page(request: HttpRequest, part: Part) -> HttpResponse:
    """Propose that a part of a statement was settled by a payment that does not name it."""
    person, url = person_of(request), reverse("settlement", args=[part.statement.pk])
    payments = payments_otherwise(person, part.statement)
    facts = {
        "title": f"{part.payee}: settled otherwise", "pretitle": "Settlements", "submit": "Propose", "cancel_url": url,
        "lead": f"{as_text(left_of(part))} of {part.statement.in_words} is left for {part.payee}. If it has gone out "
        "by a payment that does not name the statement, say by which. A second person confirms it.",
    }  # fmt: skip
    if not payments.exists():
        messages.error(
            request, "Since the day of the statement no payment has left the matter that settles nothing yet."
        )
        return redirect(url)
    if request.method != "POST":
        return form_page(request, SettledOtherwiseForm(payments, left_of(part)), facts)

    def propose(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        propose_settled_otherwise(person, part, said["payment"], said["amount"], said["evidence"])
        return "Proposed. It counts as settled when a second person confirms the evidence.", url

    return saved(request, SettledOtherwiseForm(payments, left_of(part), request.POST), facts, propose)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def settlement_share_otherwise(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Propose that the client's share was settled otherwise."""
    return otherwise_page(request, Part(visible(request, settlement_id)))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def settlement_lien_otherwise(request: HttpRequest, settlement_id: int, deduction_id: int) -> HttpResponse:
    """Propose that a lien was settled otherwise."""
    return otherwise_page(request, lien_of(request, settlement_id, deduction_id))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def settled_otherwise_taken_back(request: HttpRequest, settlement_id: int, otherwise_id: int) -> HttpResponse:
    """Propose that a payment had not settled a part of a statement after all."""
    person, it = person_of(request), visible(request, settlement_id)
    settled = get_object_or_404(standing_for(person, it), pk=otherwise_id)
    url = reverse("settlement", args=[it.pk])
    facts = {
        "title": "Not settled after all", "pretitle": "Settlements", "submit": "Propose", "cancel_url": url,
        "lead": f"{as_text(settled.amount)} for {Part(it, settled.line).payee} by {it.in_words} counts as settled by "
        f"entry {settled.entry_id} (“{settled.evidence}”). If that was a mistake, say why. When a second person "
        "confirms it, the amount is left to pay again.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, ReasonForm(), facts)

    def propose(form: Any) -> tuple[str, str]:
        propose_taking_back(person, settled, form.cleaned_data["reason"])
        return "Proposed. It counts as settled until a second person confirms that it was not.", url

    return saved(request, ReasonForm(request.POST), facts, propose)
