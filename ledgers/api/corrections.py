"""Holds, reversals and bank events: posted at once where one person may, else proposed for a second one."""

from datetime import date
from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.clock import today
from firms.models import Proposal
from ledgers import bank_events, proposals
from ledgers.api.books import HoldsApi as HoldsListApi
from ledgers.api.books import HoldShape
from ledgers.api.receipts import PostedShape
from ledgers.api.shapes import KEYED, LARGEST_ID, AmountField, books, key_of, person_of
from ledgers.holding import hold_money
from ledgers.models import Hold, JournalEntry, Ledger
from ledgers.money import Money
from ledgers.posting import Posted

RECORDS = permission(Capability.RECORD_MONEY)
Method = JournalEntry.Method
PUT_IN_BY = [Method.WIRE.value, Method.ACH.value, Method.CHECK.value]
HELD_BY_HAND = [Hold.Kind.MANUAL.value, Hold.Kind.DISPUTED.value]


class ProposalShape(serializers.Serializer[Proposal]):
    """What waits for a second person."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    summary = serializers.CharField()
    state = serializers.CharField()
    content_hash = serializers.CharField()


class HoldAsked(serializers.Serializer[Any]):
    """Money to hold."""

    ledger = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    kind = serializers.ChoiceField(choices=HELD_BY_HAND)
    amount = AmountField()
    reason = serializers.CharField(max_length=300, help_text="Of disputed money: what is disputed")
    disputed_by = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    until = serializers.DateField(required=False, allow_null=True, default=None)

    def validate_until(self, until: date | None) -> date | None:
        """Hold that a hold lasts at least until tomorrow."""
        if until is not None and until <= today():
            raise serializers.ValidationError("This day is over or has begun. Choose a later one, or leave it out.")
        return until


class ReleaseAsked(serializers.Serializer[Any]):
    """The evidence for a release."""

    evidence = serializers.CharField(max_length=500)


class ReversalAsked(serializers.Serializer[Any]):
    """Why an entry never was true, and when it is undone."""

    book_date = serializers.DateField()
    reason = serializers.CharField(max_length=500)
    propose = serializers.BooleanField(default=False, help_text="Ask a second person, where it leaves a deficit")


class PartAsked(serializers.Serializer[Any]):
    """What came back of one ledger's part."""

    ledger = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    amount = AmountField()


class ReturnAsked(serializers.Serializer[Any]):
    """A receipt that came back, whole or in part."""

    book_date = serializers.DateField()
    advice = serializers.CharField(max_length=300)
    shares = PartAsked(many=True, allow_empty=False)


class PutBackAsked(serializers.Serializer[Any]):
    """A fee, or a part of it, that goes back to the client's ledger."""

    book_date = serializers.DateField()
    amount = AmountField()
    operating_account = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    method = serializers.ChoiceField(choices=PUT_IN_BY)
    reference = serializers.CharField(max_length=100)
    reason = serializers.CharField(max_length=500)


class BankEventAsked(serializers.Serializer[Any]):
    """A line of the bank: in firm funds, interest due, or a client's ledger."""

    kind = serializers.ChoiceField(choices=["bank_charge", "interest", "interest_sweep", "bank_event"])
    ledger = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    book_date = serializers.DateField()
    amount = AmountField(help_text="Positive; of a bank_event as it moved at the bank")
    advice = serializers.CharField(max_length=300)
    propose = serializers.BooleanField(default=False, help_text="Ask a second person, for a charge above the cushion")


