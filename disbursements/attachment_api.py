"""Files of requests: uploaded before the request that names them, given out to whoever sees it."""

from typing import Any, cast

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements.attachments import NAMES, attachments_of, store_attachment
from disbursements.models import Attachment
from disbursements.queries import visible_to
from disbursements.views.files import download
from firms.access import Capability, permission
from ledgers.api.shapes import person_of


class AttachmentShape(serializers.Serializer[Attachment]):
    """A file; its bytes have this SHA-256, which the approval covers."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    uploaded_by = serializers.IntegerField(source="uploaded_by_id")
    uploaded_at = serializers.DateTimeField()


class AttachmentAsked(serializers.Serializer[Any]):
    """A file, as multipart."""

    file = serializers.FileField()


class AttachmentsApi(APIView):
    """Files for a request to come."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="attachments_upload", request=AttachmentAsked, responses={201: AttachmentShape})
    def post(self, request: Request) -> Response:
        """Upload a PDF, PNG, JPEG, DOCX or XLSX of at most 10 MB; name its id when asking for money."""
        asked = AttachmentAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        kept = store_attachment(person_of(request), file.name, file.file)
        return Response(AttachmentShape(kept).data, status=201)


class RequestAttachmentsApi(APIView):
    """The files of a request."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="disbursement_requests_attachments", responses=AttachmentShape(many=True))
    def get(self, request: Request, request_id: int) -> Response:
        """List them."""
        asked = get_object_or_404(visible_to(person_of(request)), pk=request_id)
        return Response(AttachmentShape(cast("Any", attachments_of(asked)), many=True).data)


class RequestAttachmentApi(APIView):
    """One file of a request."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(
        operation_id="disbursement_requests_attachment",
        responses={(200, kind): OpenApiTypes.BINARY for kind in NAMES},
    )
    def get(self, request: Request, request_id: int, attachment_id: int) -> HttpResponseBase:
        """Download it; the download is in the audit trail."""
        return download(person_of(request), request_id, attachment_id)
