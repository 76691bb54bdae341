"""A settlement statement signed by the client, authorized by an attorney, paid to the firm and asked for to others."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.queries.settlements import deduction_of
from billing.settlement_models import SettlementStatement
from billing.views.settlements import visible
from disbursements.forms import PaymentForm
from disbursements.models import Kind
from disbursements.settlement_fees import FEES, may_be_authorized, spending_of, usual_terms
from disbursements.settlement_forms import (
    SettlementDecisionForm,
    SettlementTermsForm,
    SignatureForm,
)
from disbursements.settlement_queries import Part, ledgers_of, left_of, parts_of, signature_of
from disbursements.settlement_signing import upload_signature
from disbursements.taking_fees import Terms
from disbursements.views.asking import EITHER, asked, plainly
from disbursements.views.fees import money_after
from disbursements.views.files import given_out
from disbursements.views.showing import ledger_name
from disbursements.views.taking import transferring, withdrawing
from firms.access import Capability, person_of, requires
from firms.pages import factor_given, refused_by
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.money import as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def settlement_sign(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Record the client's signature, with the signed paper."""
    it, url = visible(request, settlement_id), reverse("settlement", args=[settlement_id])
    facts = {
        "title": f"The client signed {it.in_words}", "submit": "Record signature", "cancel_url": url, "multipart": True,
        "pretitle": "Settlements",
        "lead": "Once the signature is recorded, an attorney is asked to authorize the payments.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, SignatureForm(), facts)

    def record(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        paper = said["paper"]
        upload_signature(person_of(request), key_of(request), it, said, paper.name, paper.file)
        return "Signature recorded. The attorney is asked to authorize the payments.", url

    return saved(request, SignatureForm(request.POST, request.FILES), facts, record)


@requires(Capability.SEE_BOOKS)
@require_safe
def settlement_paper(request: HttpRequest, settlement_id: int) -> HttpResponseBase:
    """Give out the signed paper."""
    it = visible(request, settlement_id)
    return given_out(it, get_object_or_404(signature_of(it)).attachment)


def shown_terms(it: SettlementStatement, terms: Terms) -> list[tuple[str, Any]]:
    """Return everything that the authorization covers, as labels and values."""
    paid = [(part.payee, part.amount) for part in parts_of(it)]
    return [
        ("Statement", f"{it.number}, code {it.printed_code}"), ("Client", it.client_name), ("Matter", it.matter_name),
        ("Gross recovery", it.gross), ("Attorney’s fee", it.fee), ("Costs advanced", it.costs), *paid,
        ("To be transferred", terms.amount), ("Out of", ledger_name(terms.ledger)),
        ("Into the firm’s", str(terms.operating_account)), ("Purpose", spending_of(it, terms).purpose),
    ]  # fmt: skip


@requires(Capability.APPROVE_MONEY)
@require_http_methods(WRITING)
def settlement_authorize(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Authorize payment of a signed statement, with a code."""
    it, person = visible(request, settlement_id), person_of(request)
    said = request.POST if request.method == "POST" else request.GET
    form = SettlementTermsForm(person, it, said) if "ledger" in said else None
    usual = usual_terms(person, it)
    if not may_be_authorized(it, usual) or usual is None:
        messages.error(request, "Nothing of this statement can be authorized now.")
        return redirect("settlement", it.pk)
    terms = form.terms() if form is not None and form.is_valid() else usual
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        code, shown = factor_given(request), request.POST.get("shown_hash", "")
        refusal = refused_by(lambda: FEES.authorize(person, it, terms, shown, code))
        if refusal is None:
            messages.success(
                request, f"Authorized: {as_text(terms.amount)} of fee and costs, liens and client’s share."
            )
            return redirect("settlement", it.pk)
    return _decision(request, it, terms, form, refusal)


def _decision(
    request: HttpRequest,
    it: SettlementStatement,
    terms: Terms,
    form: SettlementTermsForm | None,
    refusal: Refusal | None,
) -> HttpResponse:
    """Show what is authorized, what is left after it, and the form of the decision."""
    person, unread = person_of(request), form is not None and bool(form.errors)
    typed = {"ledger": terms.ledger.pk, "operating_account": terms.operating_account.pk}
    context = {
        "it": it, "terms": terms, "items": shown_terms(it, terms), "after": money_after(terms), "refusal": refusal,
        "terms_form": form or SettlementTermsForm(person, it, initial=typed), "is_open": unread,
        "code_form": SettlementDecisionForm(person, spending_of(it, terms).content_hash(), **typed),
    }  # fmt: skip
    status = 409 if refusal else 422 if unread else 200
    return render(request, "disbursements/settlement_authorize.html", context, status=status)


@requires(Capability.APPROVE_MONEY)
@require_http_methods(WRITING)
def settlement_authorization_end(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Withdraw the authorization of a statement's payment, with a reason."""
    it, url = visible(request, settlement_id), reverse("settlement", args=[settlement_id])
    lead = "Nothing more is paid by this statement. What was paid stays."
    done = "Withdrawn: nothing more is paid by this statement until it is authorized anew."
    return withdrawing(request, FEES, it, {"pretitle": "Settlements", "cancel_url": url, "lead": lead}, done)


@requires(Capability.REQUEST_MONEY)
@require_POST
def settlement_transfer(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Transfer what is authorized, unpaid and available now."""
    return transferring(request, FEES, visible(request, settlement_id))


def part_page(request: HttpRequest, part: Part) -> HttpResponse:
    """Ask for the payment of a part of a statement; the form begins with what the client signed."""
    person = person_of(request)
    ledger = ledgers_of(person, part.statement).first()
    initial = {
        "matter": part.statement.matter.number, "account": ledger.trust_account_id if ledger else None,
        "kind": Kind.DISBURSEMENT if part.line else Kind.RETURN, "payee": part.payee, "method": "check",
        "amount": f"{left_of(part).amount:,.2f}", "purpose": part.purpose, "reference": part.statement.number,
    }  # fmt: skip
    form = PaymentForm(books_of(person), request.POST or None, initial)
    page = {
        "title": f"Pay {part.payee} by {part.statement.in_words}", "submit": "Request approval",
        "cancel": "settlements",
        "lead": "The client signed this payment. The amount is reserved at once; an attorney approves it with a code.",
    }  # fmt: skip
    return asked(request, form, page, plainly(request, part=part))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def settlement_share_pay(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Ask for the payment of the client's share."""
    return part_page(request, Part(visible(request, settlement_id)))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def settlement_lien_pay(request: HttpRequest, settlement_id: int, deduction_id: int) -> HttpResponse:
    """Ask for the payment of a lien."""
    return part_page(request, lien_of(request, settlement_id, deduction_id))


def lien_of(request: HttpRequest, settlement_id: int, deduction_id: int) -> Part:
    """Return a lien of a statement the person may see; any other does not exist."""
    line = get_object_or_404(deduction_of(person_of(request), settlement_id, deduction_id).filter(kind="lien"))
    return Part(visible(request, settlement_id), line)
