"""The months of each trust account: how far they are locked, preparing one, re-opening one."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from firms.access import may, person_of, requires
from firms.clock import today
from firms.models import Person, Proposal, Role
from firms.pages import refused_by, shown
from firms.proposals import visible_to
from ledgers.access import books_of
from ledgers.models import Month, TrustAccount
from reconciliation import months, queries
from reconciliation.forms import ReopeningForm

READERS = (Role.COORDINATOR, Role.SUPERVISOR, Role.PARTNER, Role.AUDITOR)
EITHER = ["GET", "HEAD", "POST"]


@requires(*READERS)
@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    """Show each trust account with the months that wait to be locked."""
    return render(
        request, "reconciliation/accounts.html", {"accounts": queries.months_behind(books_of(person_of(request)))}
    )


def account_of(request: HttpRequest, account_id: int) -> TrustAccount:
    """Return an account the person may see."""
    return get_object_or_404(books_of(person_of(request)).accounts, pk=account_id)


@requires(*READERS)
@require_safe
def reconciliation_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the months of an account, newest first."""
    account = account_of(request, account_id)
    return render(request, "reconciliation/months.html", {"account": account, "months": queries.months(account)})


def month_of(account: TrustAccount, text: str) -> Month:
    """Return the month "2026-03" of an account; any other does not exist."""
    try:
        first_day = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None
    found = months.month_of(account, first_day)
    if found is None:
        raise Http404
    return found


def waiting_proposal(person: Person, account: TrustAccount, first_day: date) -> Proposal | None:
    """Return the proposal about this month that waits, if the person may see it."""
    waiting = visible_to(person).filter(state=Proposal.State.PROPOSED, kind__in=[months.LOCK, months.REOPEN])
    return waiting.filter(content__account=account.pk, content__month=first_day.isoformat()).first()


@requires(*READERS)
@require_http_methods(EITHER)
def reconciliation_month(request: HttpRequest, account_id: int, month: str) -> HttpResponse:
    """Show what a month held at its end; preparing it is a POST."""
    person, account = person_of(request), account_of(request, account_id)
    the_month = month_of(account, month)
    refusal = None
    if request.method == "POST":
        refusal = refused_by(lambda: months.prepare(person, account, the_month.first_day))
        if refusal is None:
            messages.info(request, "Prepared. A trust supervisor locks it with a code.")
            return redirect("reconciliation_month", account_id, month)
    context: dict[str, Any] = {
        "account": account,
        "month": the_month,
        "held": months.balances_at_end(account, the_month.first_day),
        "is_over": the_month.first_day < today().replace(day=1),
        "may_prepare": may(person, *months.MAY_PREPARE),
        "proposal": waiting_proposal(person, account, the_month.first_day),
    }
    return shown(request, "reconciliation/month.html", context, refusal)


@requires(*months.MAY_PREPARE)
@require_http_methods(EITHER)
def reconciliation_reopen(request: HttpRequest, account_id: int, month: str) -> HttpResponse:
    """Propose to open a locked month again."""
    person, account = person_of(request), account_of(request, account_id)
    the_month = month_of(account, month)
    form, refusal = ReopeningForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        refusal = refused_by(lambda: months.propose_reopening(person, account, the_month.first_day, reason))
        if refusal is None:
            messages.info(request, "Proposed. The month opens when a trust supervisor confirms it.")
            return redirect("reconciliation_month", account_id, month)
    return shown(request, "reconciliation/reopen.html", {"account": account, "month": the_month, "form": form}, refusal)
