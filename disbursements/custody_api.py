"""The chain of custody of a request: every step with person and time, as rows and as a document."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import queries
from disbursements.models import DisbursementRequest
from disbursements.views.custody import given_out
from disbursements.views.showing import events
from firms.access import Capability, permission
from ledgers.api.shapes import person_of


class StepShape(serializers.Serializer[Any]):
    """One step: what happened, who did it (for whom), and when."""

    title = serializers.CharField()
    who = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField()


def asked_for(request: Request, request_id: int) -> DisbursementRequest:
    """Return a request the caller may see; any other does not exist."""
    return get_object_or_404(queries.with_names(queries.visible_to(person_of(request))), pk=request_id)


class CustodyApi(APIView):
    """The steps."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="disbursement_requests_custody", responses=StepShape(many=True))
    def get(self, request: Request, request_id: int) -> Response:
        """List every step so far, oldest first."""
        return Response(StepShape(events(asked_for(request, request_id)), many=True).data)


class CustodyPdfApi(APIView):
    """The steps on paper."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(
        operation_id="disbursement_requests_custody_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, request_id: int) -> HttpResponse:
        """Download them as a PDF; the download is in the audit trail."""
        return given_out(request._request, asked_for(request, request_id))
