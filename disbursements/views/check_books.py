"""The check register of an account, what is outstanding of it, and the issue file for its bank."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from disbursements.check_forms import AgingForm, PositivePayForm, RegisterForm
from disbursements.check_register import aging, outstanding, register, register_totals
from disbursements.check_sheets import OUTSTANDING_SHEET, REGISTER_SHEET
from disbursements.positive_pay import file_name, layouts, positive_pay_file, told_checks
from disbursements.templatetags.checks import count_of_checks
from disbursements.views.checks import account_of, numbers_typed, tabs_of
from firms.access import Capability, may, person_of, requires
from firms.clock import today
from firms.pages import refused_by
from firms.refusals import Refusal
from ledgers.access import SEES_ALL, books_of
from ledgers.clearing import clear_entries
from ledgers.forms.clearing import ClearedForm
from ledgers.models import TrustAccount
from ledgers.views.answers import key_of, page_of, unread
from ledgers.views.files import export


@requires(*SEES_ALL)
@require_safe
def check_register(request: HttpRequest) -> HttpResponseBase:
    """Show the register of an account, or give it as a file."""
    person = person_of(request)
    books = books_of(person)
    form = RegisterForm(books, request.GET)
    span = form.span()
    if span is None:
        return unread(request, form) or redirect("trust_accounts")
    rows = register(books, span)
    if file := export(request, rows, REGISTER_SHEET):
        return file
    context = {
        "form": form, "account": span.account, "tabs": tabs_of(person, span.account, "check_register"), "span": span,
        "page": page_of(request, rows, 100), "totals": register_totals(books, span),
    }  # fmt: skip
    return render(request, "disbursements/check_register.html", context)


@requires(*SEES_ALL)
@require_safe
def checks_outstanding(request: HttpRequest) -> HttpResponseBase:
    """Show the checks of an account that are out, by age, or give them as a file."""
    person = person_of(request)
    books = books_of(person)
    form = AgingForm(books, request.GET)
    account = form.account_chosen
    if account is None:
        return unread(request, form) or redirect("trust_accounts")
    if file := export(request, outstanding(books, account, today(), form.cleaned_data["age"]), OUTSTANDING_SHEET):
        return file
    return outstanding_page(request, form, account, ClearedForm(below_list=True))


def outstanding_page(
    request: HttpRequest, form: AgingForm, account: TrustAccount, typed: ClearedForm, refusal: Refusal | None = None
) -> HttpResponse:
    """Show what is out of an account, with the form that marks what is ticked as cleared; what was ticked is kept."""
    person = person_of(request)
    books = books_of(person)
    context = {
        "form": form, "account": account, "tabs": tabs_of(person, account, "checks_outstanding"), "typed": typed,
        "page": page_of(request, outstanding(books, account, today(), form.cleaned_data["age"]), 100),
        "aging": aging(books, account, today()), "may_clear": may(person, Capability.RECORD_MONEY),
        "ticked": numbers_typed(request, "entry"), "refusal": refusal, "age": form.cleaned_data["age"],
    }  # fmt: skip
    status = 409 if refusal else 422 if typed.is_bound and typed.errors else 200
    return render(request, "disbursements/checks_outstanding.html", context, status=status)


@requires(Capability.RECORD_MONEY)
@require_POST
def checks_clear(request: HttpRequest, account_id: int) -> HttpResponse:
    """Mark the ticked checks as cleared, as the bank shows them."""
    person, account, refusal = person_of(request), account_of(request, account_id), None
    form = AgingForm(books_of(person), QueryDict(f"account={account.pk}&age={request.POST.get('age', '')[:3]}"))
    typed, chosen = ClearedForm(request.POST, below_list=True), numbers_typed(request, "entry")
    if form.account_chosen is None:
        return unread(request, form) or redirect("checks_outstanding")
    if typed.is_valid():
        said = typed.cleaned_data
        asked = (person, key_of(request), chosen, said["bank_date"], said["reference"])
        refusal = refused_by(lambda: clear_entries(*asked))
        if refusal is None:
            messages.success(request, f"{count_of_checks(len(chosen))} cleared on {date_format(said['bank_date'])}.")
            return redirect(f"{reverse('checks_outstanding')}?account={account.pk}")
    return outstanding_page(request, form, account, typed, refusal)


@requires(Capability.REQUEST_MONEY)
@require_safe
def positive_pay(request: HttpRequest) -> HttpResponseBase:
    """Show which checks the bank is told of, or give the issue file; each making of one is recorded."""
    person, refusal = person_of(request), None
    form = PositivePayForm(books_of(person), request.GET)
    account = form.account_chosen
    if account is None:
        return unread(request, form) or redirect("trust_accounts")
    days, layout = (
        (form.cleaned_data["from_date"], form.cleaned_data["to_date"]),
        layouts()[form.cleaned_data["layout"]],
    )
    try:
        if request.GET.get("format") == "file":
            name, made = file_name(account, layout, *days), positive_pay_file(person, account, layout, *days)
            return HttpResponse(made, content_type="text/plain; charset=us-ascii", headers=attached(name))
        told = told_checks(person, account, *days)
    except Refusal as refused:
        refusal, told = refused, []
    tabs, page = tabs_of(person, account, "positive_pay"), page_of(request, told, 100)
    facts = {"form": form, "tabs": tabs, "page": page, "refusal": refusal}
    return render(request, "disbursements/positive_pay.html", facts, status=409 if refusal else 200)


def attached(name: str) -> dict[str, str]:
    """Return the header that lets a browser keep an answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
