"""Asking for money: payments, transfers, firm funds, unidentified receipts."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from disbursements import forms, queries
from disbursements.attachments import store_attachment
from disbursements.drafts import change_draft, save_draft
from disbursements.models import TRANSFERS, DisbursementRequest, Kind, State
from disbursements.requests import change_request, request_money
from disbursements.views.deciding import version_of
from firms.access import Capability, person_of, requires
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.accounts import special_ledger
from ledgers.models import Ledger
from ledgers.money import as_text

EITHER = ["GET", "HEAD", "POST"]
BEGUN = ("matter", "kind", "account", "payee", "amount", "purpose")  # what a link may begin a request with
Asking = Callable[[Any, str], DisbursementRequest]
ANY_ATTORNEY = "The amount is reserved at once. It is posted when an attorney approves it with a code."


def key_of(request: HttpRequest) -> str:
    """Return the idempotency key that the form was given."""
    return request.POST.get("idempotency_key", "")[:200]


def asked(request: HttpRequest, form: Any, page: dict[str, Any], ask: Asking) -> HttpResponse:
    """Show the form, or make the request it describes and go to it; a refusal stands beside what was typed."""
    refusal, status = None, 200
    if request.method == "POST":
        status = 422
        if uploaded(request, form):
            try:
                made = ask(form, key_of(request))
            except Refusal as refused:
                refusal, status = refused, 409
            else:
                messages.success(request, became(made))
                return redirect("disbursement", made.pk)
    return render(request, "disbursements/ask.html", {"form": form, "refusal": refusal, **page}, status=status)


def became(made: DisbursementRequest) -> str:
    """Return what a form made, in a sentence."""
    what = f"{as_text(made.amount)} to {made.payee}"
    if made.state == State.DRAFT:
        return f"{what}: kept as a draft. Nothing is reserved and nobody is asked yet."
    return f"{what}: requested and reserved."


def is_draft(request: HttpRequest) -> bool:
    """Say whether the form was sent to be kept as a draft."""
    return "draft" in request.POST


def uploaded(request: HttpRequest, form: Any) -> bool:
    """Keep the files that came along, whatever else is wrong with the form; say whether all of it can be asked."""
    if not form.is_bound:
        return False
    kept, problems = [], []
    for file in request.FILES.getlist("uploads"):
        try:
            kept.append(store_attachment(person_of(request), file.name or "", cast("BinaryIO", file.file)))
        except Refusal as refused:
            problems.append(refused.detail)
    if kept:
        form.keep(kept)
    form.full_clean()
    for problem in problems:
        form.add_error("uploads", problem)
    return not form.errors


def shown_of(form: Any) -> dict[str, Any]:
    """Return what was typed beside the spending: note, payee of the list, the client's consent, files."""
    said = form.cleaned_data
    return {"note": said["note"], "consent": said.get("consent", ""), "payee": forms.payee_of(said),
            "files": said["attached"]}  # fmt: skip


def plainly(request: HttpRequest, **more: Any) -> Asking:
    """Return the asking of a new request, or of a new draft where that button was pressed."""

    def ask(form: Any, key: str) -> DisbursementRequest:
        make: Any = save_draft if is_draft(request) else request_money
        made: DisbursementRequest = make(person_of(request), key, form.spending(), **shown_of(form), **more)
        return made

    return ask


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def disbursement_new(request: HttpRequest) -> HttpResponse:
    """Ask for a payment out of a matter."""
    begun = {name: request.GET[name][:300] for name in BEGUN if name in request.GET}
    initial = {"matter": "", "kind": Kind.DISBURSEMENT, **begun}
    form = forms.PaymentForm(books_of(person_of(request)), request.POST or None, initial)
    page = {"title": "Request a payment", "submit": "Request approval", "cancel": "disbursements", "drafts": True}
    return asked(request, form, page, plainly(request))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def transfer_new(request: HttpRequest) -> HttpResponse:
    """Ask for a transfer to another matter or account."""
    initial = {"matter": request.GET.get("matter", "")}
    form = forms.TransferForm(books_of(person_of(request)), request.POST or None, initial)
    page = {"title": "Request a transfer", "submit": "Request approval", "cancel": "transfers", "drafts": True}
    return asked(request, form, page, plainly(request))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def firm_funds_withdrawal_new(request: HttpRequest) -> HttpResponse:
    """Ask for firm money back out of the cushion."""
    initial = {"account": request.GET.get("account", "")}
    form = forms.FirmFundsForm(books_of(person_of(request)), request.POST or None, initial)
    page = {
        "title": "Withdraw firm funds",
        "submit": "Request approval",
        "cancel": "disbursements",
        "lead": ANY_ATTORNEY,
        "drafts": True,
    }
    return asked(request, form, page, plainly(request))


