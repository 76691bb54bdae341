"""Settlement statements once they are issued: the client's signature and the signed paper."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.queries.settlements import settlement_of
from billing.settlement_models import SettlementStatement
from disbursements.api import found_or_404, number, said_in
from disbursements.attachments import NAMES, usable
from disbursements.models import SettlementSignature
from disbursements.settlement_queries import signature_of
from disbursements.settlement_signing import record_signature
from disbursements.views.files import given_out
from firms.access import Capability, permission
from ledgers.api.shapes import KEYED, key_of, person_of

SEES, RECORDS = permission(Capability.SEE_BOOKS), permission(Capability.REQUEST_MONEY)


class SignatureShape(serializers.Serializer[SettlementSignature]):
    """The client's signature under a statement; the signed paper is an attachment."""

    settlement = serializers.IntegerField(source="statement_id")
    content_hash = serializers.CharField()
    signed_on = serializers.DateField()
    attachment = serializers.IntegerField(source="attachment_id")
    evidence = serializers.CharField()
    recorded_by = serializers.IntegerField(source="recorded_by_id")
    at = serializers.DateTimeField()


class SignatureAsked(serializers.Serializer[Any]):
    """A signature: the code printed on the paper (or the whole content hash), and the paper uploaded before."""

    code = serializers.CharField(max_length=80)
    signed_on = serializers.DateField()
    attachment = number(help_text="As `attachments` answered when the signed paper was uploaded")
    evidence = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def visible(request: Request, settlement_id: int) -> SettlementStatement:
    """Return a statement the caller may see, or answer 404."""
    found = settlement_of(person_of(request), settlement_id).first()
    if found is None:
        raise Http404
    return found


class SettlementSignApi(APIView):
    """The client's signature."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="settlements_sign", parameters=KEYED, request=SignatureAsked, responses={201: SignatureShape}
    )
    def post(self, request: Request, settlement_id: int) -> Response:
        """Record that the client signed exactly this statement."""
        key, person, said = key_of(request), person_of(request), said_in(SignatureAsked, request)
        it = visible(request, settlement_id)
        paper = found_or_404(usable(person, [said["attachment"]]).first())
        made = record_signature(person, key, it, said["code"], said["signed_on"], paper, said["evidence"])
        return Response(SignatureShape(made).data, status=201)


class SettlementPaperApi(APIView):
    """The signed paper."""

    permission_classes = (SEES,)

    @extend_schema(
        operation_id="settlements_signed_paper",
        responses={(200, kind): OpenApiTypes.BINARY for kind in NAMES},
    )
    def get(self, request: Request, settlement_id: int) -> HttpResponseBase:
        """Download it; the download is in the audit trail."""
        it = visible(request, settlement_id)
        return given_out(it, found_or_404(signature_of(it).first()).attachment)
