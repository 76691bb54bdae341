"""Cleared and outstanding: what the bank has shown, by the same functions as the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers import clearing
from ledgers.api.corrections import said_in
from ledgers.api.entries import EntryShape, entry_of
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, Listing, books, key_of, person_of
from ledgers.queries.clearances import clearances


class ClearanceShape(serializers.Serializer[Any]):
    """That an entry was seen at the bank."""

    id = serializers.IntegerField()
    entry = serializers.IntegerField(source="entry_id")
    bank_date = serializers.DateField()
    seen_by = serializers.CharField(source="source", help_text="hand, or match with a statement")
    reference = serializers.CharField()
    recorded_by = serializers.IntegerField(source="recorded_by_id")
    recorded_at = serializers.DateTimeField()
    undone_by = serializers.IntegerField(source="undone_by_id", allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    undo_reason = serializers.CharField()


class ClearancesAsked(serializers.Serializer[Any]):
    """Which clearances."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    entry = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    in_force = serializers.BooleanField(required=False, default=False, help_text="Without those that were taken back")


class ClearAsked(serializers.Serializer[Any]):
    """Entries that the bank shows."""

    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=500
    )
    bank_date = serializers.DateField()
    reference = serializers.CharField(max_length=100, help_text="The line of the online bank, or the statement")


class NotClearedAsked(serializers.Serializer[Any]):
    """Why what was said of the bank is taken back."""

    reason = serializers.CharField(max_length=300)


CLEARANCES = Listing(ClearanceShape)


class ClearancesApi(APIView):
    """What the bank has shown."""

    permission_classes = (permission(Capability.SEE_BOOKS, write=[Capability.RECORD_MONEY]),)

    @extend_schema(
        operation_id="clearances_list", parameters=[*PAGED, ClearancesAsked], responses=CLEARANCES.page_shape
    )
    def get(self, request: Request) -> Response:
        """List the clearances of visible entries, newest first."""
        return CLEARANCES.answer(request, clearances(books(request), query_of(request, ClearancesAsked, *PAGE)))

    @extend_schema(
        operation_id="clearances_create", parameters=KEYED, request=ClearAsked,
        responses={201: ClearanceShape(many=True)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Record that the bank shows entries; what is one line at the bank with them clears too."""
        key, said = key_of(request), said_in(ClearAsked, request)
        done = clearing.clear_entries(person_of(request), key, said["entries"], said["bank_date"], said["reference"])
        return Response(ClearanceShape(done, many=True).data, status=201)


class NotClearedApi(APIView):
    """Taking a clearance back."""

    permission_classes = (permission(Capability.RECORD_MONEY),)

    @extend_schema(
        operation_id="journal_entries_not_cleared", parameters=KEYED, request=NotClearedAsked, responses=EntryShape
    )
    def post(self, request: Request, entry_id: int) -> Response:
        """Take back that the bank shows an entry: it is outstanding again, with its whole slip or batch."""
        key, said, entry = key_of(request), said_in(NotClearedAsked, request), entry_of(request, entry_id)
        clearing.undo_clearance(person_of(request), key, entry, said["reason"])
        return Response(EntryShape(entry_of(request, entry_id)).data)
