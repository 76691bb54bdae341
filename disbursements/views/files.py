"""Giving out the files of a request, to whoever sees the request; each download is in the audit trail."""

from django.db import transaction
from django.db.models import Model
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from disbursements import queries
from disbursements.attachments import bytes_of
from disbursements.models import Attachment
from firms import audit
from firms.models import Person


def download(person: Person, request_id: int, attachment_id: int) -> HttpResponseBase:
    """Answer a file as a download that no browser shows, runs or keeps; streamed, with its length.

    Raises:
        Http404: the request is not there for this person, or does not name the file.
    """
    asked = get_object_or_404(queries.visible_to(person).only("pk", "attachments"), pk=request_id)
    file = get_object_or_404(Attachment, pk__in=asked.attachments, pk=attachment_id)
    return given_out(asked, file)


def given_out(of: Model, file: Attachment) -> HttpResponseBase:
    """Answer a file that belongs to something as such a download; the audit trail tells of it."""
    with transaction.atomic():
        audit.record("attachment.downloaded", of, after={"attachment": file.pk, "sha256": file.sha256})
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=file.name) or "attachment",
        "Content-Length": str(file.size), "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
    }  # fmt: skip
    return StreamingHttpResponse(bytes_of(file), content_type=file.content_type, headers=headers)
