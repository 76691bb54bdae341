"""The page behind a client's link: the invoice, and the answer. Opening it changes nothing, whoever opens it.

The client has no account: the link says which invoice, and the code of the letter says that the letter was read.
"""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.queries.invoices import lines_of
from billing.reports import invoice_pdf
from disbursements.client_links import CODE_DIGITS, LinkState, answer_by_link, link_of, seen_link, state_of
from disbursements.models import ClientAnswer, InvoiceLink
from disbursements.views.tokens import exchanging, was_opened
from firms.access import public
from firms.audit import current_actor
from firms.clock import now
from firms.models import Person
from firms.pages import refused_by
from firms.refusals import Refusal
from firms.throttle import is_too_often
from ledgers.views.files import as_pdf

OPENED = "client_links"
LIMITS = {
    "unknown": (30, 60),
    "page": (120, 60),
    "paper": (20, 60),
    "answer": (20, 600),
}  # how many in how many seconds
APPROVED, OBJECTED = ClientAnswer.Answer


class ClientCodeForm(forms.Form):
    """The code of the letter."""

    code = forms.CharField(
        label="Your code from the letter", max_length=20, required=False, help_text=f"{CODE_DIGITS} digits",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip


class ObjectionForm(ClientCodeForm):
    """What the client objects to, and the code of the letter."""

    words = forms.CharField(
        label="What do you object to?", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    field_order = ("words", "code")


def too_often(request: HttpRequest, what: str) -> HttpResponse | None:
    """Answer 429 to an address that asks too often: no code is guessed, and no page costs the firm its server."""
    most, seconds = LIMITS[what.split(":")[0]]
    if not is_too_often(f"{what}:{current_actor().address}", most, seconds):
        return None
    return render(request, "disbursements/client_wait.html", status=429)


@public
@require_safe
@never_cache
def client_link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange a token for the session's right to see its page, and leave its address at once (RELIABILITY D17)."""

    def unknown() -> HttpResponse:
        return too_often(request, "unknown") or render(request, "disbursements/client_unknown.html", status=404)

    return exchanging(request, link_of(token), OPENED, "client_bill", unknown)


@public
@require_safe
@never_cache
def client_bill(request: HttpRequest, bill_id: int) -> HttpResponse:
    """Show the client the invoice and the two answers, or what became of the link."""
    link = _link(request, bill_id)
    return too_often(request, f"page:{link.pk}") or shown(request, link)


@public
@require_safe
@never_cache
def client_bill_pdf(request: HttpRequest, bill_id: int) -> HttpResponse:
    """Give the client the invoice as a PDF, while the link is good."""
    link = _link(request, bill_id)
    if not has_paper(link, state_of(link)) or isinstance(request.user, Person):
        raise Http404
    return too_often(request, f"paper:{link.pk}") or as_pdf(invoice_pdf(link.invoice), f"invoice-{link.invoice.number}")


def has_paper(link: InvoiceLink, state: LinkState) -> bool:
    """Say whether the invoice is still given out: to the client's own address, until the link expires."""
    is_old = link.expires_at <= now() or link.address != link.invoice.matter.client.email
    return state == LinkState.LIVE or (state == LinkState.USED and not is_old)


@public
@require_POST
def client_bill_answer(request: HttpRequest, bill_id: int) -> HttpResponse:
    """Take the client's answer, with the code of the letter."""
    link = _link(request, bill_id)
    if isinstance(request.user, Person):
        return shown(request, link)
    if wait := too_often(request, f"answer:{link.pk}"):
        return wait
    answer = OBJECTED if request.POST.get("answer") == OBJECTED else APPROVED
    code, words = request.POST.get("code", ""), request.POST.get("words", "")
    refusal = refused_by(lambda: answer_by_link(link, code, answer, words))
    return shown(request, _link(request, bill_id), refusal) if refusal else redirect("client_bill", bill_id)


def _link(request: HttpRequest, bill_id: int) -> InvoiceLink:
    """Return a link whose token this session brought; any other does not exist."""
    found = seen_link(bill_id) if was_opened(request, bill_id, OPENED) else None
    if found is None:
        raise Http404
    return found


def shown(request: HttpRequest, link: InvoiceLink, refusal: Refusal | None = None) -> HttpResponse:
    """Show the page as the link stands; whoever works here is told that it is the client's, and sees nothing of it."""
    status = 409 if refusal else 200
    if isinstance(request.user, Person):
        return render(request, "disbursements/client_not_yours.html", {"link": link}, status=403)
    state = state_of(link)
    facts: dict[str, Any] = {"link": link, "it": link.invoice, "state": state.value, "refusal": refusal}
    if state != LinkState.LIVE:
        facts["has_paper"] = has_paper(link, state)
        return render(request, "disbursements/client_over.html", facts, status=status)
    typed = request.POST if refusal else None
    objects = typed is not None and typed.get("answer") == OBJECTED
    ledger = link.authorization.authority.ledger
    amount = link.authorization.due
    facts |= {
        "lines": lines_of(link.invoice), "amount": amount, "held": ledger.balance, "objects": objects,
        "code_form": ClientCodeForm(None if objects else typed),
        "objection_form": ObjectionForm(typed if objects else None, auto_id="object_%s"),
    }  # fmt: skip
    return render(request, "disbursements/client_bill.html", facts, status=status)
