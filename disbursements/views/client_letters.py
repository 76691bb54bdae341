"""Asking a client again: a new letter with a new link, which supersedes the earlier one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from billing.views.invoices import visible
from disbursements.client_links import ask_client_again
from firms.access import Capability, person_of, requires
from firms.pages import refused_by, say
from ledgers.views.answers import key_of


@requires(Capability.REQUEST_MONEY)
@require_POST
def invoice_send(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Send the client a new letter with the invoice and a personal link."""
    it, person = visible(request, invoice_id), person_of(request)
    refusal = refused_by(lambda: ask_client_again(person, key_of(request), it))
    say(request, refusal, f"A letter with a new link is on its way to {it.matter.client.email}.")
    return redirect("invoice", it.pk)
