"""Journal entries and their notes."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import LARGEST_ID, PAGED, AmountField, Listing, books, person_of, shape_of
from ledgers.models import EntryNote, JournalEntry, JournalLine
from ledgers.notes import append_note
from ledgers.queries.entries import EntryFilter, EntryRow, entry_in_full, entry_list

ENTRIES = Listing(shape_of(EntryRow))


class EntriesAsked(serializers.Serializer[Any]):
    """Which entries."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="account_id")
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    text = serializers.CharField(
        required=False, max_length=200, help_text="In payer or payee, purpose, reference, matter"
    )
    method = serializers.ChoiceField(required=False, choices=JournalEntry.Method.choices)
    reference = serializers.CharField(required=False, max_length=100)
    deposit_slip = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="bank_item_id")


def listed_entries(request: Request, kinds: Sequence[str] = ()) -> Response:
    """Answer a page of entries, newest first."""
    asked = query_of(request, EntriesAsked, *PAGE)
    return ENTRIES.answer(request, entry_list(books(request), EntryFilter(kinds=kinds, **asked)))


class EntryLineShape(serializers.Serializer[JournalLine]):
    """An entry's effect on one ledger."""

    ledger = serializers.IntegerField(source="ledger_id")
    seq = serializers.IntegerField()
    amount = AmountField()
    hash = serializers.SerializerMethodField()

    def get_hash(self, line: JournalLine) -> str:
        """Return the link of the ledger's chain."""
        return bytes(line.hash).hex()


class NoteShape(serializers.Serializer[EntryNote]):
    """A remark appended to an entry."""

    id = serializers.IntegerField(read_only=True)
    author = serializers.IntegerField(source="author_id", read_only=True)
    written_at = serializers.DateTimeField(read_only=True)
    text = serializers.CharField(max_length=1000)


class EntryShape(serializers.Serializer[JournalEntry]):
    """An entry with everything that is known about it."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    trust_account = serializers.IntegerField(source="trust_account_id")
    book_date = serializers.DateField()
    bank_amount = AmountField()
    method = serializers.CharField()
    party = serializers.CharField(source="text.party")
    purpose = serializers.CharField(source="text.purpose")
    reference = serializers.CharField(source="text.reference")
    memo = serializers.CharField(source="text.memo")
    advice = serializers.CharField(source="text.advice")
    reason = serializers.CharField(source="text.reason")
    posted_by = serializers.IntegerField(source="actor_id")
    second_person = serializers.IntegerField(source="second_person_id", allow_null=True)
    posted_at = serializers.DateTimeField()
    source_address = serializers.CharField(allow_null=True)
    request_id = serializers.CharField()
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True)
    reversed_by = serializers.SerializerMethodField()
    cleared_on = serializers.SerializerMethodField(help_text="When the bank showed it; null while it is outstanding")
    relates_to = serializers.IntegerField(source="relates_to_id", allow_null=True)
    authority = serializers.IntegerField(source="authority_id", allow_null=True)
    deposit_slip = serializers.IntegerField(source="bank_item_id", allow_null=True)
    lines = EntryLineShape(many=True)
    notes = NoteShape(many=True)
    hash = serializers.SerializerMethodField()

    def get_reversed_by(self, entry: JournalEntry) -> int | None:
        """Return the entry that reverses this one."""
        return getattr(getattr(entry, "reversed_by", None), "pk", None)

    def get_cleared_on(self, entry: JournalEntry) -> date | None:
        """Return the day on which the bank shows it."""
        seen = [it.bank_date for it in entry.clearances.all() if it.undone_at is None]
        return seen[0] if seen else None

    def get_hash(self, entry: JournalEntry) -> str:
        """Return the entry's hash."""
        return bytes(entry.hash).hex()


def entry_of(request: Request, entry_id: int) -> JournalEntry:
    """Return a visible entry, or answer 404."""
    found = entry_in_full(books(request), entry_id)
    if found is None:
        raise Http404
    return found


class JournalEntriesApi(APIView):
    """Journal entries."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="journal_entries_list", parameters=[*PAGED, EntriesAsked], responses=ENTRIES.page_shape)
    def get(self, request: Request) -> Response:
        """List entries, newest first."""
        return listed_entries(request)


class JournalEntryApi(APIView):
    """One journal entry."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="journal_entries_retrieve", responses=EntryShape)
    def get(self, request: Request, entry_id: int) -> Response:
        """Show everything that is known about an entry."""
        return Response(EntryShape(entry_of(request, entry_id)).data)


class EntryNotesApi(APIView):
    """The notes on an entry."""

    permission_classes = (permission(Capability.RECORD_MONEY, Capability.APPROVE_MONEY, Capability.WORK_EXCEPTIONS),)

    @extend_schema(operation_id="journal_entries_notes_create", request=NoteShape, responses={201: NoteShape})
    def post(self, request: Request, entry_id: int) -> Response:
        """Append a note; it stays for ever."""
        entry = entry_of(request, entry_id)
        asked = NoteShape(data=request.data)
        asked.is_valid(raise_exception=True)
        note = append_note(person_of(request), entry, asked.validated_data["text"])
        return Response(NoteShape(note).data, status=201)
