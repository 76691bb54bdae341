"""What the pages of an invoice and of a settlement statement do alike about the fee: transfer now, withdraw."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from disbursements.taking_fees import Fees
from firms.access import person_of
from firms.forms import ReasonForm
from firms.pages import refused_by, say
from ledgers.views.answers import key_of
from ledgers.views.saving import form_page, saved


def transferring(request: HttpRequest, fees: Fees[Any, Any], it: Any) -> HttpResponse:
    """Transfer what is authorized, unpaid and available now; pressed twice, once."""
    key = key_of(request)
    say(request, refused_by(lambda: fees.transfer(person_of(request), key, it)), "Transferred.")
    return redirect(fees.what, it.pk)


def withdrawing(request: HttpRequest, fees: Fees[Any, Any], it: Any, facts: dict[str, Any], done: str) -> HttpResponse:
    """Withdraw the authorization in force, with a reason; `facts` are the form's, `done` is said afterwards."""
    authorization = get_object_or_404(fees.in_force(it))
    facts |= {"title": f"Withdraw the authorization of {it.in_words}", "submit": "Withdraw"}
    if request.method != "POST":
        return form_page(request, ReasonForm(), facts)

    def end(form: Any) -> tuple[str, str]:
        fees.withdraw(person_of(request), authorization, form.cleaned_data["reason"])
        return done, facts["cancel_url"]

    return saved(request, ReasonForm(request.POST), facts, end)
