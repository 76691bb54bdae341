"""What waits for a second person."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from firms import proposals
from firms.access import person_of, signed_in
from firms.forms import CodeForm, ReasonForm
from firms.models import Person, Proposal
from firms.pages import factor_given, refused_by, say, shown
from firms.refusals import Refusal


@require_safe
@signed_in
def proposals_page(request: HttpRequest) -> HttpResponse:
    """List what waits for me, and what I proposed."""
    person = person_of(request)
    mine = proposals.proposed_by(person)[:50]
    return shown(request, "firms/proposals.html", {"waiting": proposals.waiting_for(person), "mine": mine})


@require_safe
@signed_in
def proposal_page(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Show one proposal with everything needed to decide."""
    return proposal_shown(request, proposal_of(request, proposal_id))


def proposal_of(request: HttpRequest, proposal_id: int) -> Proposal:
    """Return a proposal the person may see; any other does not exist."""
    visible = proposals.visible_to(person_of(request)).select_related("proposed_by", "decided_by")
    return get_object_or_404(visible, pk=proposal_id)


def proposal_shown(request: HttpRequest, proposal: Proposal, refusal: Refusal | None = None) -> HttpResponse:
    """Show a proposal and the forms that decide it."""
    person: Person = person_of(request)
    facts: dict[str, Any] = {
        "proposal": proposal,
        "title": proposals.KINDS[proposal.kind].title,
        "items": proposals.described(proposal),
        "may_decide": proposals.waiting_for(person).filter(pk=proposal.pk).exists(),
        "is_mine": proposal.proposed_by_id == person.pk,
        "code_form": CodeForm(person, proposal.content_hash),
        "reason_form": ReasonForm(),
    }
    return shown(request, "firms/proposal.html", facts, refusal)


def decided(request: HttpRequest, proposal_id: int, decision: Callable[[int, Person], Proposal]) -> HttpResponse:
    """Decide a proposal, or show why not."""
    proposal = proposal_of(request, proposal_id)
    refusal = refused_by(lambda: decision(proposal.pk, person_of(request)))
    if refusal:
        return proposal_shown(request, proposal_of(request, proposal_id), refusal)
    say(request, None, f"{proposal_of(request, proposal_id).get_state_display()}: {proposal.summary}")
    return redirect("proposals")


@require_POST
@signed_in
def proposal_confirm(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Confirm with a code."""
    code, shown_hash = factor_given(request), request.POST.get("shown_hash", "")
    return decided(request, proposal_id, partial(proposals.confirm_with_code, code=code, shown_hash=shown_hash))


@require_POST
@signed_in
def proposal_decline(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Decline with a reason."""
    return decided(request, proposal_id, partial(proposals.decline, reason=request.POST.get("reason", "")))


@require_POST
@signed_in
def proposal_withdraw(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Take back my own."""
    return decided(request, proposal_id, proposals.withdraw)
