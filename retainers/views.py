"""The balance monitor."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from firms import audit
from firms.access import Capability, may, person_of, requires
from firms.pages import shown
from retainers.monitoring import CHECK, check_balances, last_check_at
from retainers.queries import as_row, low_balances

ROWS = 50


@require_safe
@requires(Capability.SEE_BOOKS)
def low_balances_page(request: HttpRequest) -> HttpResponse:
    """List the matters whose available money is below their minimum, the biggest shortfall first."""
    person = person_of(request)
    found = low_balances(person, request.GET.get("sort", "-short"))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    facts = {
        "page": page,
        "rows": [as_row(episode) for episode in page],
        "last_check_at": last_check_at(),
        "times": [f"{time:%-I %p}" for time in CHECK.local_times],
        "may_check": may(person, Capability.SEND_REQUESTS),
    }
    return shown(request, "retainers/low_balances.html", facts)


@require_POST
@requires(Capability.SEND_REQUESTS)
def check_balances_now(request: HttpRequest) -> HttpResponse:
    """Check all open matters now."""
    with audit.acting(person_of(request)):
        found = check_balances()
    news = f"{found.opened} new, {found.closed} recovered"
    messages.success(request, f"Checked matters with a minimum: {found.checked}. Below it: {found.low} ({news}).")
    return redirect("low_balances")