def said_in(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what was sent, in its shape; anything else is answered with 400."""
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", asked.validated_data)


def found_or_404(found: Any) -> Any:
    """Return what was found, or answer 404."""
    if found is None:
        raise Http404
    return found


def answered(made: Posted | Proposal) -> Response:
    """Answer what was posted (201) or what waits for a second person (202)."""
    if isinstance(made, Proposal):
        return Response(ProposalShape(made).data, status=202)
    return Response({"id": made.id, "entries": made.ids, "repeated": made.repeated}, status=201)


BOTH = {201: PostedShape, 202: ProposalShape}


class HoldsApi(HoldsListApi):
    """Holds."""

    permission_classes = (permission(Capability.SEE_BOOKS, write=[Capability.RECORD_MONEY]),)

    @extend_schema(operation_id="holds_create", parameters=KEYED, request=HoldAsked, responses={201: HoldShape})
    def post(self, request: Request) -> Response:
        """Hold money of a ledger, by hand or because it is disputed."""
        key, said = key_of(request), said_in(HoldAsked, request)
        ledger = found_or_404(books(request).ledgers.filter(pk=said.pop("ledger")).first())
        return Response(HoldShape(hold_money(person_of(request), key, ledger, **said)).data, status=201)


class HoldReleaseApi(APIView):
    """Releasing a hold before its time."""

    permission_classes = (permission(Capability.RECORD_MONEY, Capability.RELEASE_HOLDS),)

    @extend_schema(operation_id="holds_release", request=ReleaseAsked, responses={202: ProposalShape})
    def post(self, request: Request, hold_id: int) -> Response:
        """Propose the release; a trust supervisor confirms the evidence in a session of their own."""
        said = said_in(ReleaseAsked, request)
        hold = found_or_404(books(request).holds.filter(pk=hold_id).first())
        return answered(proposals.propose_release(person_of(request), hold=hold, **said))


def entry_of(request: Request, entry_id: int, **kinds: Any) -> JournalEntry:
    """Return a visible entry, or answer 404."""
    found = books(request).entries.select_related("text", "linked_to").filter(pk=entry_id, **kinds).first()
    entry: JournalEntry = found_or_404(found)
    return entry


class ReverseApi(APIView):
    """Reversing an entry."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="journal_entries_reverse", parameters=KEYED, request=ReversalAsked, responses=BOTH)
    def post(self, request: Request, entry_id: int) -> Response:
        """Post the entry's exact opposite; one that leaves a deficit is refused unless proposed."""
        key, said, entry = key_of(request), said_in(ReversalAsked, request), entry_of(request, entry_id)
        if said.pop("propose"):
            return answered(proposals.propose_reversal(person_of(request), entry=entry, **said))
        return answered(bank_events.record_reversal(person_of(request), key, entry=entry, **said))


def parts_of(request: Request, shares: list[dict[str, Any]]) -> list[tuple[Ledger, Money]]:
    """Return the parts that came back; a ledger that is not visible does not exist."""
    seen = books(request).ledgers
    return [(found_or_404(seen.filter(pk=share["ledger"]).first()), share["amount"]) for share in shares]


class ReturnReceiptApi(APIView):
    """A receipt that came back."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="journal_entries_return", request=ReturnAsked, responses={202: ProposalShape})
    def post(self, request: Request, entry_id: int) -> Response:
        """Propose that a receipt came back; recorded in full when a second person confirms it."""
        said = said_in(ReturnAsked, request)
        receipt = entry_of(request, entry_id, kind=JournalEntry.Kind.RECEIPT)
        shares = parts_of(request, said.pop("shares"))
        return answered(proposals.propose_returned_receipt(person_of(request), receipt=receipt, shares=shares, **said))


class PutBackApi(APIView):
    """An earned fee that is put back."""

    permission_classes = (RECORDS,)

    @extend_schema(
        operation_id="journal_entries_put_back", parameters=KEYED, request=PutBackAsked, responses={201: PostedShape}
    )
    def post(self, request: Request, entry_id: int) -> Response:
        """Put an earned fee, or a part of it, back into the client's ledger out of an operating account."""
        key, said = key_of(request), said_in(PutBackAsked, request)
        fee = entry_of(request, entry_id, kind=JournalEntry.Kind.EARNED_FEE)
        own = found_or_404(books(request).operating_accounts.filter(pk=said.pop("operating_account")).first())
        return answered(
            bank_events.record_fee_put_back(person_of(request), key, fee=fee, operating_account_id=own.pk, **said)
        )


class BankEventsApi(APIView):
    """Lines of the bank."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="bank_events_create", parameters=KEYED, request=BankEventAsked, responses=BOTH)
    def post(self, request: Request) -> Response:
        """Record a charge, interest or its sweep; another bank event is proposed to a second person."""
        key, person, said = key_of(request), person_of(request), said_in(BankEventAsked, request)
        kind, propose = said.pop("kind"), said.pop("propose")
        said["ledger"] = found_or_404(
            books(request).ledgers.select_related("trust_account").filter(pk=said["ledger"]).first()
        )
        if kind == "bank_event":
            return answered(proposals.propose_bank_event(person, signed_amount=said.pop("amount"), **said))
        if kind == "bank_charge" and propose:
            return answered(proposals.propose_bank_charge(person, **said))
        return answered(RECORD[kind](person, key, **said))


RECORD = {
    "bank_charge": bank_events.record_bank_charge,
    "interest": bank_events.record_interest,
    "interest_sweep": bank_events.record_sweep,
}
