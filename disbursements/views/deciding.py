"""The list of requests, one request, and deciding on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from disbursements import approval, forms, queries, requests
from disbursements.attachments import attachments_of
from disbursements.drafts import submit_draft
from disbursements.follow_up import expires_at
from disbursements.models import OPEN, PAYMENTS, TRANSFERS, DisbursementRequest, State
from disbursements.payee_standing import paid_to
from disbursements.standing import standing
from disbursements.two_attorneys import newcomers, over_the_limit
from disbursements.views.files import download
from disbursements.views.showing import covered, events, first_approval, money_after
from firms import devices
from firms.access import Capability, may, person_of, requires
from firms.models import Person
from firms.pages import factor_given, refused_by
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.money import as_text

SEES = (Capability.SEE_BOOKS,)
UNDECIDED = (State.DRAFT, *OPEN)


def listed(request: HttpRequest, kinds: tuple[str, ...], template: str) -> HttpResponse:
    """List the visible requests of some kinds, newest first, filtered and paged."""
    person = person_of(request)
    form = forms.RequestFilterForm(books_of(person), request.GET)
    found = queries.listed(person, kinds, form.wanted(), request.GET.get("sort", ""))
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(request, template, {"form": form, "page": page, "may_ask": may(person, Capability.REQUEST_MONEY)})


@requires(*SEES)
@require_safe
def disbursements(request: HttpRequest) -> HttpResponse:
    """List the requests for payments."""
    return listed(request, PAYMENTS, "disbursements/disbursements.html")


@requires(*SEES)
@require_safe
def transfers(request: HttpRequest) -> HttpResponse:
    """List the requests for transfers."""
    return listed(request, TRANSFERS, "disbursements/transfers.html")


def request_of(request: HttpRequest, request_id: int) -> DisbursementRequest:
    """Return a request the person may see; any other does not exist."""
    return get_object_or_404(queries.with_names(queries.visible_to(person_of(request))), pk=request_id)


def open_to(person: Person, it: DisbursementRequest) -> dict[str, Any]:
    """Return what a person may do with a request beside deciding on it."""
    is_draft, is_unfunded = it.state == State.DRAFT, it.state == State.APPROVED_UNFUNDED
    return {
        "is_mine": it.requester_id == person.pk, "is_open": it.state in OPEN, "is_draft": is_draft,
        "may_delete": is_draft and requests.may_delete(person, it),
        "may_post": is_unfunded and may(person, Capability.REQUEST_MONEY),
        "last_day": approval.last_day_to_post(it) if is_unfunded else None,
    }  # fmt: skip


def shown(request: HttpRequest, request_id: int, refusal: Refusal | None = None) -> HttpResponse:
    """Show a request: everything the approval covers, what is left after it, and what this person may do."""
    person, it = person_of(request), request_of(request, request_id)
    may_decide = approval.may_decide(person, it)
    context: dict[str, Any] = {
        "it": it, "covered": covered(it), "files": attachments_of(it), "after": money_after(it),
        "paid_to": paid_to(it, person, is_open=it.state in UNDECIDED), "events": events(it), "refusal": refusal,
        "may_decide": may_decide, "standing": standing(it, person) if may_decide else None,
        "may_reject": approval.may_reject(person, it),
        "over": over_the_limit(it) if it.state == State.AWAITING_APPROVAL else None, "first": first_approval(it),
        "newcomers": newcomers(it), "is_decidable": bool(requests.approvers_of(it)),
        "in_place_of": queries.decided_in_place_of(person, it), "expires_at": expires_at(it),
        "code_form": forms.DecisionForm(person, it, request.COOKIES.get(devices.COOKIE, "")),
        "reason_form": forms.RejectionForm(initial={"version": it.version}, auto_id="reject_%s"),
    }  # fmt: skip
    context |= open_to(person, it)
    return render(request, "disbursements/disbursement.html", context, status=409 if refusal else 200)


@requires(*SEES)
@require_safe
def disbursement(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show one request."""
    return shown(request, request_id)


