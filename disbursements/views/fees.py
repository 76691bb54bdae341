"""Payment of an invoice from trust: authorized, answered by the client, transferred, withdrawn."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import UNPAID, Invoice
from billing.views.invoices import visible
from disbursements.earned_fees import FEES, record_answer, spending_of, usual_terms
from disbursements.fee_forms import ClientAnswerForm, FeeDecisionForm, FeeTermsForm, typed_terms
from disbursements.fee_queries import fee_condition_of
from disbursements.models import ClientAnswer
from disbursements.taking_fees import Terms
from disbursements.views.showing import MoneyAfter, ledger_name
from disbursements.views.taking import transferring, withdrawing
from firms.access import Capability, person_of, requires
from firms.pages import factor_given, refused_by
from firms.refusals import Refusal
from ledgers.holds import available_balance
from ledgers.money import ZERO, as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved


def shown_terms(it: Invoice, terms: Terms) -> list[tuple[str, Any]]:
    """Return everything that the content hash covers, as labels and values."""
    return [
        ("Invoice", it.number), ("Client", it.client_name), ("Matter", it.matter_name), ("Total", it.total),
        ("Open", it.open_amount), ("To be transferred", terms.amount), ("Out of", ledger_name(terms.ledger)),
        ("Into the firm’s", str(terms.operating_account)), ("Purpose", spending_of(it, terms).purpose),
        ("When", fee_condition_of(it)),
    ]  # fmt: skip


def money_after(terms: Terms) -> MoneyAfter:
    """Return what the ledger holds, and what will be left of it: no more goes than is available."""
    balance, available = terms.ledger.balance, available_balance(terms.ledger)
    amount = max(min(terms.amount, available), ZERO)
    return MoneyAfter(balance, available, balance - amount, available - amount)


@requires(Capability.APPROVE_MONEY)
@require_http_methods(WRITING)
def invoice_authorize(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Authorize payment of an invoice from trust, with a code."""
    it, person = visible(request, invoice_id), person_of(request)
    said = request.POST if request.method == "POST" else request.GET
    form = FeeTermsForm(person, it, said) if "amount" in said else None
    usual = usual_terms(person, it)
    if it.state not in UNPAID or usual is None:
        messages.error(request, "Nothing of this invoice can be paid from trust now.")
        return redirect("invoice", it.pk)
    terms = form.terms() if form is not None and form.is_valid() else usual
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        code, shown = factor_given(request), request.POST.get("shown_hash", "")
        refusal = refused_by(lambda: FEES.authorize(person, it, terms, shown, code))
        if refusal is None:
            messages.success(request, f"Payment of {as_text(terms.amount)} from trust authorized.")
            return redirect("invoice", it.pk)
    return _decision(request, it, terms, form, refusal)


def _decision(
    request: HttpRequest, it: Invoice, terms: Terms, form: FeeTermsForm | None, refusal: Refusal | None
) -> HttpResponse:
    """Show what is authorized, what is left after it, and the form of the decision."""
    typed = typed_terms(terms)
    unread = form is not None and bool(form.errors)
    context = {
        "it": it, "terms": terms, "items": shown_terms(it, terms), "after": money_after(terms), "refusal": refusal,
        "terms_form": form or FeeTermsForm(person_of(request), it, initial=typed), "is_open": unread,
        "code_form": FeeDecisionForm(person_of(request), spending_of(it, terms).content_hash(), **typed),
    }  # fmt: skip
    return render(
        request, "disbursements/invoice_authorize.html", context, status=409 if refusal else 422 if unread else 200
    )


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def invoice_answer(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Record what the client said to an invoice."""
    it, person = visible(request, invoice_id), person_of(request)
    facts = {"title": f"What the client said to {str(it).lower()}", "cancel_url": reverse("invoice", args=[it.pk])}
    if request.method != "POST":
        return form_page(request, ClientAnswerForm(initial={"answer": ClientAnswer.Answer.APPROVED}), facts)

    def record(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        made = record_answer(person, key_of(request), it, said["answer"], said["evidence"])
        return f"Recorded: the client {made.get_answer_display().lower()}.", reverse("invoice", args=[it.pk])

    return saved(request, ClientAnswerForm(request.POST), facts, record)


@requires(Capability.APPROVE_MONEY)
@require_http_methods(WRITING)
def invoice_authorization_end(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Withdraw the authorization of an invoice's payment, with a reason."""
    it, url = visible(request, invoice_id), reverse("invoice", args=[invoice_id])
    lead = "Nothing more is transferred for this invoice. What was transferred stays, until it is put back."
    done = "Withdrawn: nothing more is transferred for this invoice until it is authorized anew."
    return withdrawing(request, FEES, it, {"cancel_url": url, "lead": lead}, done)


@requires(Capability.REQUEST_MONEY)
@require_POST
def invoice_transfer(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Transfer what is authorized, unpaid and available now."""
    return transferring(request, FEES, visible(request, invoice_id))
