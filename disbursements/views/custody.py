"""The chain of custody of a request as a document: the rows of its page, with who did what and when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from disbursements import queries
from disbursements.attachments import attachments_of
from disbursements.models import DisbursementRequest
from disbursements.views.showing import covered, events
from firms.access import Capability, person_of, requires
from firms.clock import now
from firms.policies import the_firm
from ledgers import pdf
from ledgers.views.files import as_pdf, record_export


def custody_pdf(it: DisbursementRequest) -> bytes:
    """Return the chain of custody of a request (with its names fetched along) on paper, as it is now."""
    facts = {"it": it, "covered": covered(it), "events": events(it), "files": attachments_of(it)}
    return pdf.render("pdf/custody.html", {**facts, "firm_name": the_firm().name, "generated_at": now()})


def given_out(request: HttpRequest, it: DisbursementRequest) -> HttpResponse:
    """Answer the document; taking it out of the house is in the audit trail."""
    record_export(request, "custody", "pdf", it)
    return as_pdf(custody_pdf(it), f"request-{it.pk}-custody")


@requires(Capability.SEE_BOOKS)
@require_safe
def disbursement_custody(request: HttpRequest, request_id: int) -> HttpResponse:
    """Give the chain of custody of a request as a PDF."""
    visible = queries.with_names(queries.visible_to(person_of(request)))
    return given_out(request, get_object_or_404(visible, pk=request_id))