def version_of(request: HttpRequest) -> int:
    """Return the version that was shown; nothing readable is none."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def outcome(it: DisbursementRequest) -> str:
    """Return what became of a decision, in a sentence."""
    if it.state == State.AWAITING_APPROVAL:
        return f"Request {it.pk}: your approval is the first of two. A second attorney is asked; nothing is posted yet."
    if it.hold_id is None:
        return f"Draft {it.pk}: deleted."
    return f"Request {it.pk}: {it.get_state_display().lower()}."


def done(request: HttpRequest, request_id: int, decision: Callable[[], DisbursementRequest]) -> HttpResponse:
    """Decide, and show the request with what became of it, or with the refusal."""
    request_of(request, request_id)
    refusal = refused_by(decision)
    if refusal:
        return shown(request, request_id, refusal)
    it = request_of(request, request_id)
    tell = messages.warning if it.state == State.APPROVED_UNFUNDED else messages.success
    tell(request, outcome(it))
    return redirect("disbursement", request_id)


def approving(request: HttpRequest, request_id: int, link: int | None = None) -> Callable[[], DisbursementRequest]:
    """Return the approval that was sent: with a factor; it may ask to remember the device from now on."""
    person, version, factor = person_of(request), version_of(request), factor_given(request)
    shown_hash = request.POST.get("shown_hash", "")

    def approve() -> DisbursementRequest:
        it = approval.approve(person, request_id, version, shown_hash, factor, link=link)
        if "remember" in request.POST and not factor.startswith(devices.GIVEN):
            secret = devices.remember(person, request.COOKIES.get(devices.COOKIE, ""))
            request.new_device_secret = secret  # type: ignore[attr-defined]  # the middleware sets it as a cookie
        return it

    return approve


@requires(*SEES)
@require_safe
def disbursement_file(request: HttpRequest, request_id: int, attachment_id: int) -> HttpResponseBase:
    """Give out a file of a request."""
    return download(person_of(request), request_id, attachment_id)


@requires(Capability.APPROVE_MONEY)
@require_POST
def disbursement_approve(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve with a code; it posts in the same transaction."""
    return done(request, request_id, approving(request, request_id))


@requires(Capability.APPROVE_MONEY)
@require_POST
def disbursement_reject(request: HttpRequest, request_id: int) -> HttpResponse:
    """Reject with a reason."""
    person, version, reason = person_of(request), version_of(request), request.POST.get("reason", "")
    return done(request, request_id, lambda: approval.reject(person, request_id, version, reason))


@requires(Capability.REQUEST_MONEY)
@require_POST
def disbursement_submit(request: HttpRequest, request_id: int) -> HttpResponse:
    """Make one's own draft a request."""
    it, version = request_of(request, request_id), version_of(request)
    key = request.POST.get("idempotency_key", "")[:200]
    refusal = refused_by(lambda: submit_draft(person_of(request), key, request_id, version))
    if refusal:
        return shown(request, request_id, refusal)
    messages.success(request, f"{as_text(it.amount)} to {it.payee}: requested and reserved.")
    return redirect("disbursement", request_id)


@requires(Capability.REQUEST_MONEY)
@require_POST
def disbursement_post(request: HttpRequest, request_id: int) -> HttpResponse:
    """Post what was approved when the money was gone."""
    person, version = person_of(request), version_of(request)
    return done(request, request_id, lambda: approval.post_now(person, request_id, version))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def disbursement_withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take back one's own request, after asking once more."""
    person, it = person_of(request), request_of(request, request_id)
    form = forms.WithdrawalForm(request.POST or None, initial={"version": it.version})
    if request.method == "POST" and form.is_valid():
        reason, version = form.cleaned_data["reason"], form.cleaned_data["version"]
        return done(request, request_id, lambda: requests.withdraw(person, request_id, version, reason))
    facts = {"it": it, "form": form, "items": covered(it), "is_draft": it.state == State.DRAFT}
    return render(request, "disbursements/withdraw.html", facts)
