"""A settlement statement signed by the client: recorded with the signed paper, and the paper given out again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.queries.settlements import settlement_of
from billing.settlement_models import SettlementStatement
from disbursements.settlement_forms import SignatureForm
from disbursements.settlement_queries import signature_of
from disbursements.settlement_signing import upload_signature
from disbursements.views.files import given_out
from firms.access import Capability, person_of, requires
from ledgers.views.answers import key_of
from ledgers.views.saving import WRITING, form_page, saved


def visible(request: HttpRequest, settlement_id: int) -> SettlementStatement:
    """Return a statement the person may see; any other does not exist."""
    return get_object_or_404(settlement_of(person_of(request), settlement_id))


@requires(Capability.REQUEST_MONEY)
@require_http_methods(WRITING)
def settlement_sign(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """Record the client's signature, with the signed paper."""
    it, url = visible(request, settlement_id), reverse("settlement", args=[settlement_id])
    facts = {
        "title": f"The client signed {it.in_words}", "submit": "Record signature", "cancel_url": url, "multipart": True,
        "pretitle": "Settlements",
        "lead": "Once the signature is recorded, an attorney is asked to authorize the payments.",
    }  # fmt: skip
    if request.method != "POST":
        return form_page(request, SignatureForm(), facts)

    def record(form: Any) -> tuple[str, str]:
        said = form.cleaned_data
        paper = said["paper"]
        upload_signature(person_of(request), key_of(request), it, said, paper.name, paper.file)
        return "Signature recorded. The attorney is asked to authorize the payments.", url

    return saved(request, SignatureForm(request.POST, request.FILES), facts, record)


@requires(Capability.SEE_BOOKS)
@require_safe
def settlement_paper(request: HttpRequest, settlement_id: int) -> HttpResponseBase:
    """Give out the signed paper."""
    it = visible(request, settlement_id)
    return given_out(it, get_object_or_404(signature_of(it)).attachment)