def receipt_page(request: HttpRequest, entry_id: int, kind: type[Any], page: dict[str, Any]) -> HttpResponse:
    """Ask what is to become of an unidentified receipt that is still there."""
    books = books_of(person_of(request))
    receipt = get_object_or_404(queries.unidentified_receipts(books), pk=entry_id)
    source = special_ledger(receipt.trust_account, Ledger.Kind.UNIDENTIFIED)
    left = vars(receipt)["left"]
    initial = {"amount": f"{left.amount:,.2f}", "payee": receipt.text.party, "reference": receipt.text.reference}
    form = kind(books, source, request.POST or None, initial)
    facts = [("Received from", receipt.text.party), ("Received on", receipt.book_date), ("Left of it", left),
             ("Reference", receipt.text.reference), ("Trust account", receipt.trust_account.name)]  # fmt: skip
    page = {"facts": facts, "cancel": "waiting", "lead": ANY_ATTORNEY, "drafts": True, **page}
    return asked(request, form, page, plainly(request, receipt=receipt))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def receipt_assign(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Ask to assign an unidentified receipt to its matter."""
    return receipt_page(
        request, entry_id, forms.AssignForm, {"title": "Assign an unidentified receipt", "submit": "Request approval"}
    )


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def receipt_send_back(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Ask to return an unidentified receipt to its sender."""
    return receipt_page(
        request, entry_id, forms.SendBackForm, {"title": "Return an unidentified receipt", "submit": "Request approval"}
    )


def form_for(request: HttpRequest, old: DisbursementRequest) -> Any:
    """Return the form in which a request was made, filled with it."""
    books, data, initial = books_of(person_of(request)), request.POST or None, forms.initial_of(old)
    if old.receipt_id:
        kind: Any = forms.AssignForm if old.is_transfer else forms.SendBackForm
        shown = {"matter": initial.get("to_matter", "")} if old.is_transfer else {}
        return kind(books, old.ledger, data, initial | shown)
    if old.kind == Kind.FIRM_FUNDS_WITHDRAWAL:
        return forms.FirmFundsForm(books, data, initial)
    return (forms.TransferForm if old.kind in TRANSFERS else forms.PaymentForm)(books, data, initial)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(EITHER)
def disbursement_change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Replace one's own undecided request, or draft, by a new version."""
    person = person_of(request)
    visible = queries.with_names(queries.visible_to(person)).filter(requester=person)
    old = get_object_or_404(visible, pk=request_id)
    version = version_of(request) if request.method == "POST" else old.version

    def ask(form: Any, key: str) -> DisbursementRequest:
        change: Any = change_draft if is_draft(request) else change_request
        made: DisbursementRequest = change(person, key, old, version, form.spending(), **shown_of(form))
        return made

    return asked(request, form_for(request, old), changing(old) | {"version": version}, ask)


def changing(old: DisbursementRequest) -> dict[str, Any]:
    """Return what the page says on which a request or a draft is changed."""
    if old.state == State.DRAFT:
        return {
            "title": f"Edit draft {old.pk}",
            "submit": "Request approval",
            "cancel": "disbursements",
            "drafts": True,
        }
    return {
        "title": f"Change request {old.pk}", "submit": "Request approval of this version", "cancel": "disbursements",
        "lead": "The old version is withdrawn; the attorney decides on the new one.",
    }  # fmt: skip


@requires(Capability.REQUEST_MONEY)
@require_GET
def spending_options(request: HttpRequest) -> JsonResponse:
    """Answer the matter picker: visible matters with what is available."""
    found = queries.spending_options(books_of(person_of(request)), request.GET.get("q", ""))
    return JsonResponse({"results": found})
