"""The check register of an account, what is outstanding of it, and the issue file for its bank."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from disbursements.check_forms import AgingForm, PositivePayForm, RegisterForm
from disbursements.check_register import aging, outstanding, register, register_totals
from disbursements.check_sheets import OUTSTANDING_SHEET, REGISTER_SHEET
from disbursements.positive_pay import file_name, layouts, positive_pay_file, told_checks
from disbursements.views.checks import tabs_of
from firms.access import Capability, person_of, requires
from firms.clock import today
from firms.refusals import Refusal
from ledgers.access import SEES_ALL, books_of
from ledgers.views.answers import page_of, unread
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
    rows = outstanding(books, account, today(), form.cleaned_data["age"])
    if file := export(request, rows, OUTSTANDING_SHEET):
        return file
    context = {
        "form": form, "account": account, "tabs": tabs_of(person, account, "checks_outstanding"),
        "page": page_of(request, rows, 100), "aging": aging(books, account, today()),
    }  # fmt: skip
    return render(request, "disbursements/checks_outstanding.html", context)


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
