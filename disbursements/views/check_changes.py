"""What is done with checks: written by hand, spoiled, stopped, undone; the number that is printed next."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from disbursements import check_ending, checks
from disbursements.check_forms import EndForm, NumberingForm, SpoilBlankForm, SpoilForm, StopForm, WrittenCheckForm
from disbursements.views.checks import account_of, check_of
from firms.access import Capability, person_of, requires
from ledgers.access import books_of
from ledgers.money import as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_numbering(request: HttpRequest, account_id: int) -> HttpResponse:
    """Set the number that is printed next."""
    account, person = account_of(request, account_id), person_of(request)
    url = f"{reverse('check_numbers')}?account={account.pk}"
    facts = {"title": f"Check numbers of {account.name}", "submit": "Set", "cancel_url": url, "pretitle": "Checks"}
    if request.method != "POST":
        return form_page(request, NumberingForm(account), facts)

    def setting(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        checks.set_numbering(person, account, said["first_number"], said["since_date"])
        return f"The next check printed is {said['first_number']}.", url

    return saved(request, NumberingForm(account, request.POST), facts, setting)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_written(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Record the number of a check written by hand."""
    person = person_of(request)
    entry = get_object_or_404(books_of(person).entries.select_related("text"), pk=entry_id)
    url = f"{reverse('checks')}?account={entry.trust_account_id}"
    facts = {"title": f"Check written by hand to {entry.text.party}", "submit": "Record", "cancel_url": url}
    if request.method != "POST":
        return form_page(request, WrittenCheckForm(), facts)

    def write(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        made = checks.record_written_check(
            person, key_of(request), entry, said["number"], said["on_date"], begins_book=said["begins_book"]
        )
        return f"Check {made.number} recorded.", reverse("check", args=[made.pk])

    return saved(request, WrittenCheckForm(request.POST), facts, write)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_blank(request: HttpRequest, account_id: int) -> HttpResponse:
    """Record a blank check that was spoiled."""
    account, person = account_of(request, account_id), person_of(request)
    url = f"{reverse('check_numbers')}?account={account.pk}"
    facts = {"title": f"Spoiled blank check of {account.name}", "submit": "Record as void", "cancel_url": url}
    if request.method != "POST":
        return form_page(request, SpoilBlankForm(), facts)

    def spoil(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        made = checks.spoil_blank(
            person, key_of(request), account, said["number"], said["reason"], begins_book=said["begins_book"]
        )
        return f"Check {made.number} recorded as void.", url

    return saved(request, SpoilBlankForm(request.POST), facts, spoil)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_spoil(request: HttpRequest, check_id: int) -> HttpResponse:
    """Make a check void that never left the office; its payment waits for the printer again."""
    it, person, url = check_of(request, check_id), person_of(request), reverse("check", args=[check_id])
    facts = {
        "title": f"Check {it.number} was spoiled", "submit": "Make void", "cancel_url": url, "next_url": url,
        "lead": "The number stays on record, void. The payment waits for the printer again and takes the next number.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, SpoilForm(), facts)

    def spoil(form: Any) -> tuple[str, str]:
        checks.spoil_check(person, key_of(request), it, form.cleaned_data["reason"])
        return f"Check {it.number} is void. Its payment waits for the printer again.", url

    return saved(request, SpoilForm(request.POST), facts, spoil)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_stop(request: HttpRequest, check_id: int) -> HttpResponse:
    """Record that the bank was told not to pay a check."""
    it, person, url = check_of(request, check_id), person_of(request), reverse("check", args=[check_id])
    facts = {
        "title": f"Stop payment of check {it.number}", "submit": "Record the stop", "cancel_url": url, "next_url": url,
        "pretitle": "Checks", "lead": "Tell the bank first, then record it here. The payment stays in the books: issue "
        "it anew under Checks, or undo it on this check’s page.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, StopForm(), facts)

    def stop(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        check_ending.stop_payment(person, key_of(request), it, said["reason"], said["bank_reference"])
        return f"Check {it.number} is stopped. Its payment can be issued anew.", url

    return saved(request, StopForm(request.POST), facts, stop)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_undo(request: HttpRequest, check_id: int) -> HttpResponse:
    """Make a check void and undo its payment."""
    it, person, url = check_of(request, check_id), person_of(request), reverse("check", args=[check_id])
    facts = {
        "title": f"Undo the payment of check {it.number}", "submit": "Undo the payment", "cancel_url": url,
        "next_url": url, "pretitle": "Checks", "danger": True,
        "lead": f"{as_text(it.amount)} to {it.payee} go back to the ledger by a reversal of this date, and the check "
        "is void. Do this only when the check was never cashed and cannot be any more.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, EndForm(), facts)

    def undo(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        posted = check_ending.void_payment(person, key_of(request), it, said["book_date"], said["reason"])
        return f"Entry {posted.id} undid the payment of check {it.number}.", url

    return saved(request, EndForm(request.POST), facts, undo)


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def check_take_up(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take an outstanding check of the opening import among the checks."""
    person = person_of(request)
    entry = get_object_or_404(books_of(person).entries.select_related("text"), pk=entry_id)
    url = reverse("entry", args=[entry.pk])
    facts = {
        "title": f"Opening check {entry.text.reference} to {entry.text.party}", "submit": "Take it up",
        "cancel_url": url, "pretitle": "Checks", "lead": "Its number and date are those of the old system. Once it is "
        "among the checks, its payment can be stopped, issued anew or undone.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, Form(), facts)

    def take(form: Any) -> tuple[str, str]:
        made = check_ending.take_up_opening(person, key_of(request), entry)
        return f"Check {made.number} is among the checks.", reverse("check", args=[made.pk])

    return saved(request, Form(request.POST), facts, take)
