"""One payment over several invoices: what each would get, and the transfer of exactly that."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from disbursements import distribution as distributing
from disbursements.distribution import Asked, Share
from disbursements.distribution_forms import DistributionForm
from firms.access import Capability, person_of, requires
from firms.pages import refused_by
from firms.refusals import Refusal
from ledgers.access import books_of
from ledgers.holds import available_balance
from ledgers.models import Ledger
from ledgers.money import ZERO, as_text
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def fee_distribution(request: HttpRequest, ledger_id: int) -> HttpResponse:
    """Distribute trust money over the ledger's authorized, unpaid invoices."""
    person = person_of(request)
    found = books_of(person).ledgers.filter(matter__isnull=False).select_related("matter__client", "trust_account")
    ledger = get_object_or_404(found, pk=ledger_id)
    said = request.POST if request.method == "POST" else request.GET
    form = DistributionForm(distributing.ready_fees(ledger), said) if "way" in said else None
    if form is None or not form.is_valid():
        return _shown(request, ledger, form, distributing.usual(ledger))
    asked = form.asked()
    if request.method != "POST":
        return _shown(request, ledger, form, asked)
    made: list[int] = []
    shown = request.POST.get("shown_hash", "")
    refusal = refused_by(lambda: made.extend(distributing.distribute(person, key_of(request), ledger, asked, shown)))
    if refusal:
        return _shown(request, ledger, form, asked, refusal)
    several = f"{len(made)} transfers" if len(made) != 1 else "one transfer"
    messages.success(request, f"{as_text(asked.amount)} paid from trust in {several}.")
    return redirect("ledger_card", ledger.pk)


def _shown(
    request: HttpRequest, ledger: Ledger, form: DistributionForm | None, asked: Asked, refusal: Refusal | None = None
) -> HttpResponse:
    """Show what each invoice would get, or why that cannot be."""
    shares: list[Share] = []
    unread = form is not None and bool(form.errors)
    nothing = form is None and asked.amount == ZERO
    wrong = None if nothing or unread else refused_by(lambda: shares.extend(distributing.distribution(ledger, asked)))
    ready = distributing.ready_fees(ledger)
    typed: dict[str, Any] = {"amount": f"{asked.amount.amount:.2f}", "way": asked.way}
    context = {
        "ledger": ledger, "ready": ready, "shares": shares, "asked": asked, "available": available_balance(ledger),
        "form": form or DistributionForm(ready, initial=typed), "refusal": refusal or wrong,
        "shown_hash": distributing.hash_of(ledger, shares), "due": sum((one.due for one in ready), ZERO),
        "left": sum((one.left for one in shares), ZERO),
        "again": [(name, form.data.get(name, "")) for name in form.fields] if form else list(typed.items()),
    }  # fmt: skip
    status = 409 if refusal or (wrong and request.method == "POST") else 422 if unread else 200
    return render(request, "disbursements/fee_distribution.html", context, status=status)
