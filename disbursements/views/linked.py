"""The page behind a personal link: whom it is for, and the decision. Opening it decides nothing, whoever opens it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from disbursements import approval as deciding
from disbursements import forms, queries
from disbursements.attachments import attachments_of
from disbursements.links import LinkState, is_walled_off, link_of, note_opened, seen_link, state_of
from disbursements.models import ApprovalLink, DisbursementRequest
from disbursements.payee_standing import paid_to
from disbursements.standing import standing
from disbursements.two_attorneys import over_the_limit
from disbursements.views.deciding import approving, outcome, version_of
from disbursements.views.showing import covered, first_approval, money_after
from disbursements.views.tokens import exchanging, was_opened
from firms import devices
from firms.access import Capability, person_of, public, requires
from firms.models import Person
from firms.pages import refused_by
from firms.refusals import Refusal

OPENED = "approval_links"


@public
@require_safe
@never_cache
def approval_link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange a token for the session's right to see its page, and leave its address at once (RELIABILITY D17)."""
    unknown = partial(render, request, "disbursements/link_unknown.html", status=404)
    return exchanging(request, link_of(token), OPENED, "approval", unknown)


@public
@require_safe
@never_cache
def approval(request: HttpRequest, link_id: int) -> HttpResponse:
    """Show the decision to the named attorney; to everybody else, whom the link is for."""
    link = _link(request, link_id)
    if not isinstance(request.user, Person):
        facts = {"link": link, "sign_in": f"{reverse('account_login')}?next={reverse('approval', args=[link.pk])}"}
        return render(request, "disbursements/link_sign_in.html", facts)
    if request.user.pk != link.approver_id:
        return render(request, "disbursements/link_not_yours.html", {"link": link}, status=403)
    return _shown(request, link)


@requires(Capability.APPROVE_MONEY)
@require_POST
def approval_approve(request: HttpRequest, link_id: int) -> HttpResponse:
    """Approve by the link, with a code; it posts in the same transaction."""
    link = _own_link(request, link_id)
    return _done(request, link, approving(request, link.request_id, link.pk))


@requires(Capability.APPROVE_MONEY)
@require_POST
def approval_reject(request: HttpRequest, link_id: int) -> HttpResponse:
    """Reject by the link, with a reason."""
    person, link, version = person_of(request), _own_link(request, link_id), version_of(request)
    reason = request.POST.get("reason", "")
    return _done(request, link, lambda: deciding.reject(person, link.request_id, version, reason, link=link.pk))


def _link(request: HttpRequest, link_id: int) -> ApprovalLink:
    """Return a link whose token this session brought, or that is this person's own; any other does not exist."""
    found = seen_link(link_id)
    if found is None or (not was_opened(request, link_id, OPENED) and found.approver_id != request.user.pk):
        raise Http404
    if found.approver_id == request.user.pk and is_walled_off(found):
        raise Http404
    return found


def _own_link(request: HttpRequest, link_id: int) -> ApprovalLink:
    """Return a link of the person's own, to a request that is there for them."""
    link = _link(request, link_id)
    seen = queries.visible_to(person_of(request)).filter(pk=link.request_id)
    if link.approver_id != request.user.pk or not seen.exists():
        raise Http404
    return link


def _shown(request: HttpRequest, link: ApprovalLink, refusal: Refusal | None = None) -> HttpResponse:
    """Show the named attorney the decision, or what became of it."""
    note_opened(link)
    state, person = state_of(link), person_of(request)
    seen = queries.with_names(queries.visible_to(person)).filter(pk=link.request_id).first()
    facts: dict[str, Any] = {"link": link, "it": seen, "state": state.value, "refusal": refusal}
    if state != LinkState.LIVE or seen is None:
        return render(request, "disbursements/link_over.html", facts, status=409 if refusal else 200)
    facts |= {
        "covered": covered(seen), "files": attachments_of(seen),
        "paid_to": paid_to(seen, person, is_open=True), "after": money_after(seen),
        "code_form": forms.DecisionForm(person, seen, request.COOKIES.get(devices.COOKIE, "")),
        "reason_form": forms.RejectionForm(initial={"version": seen.version}, auto_id="reject_%s"),
        "in_place_of": queries.decided_in_place_of(person, seen), "over": over_the_limit(seen),
        "first": first_approval(seen), "may_decide": True, "standing": standing(seen, person),
        "approve_url": reverse("approval_approve", args=[link.pk]),
        "reject_url": reverse("approval_reject", args=[link.pk]),
    }  # fmt: skip
    return render(request, "disbursements/approval.html", facts, status=409 if refusal else 200)


def _done(request: HttpRequest, link: ApprovalLink, decide: Callable[[], DisbursementRequest]) -> HttpResponse:
    """Decide, and show what became of it, or the refusal beside what was asked."""
    refusal = refused_by(decide)
    link.request.refresh_from_db()
    if refusal:
        return _shown(request, link, refusal)
    messages.success(request, outcome(link.request))
    return redirect("disbursement", link.request_id)
