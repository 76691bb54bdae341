"""Checks: what waits for the printer, a batch, one check, the numbers of an account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from disbursements import check_paper, check_queries, checks
from disbursements.check_forms import ChecksForm
from disbursements.models import Check, CheckBatch
from firms.access import Capability, may, person_of, requires
from firms.models import Person
from firms.refusals import Refusal
from ledgers.access import SEES_ALL, books_of
from ledgers.models import TrustAccount
from ledgers.views.answers import key_of, page_of, unread
from ledgers.views.files import as_pdf

TABS = (
    ("To print", "checks"),
    ("Register", "check_register"),
    ("Outstanding", "checks_outstanding"),
    ("Numbers", "check_numbers"),
    ("Positive pay", "positive_pay"),
)


def tabs_of(person: Person, account: TrustAccount, current: str) -> list[tuple[str, str, bool, None]]:
    """Return the pages of an account's checks that a person may open."""
    printing = may(person, Capability.REQUEST_MONEY)
    shown = [(label, name) for label, name in TABS if printing or name != "positive_pay"]
    return [(label, f"{reverse(name)}?account={account.pk}", name == current, None) for label, name in shown]


def queue_page(request: HttpRequest, form: ChecksForm, refusal: Refusal | None = None) -> HttpResponse:
    """Show the payments of an account that wait for the printer, and what was printed last."""
    person, account = person_of(request), form.account_chosen
    if account is None:
        return unread(request, form) or redirect("trust_accounts")
    books = books_of(person)
    context: dict[str, Any] = {
        "form": form, "account": account, "refusal": refusal, "tabs": tabs_of(person, account, "checks"),
        "page": page_of(request, check_queries.checks_to_print(books, account), checks.MOST_PER_BATCH),
        "numbers": check_queries.numbers_in_use(account), "batches": check_queries.batches(books, account)[:5],
        "may_print": may(person, Capability.REQUEST_MONEY),
    }  # fmt: skip
    return render(request, "disbursements/checks.html", context, status=409 if refusal else 200)


@requires(*SEES_ALL)
@require_safe
def check_queue(request: HttpRequest) -> HttpResponse:
    """Show what waits for the printer."""
    return queue_page(request, ChecksForm(books_of(person_of(request)), request.GET))


def account_of(request: HttpRequest, account_id: int) -> TrustAccount:
    """Return a trust account, or answer 404."""
    return get_object_or_404(check_queries.account_of(books_of(person_of(request)), account_id))


def numbers_typed(request: HttpRequest, name: str) -> list[int]:
    """Return the numbers of what was ticked; what is no number is none."""
    typed = request.POST.getlist(name)
    return [int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 19]


@requires(Capability.REQUEST_MONEY)
@require_POST
def check_issue(request: HttpRequest, account_id: int) -> HttpResponse:
    """Give the ticked payments their numbers, as one batch."""
    person, account = person_of(request), account_of(request, account_id)
    try:
        batch = checks.issue_checks(person, key_of(request), account, numbers_typed(request, "entry"))
    except Refusal as refusal:
        asked = request.GET.copy()
        asked["account"] = str(account.pk)
        return queue_page(request, ChecksForm(books_of(person), asked), refusal)
    return redirect("check_batch", batch.pk)


@requires(*SEES_ALL)
@require_safe
def check_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show the checks that were numbered together."""
    person = person_of(request)
    books = books_of(person)
    batch: CheckBatch = get_object_or_404(check_queries.batches(books), pk=batch_id)
    found = list(check_queries.checks_of(books, batch))
    may_print = may(person, Capability.REQUEST_MONEY)
    live = [check for check in found if check.state == Check.State.ISSUED]
    context = {"batch": batch, "checks": found, "live_count": len(live), "may_print": may_print}
    return render(request, "disbursements/check_batch.html", context)


@requires(Capability.REQUEST_MONEY)
@require_safe
def check_paper_view(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Give the checks of a batch that are in force as a PDF for the printer."""
    person = person_of(request)
    batch: CheckBatch = get_object_or_404(check_queries.batches(books_of(person)), pk=batch_id)
    try:
        made = check_paper.check_pdf(person, batch)
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        return redirect("check_batch", batch.pk)
    return as_pdf(made, f"checks-batch-{batch.pk}")


def may_clear(request: HttpRequest) -> bool:
    """Say whether the person records what the bank shows."""
    return may(person_of(request), Capability.RECORD_MONEY)


def check_of(request: HttpRequest, check_id: int) -> Check:
    """Return a check that the person sees; any other does not exist."""
    found = check_queries.with_names(check_queries.visible_checks(books_of(person_of(request))))
    check: Check = get_object_or_404(found, pk=check_id)
    return check


@requires(Capability.SEE_BOOKS)
@require_safe
def check(request: HttpRequest, check_id: int) -> HttpResponse:
    """Show one check."""
    it = check_of(request, check_id)
    may_print = may(person_of(request), Capability.REQUEST_MONEY)
    undone_by, seen = check_queries.reversal_of(it), check_queries.clearance_of(it)
    context = {
        "it": it, "seen": seen, "may_change": may_print and not seen and it.state == Check.State.ISSUED,
        "may_undo": may_print and not seen and it.entry is not None and undone_by is None, "undone_by": undone_by,
        "may_clear": not seen and undone_by is None and it.state == Check.State.ISSUED and may_clear(request),
    }  # fmt: skip
    return render(request, "disbursements/check.html", context)


@requires(*SEES_ALL)
@require_safe
def check_numbers(request: HttpRequest) -> HttpResponse:
    """Show where the numbers of an account stand: gaps, duplicates, spoiled ones."""
    person = person_of(request)
    form = ChecksForm(books_of(person), request.GET)
    account = form.account_chosen
    if account is None:
        return unread(request, form) or redirect("trust_accounts")
    ended = check_queries.spoiled(books_of(person), account)
    context = {
        "form": form, "account": account, "tabs": tabs_of(person, account, "check_numbers"),
        "numbers": check_queries.numbers_in_use(account), "gaps": check_queries.gaps(account),
        "duplicates": check_queries.duplicates(account), "page": page_of(request, ended),
        "may_print": may(person, Capability.REQUEST_MONEY),
    }  # fmt: skip
    return render(request, "disbursements/check_numbers.html", context)
