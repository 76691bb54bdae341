"""The check register of an account and what is outstanding of it, by age."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from disbursements.check_forms import AgingForm, RegisterForm
from disbursements.check_register import aging, outstanding, register, register_totals
from disbursements.check_sheets import OUTSTANDING_SHEET, REGISTER_SHEET
from disbursements.views.checks import tabs_of
from firms.access import person_of, requires
from firms.clock import today
from ledgers.access import SEES_ALL, books_of
from ledgers.views.answers import page_of, unread
from ledgers.views.files import export


@requires(*SEES_ALL)
@require_safe
def check_register(request: HttpRequest) -> HttpResponseBase:
    """Show the register of an account, or give it as a file."""
    books = books_of(person_of(request))
    form = RegisterForm(books, request.GET)
    span = form.span()
    if span is None:
        return unread(request, form) or redirect("trust_accounts")
    rows = register(books, span)
    if file := export(request, rows, REGISTER_SHEET):
        return file
    context = {
        "form": form, "account": span.account, "tabs": tabs_of(span.account, "check_register"), "span": span,
        "page": page_of(request, rows, 100), "totals": register_totals(books, span),
    }  # fmt: skip
    return render(request, "disbursements/check_register.html", context)


@requires(*SEES_ALL)
@require_safe
def checks_outstanding(request: HttpRequest) -> HttpResponseBase:
    """Show the checks of an account that are out, by age, or give them as a file."""
    books = books_of(person_of(request))
    form = AgingForm(books, request.GET)
    account = form.account_chosen
    if account is None:
        return unread(request, form) or redirect("trust_accounts")
    rows = outstanding(books, account, today(), form.cleaned_data["age"])
    if file := export(request, rows, OUTSTANDING_SHEET):
        return file
    context = {
        "form": form, "account": account, "tabs": tabs_of(account, "checks_outstanding"),
        "page": page_of(request, rows, 100), "aging": aging(books, account, today()),
    }  # fmt: skip
    return render(request, "disbursements/checks_outstanding.html", context)
