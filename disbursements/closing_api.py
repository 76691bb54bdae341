"""Closing a matter by program: what stands against it, and its final statement; the same functions as the pages."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements.closing_check import Point, closing_check
from disbursements.final_statement import kept_or_preview, send_statement, statement_name
from firms.access import Capability, permission
from ledgers.api.closing import matter_of
from ledgers.api.shapes import KEYED, AmountField, books, key_of, person_of, shape_of
from ledgers.views.files import as_pdf, record_export


class ClosingShape(serializers.Serializer[Any]):
    """What stands against closing a matter; `outstanding` are entries that the bank has not shown."""

    held = AmountField()
    kept = AmountField()
    to_bill = AmountField()
    to_settle = AmountField()
    to_return = AmountField()
    is_over = serializers.BooleanField()
    points = shape_of(Point)(many=True)
    outstanding = serializers.SerializerMethodField()

    def get_outstanding(self, check: Any) -> list[int]:
        """Return the entries."""
        return [entry.pk for entry in check.outstanding]


class FinalStatementShape(serializers.Serializer[Any]):
    """A final statement as it was sent."""

    id = serializers.IntegerField()
    matter = serializers.IntegerField(source="matter_id")
    sha256 = serializers.CharField()
    line_count = serializers.IntegerField()
    address = serializers.CharField()
    made_by = serializers.IntegerField(source="made_by_id", allow_null=True)
    made_at = serializers.DateTimeField()


class MatterClosingApi(APIView):
    """What stands against closing."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="matters_closing", responses=ClosingShape)
    def get(self, request: Request, matter_id: int) -> Response:
        """Show what stands against closing a matter, each with the page of its next action."""
        return Response(ClosingShape(closing_check(books(request), matter_of(request, matter_id))).data)


class FinalStatementApi(APIView):
    """The final statement."""

    permission_classes = (permission(Capability.SEE_BOOKS, write=[Capability.SEND_REQUESTS]),)

    @extend_schema(operation_id="matters_final_statement", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, matter_id: int) -> HttpResponse:
        """Download the final statement as it was sent last; before that a preview."""
        found = matter_of(request, matter_id)
        made, name = kept_or_preview(found), statement_name(found)
        record_export(request, name, "pdf", found)
        return as_pdf(made, name)

    @extend_schema(
        operation_id="matters_final_statement_send", parameters=KEYED, request=None,
        responses={201: FinalStatementShape},
    )  # fmt: skip
    def post(self, request: Request, matter_id: int) -> Response:
        """Make the final statement, keep it and send it to the client."""
        key, matter = key_of(request), matter_of(request, matter_id)
        return Response(FinalStatementShape(send_statement(person_of(request), key, matter)).data, status=201)
