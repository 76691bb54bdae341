"""A form that is shown once more before it is done, and may become a proposal when one person is not enough."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from firms.models import Proposal
from firms.refusals import Refusal
from ledgers.posting import Posted
from ledgers.refusals import DeficitNeedsSecondPerson
from ledgers.views.answers import key_of, saying

Outcome = Posted | Proposal
NEXT = {"firm_funds_short": ("bank_event_new", "firm-funds", "Deposit firm money")}
OURS = {"csrfmiddlewaretoken", "confirmed", "back", "propose", "idempotency_key"}


@dataclass(frozen=True)
class Review:
    """What a page records: its words, and what is done. `propose` is for what one person may not do alone."""

    title: str
    sentence: str
    submit: str
    do: Callable[[Any, str], Outcome]
    propose: Callable[[Any], Proposal] | None = None
    cancel_url: str = ""
    lead: str = ""
    facts: list[tuple[str, Any]] = field(default_factory=list)
    danger: bool = False


def reviewed(request: HttpRequest, form: Any, review: Review) -> HttpResponse:
    """Show the form; then what was typed, once more; then do it and go to what was made."""
    if request.method != "POST":
        return _form(request, form, review)
    if not form.is_valid() or "back" in request.POST:
        return _form(request, form, review, status=200 if "back" in request.POST else 422)
    if "confirmed" not in request.POST:
        return _confirm(request, form, review)
    try:
        proposing = review.propose is not None and "propose" in request.POST
        made = review.propose(form) if proposing and review.propose else review.do(form, key_of(request))
    except Refusal as refusal:
        return _form(request, form, review, refusal, status=409)
    return _made(request, made, review)


def _made(request: HttpRequest, made: Outcome, review: Review) -> HttpResponse:
    if isinstance(made, Proposal):
        messages.info(request, f"Proposed: {made.summary}. It is posted when another person confirms it.")
        return redirect("proposal", made.pk)
    saying(request, made, f"{review.title}: recorded.")
    return redirect("entry", made.id)


def _form(
    request: HttpRequest, form: Any, review: Review, refusal: Refusal | None = None, *, status: int = 200
) -> HttpResponse:
    can_propose = isinstance(refusal, DeficitNeedsSecondPerson) and review.propose is not None
    context = {"form": form, "review": review, "refusal": refusal, "can_propose": can_propose, "sent": _sent(request)}
    if refusal and refusal.code in NEXT:
        name, argument, label = NEXT[refusal.code]
        context |= {"next_url": reverse(name, args=[argument]), "next_label": label}
    return render(request, "ledgers/event_form.html", context, status=status)


def _confirm(request: HttpRequest, form: Any, review: Review) -> HttpResponse:
    context = {"form": form, "review": review, "items": form.said(), "sent": _sent(request)}
    return render(request, "ledgers/event_confirm.html", context)


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was typed, to be sent again as it is."""
    return [(name, value) for name, values in request.POST.lists() if name not in OURS for value in values]
