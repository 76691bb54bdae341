"""Receipts and deposit slips."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.access import Books
from ledgers.accounts import close_deposit_slip, open_deposit_slip, special_ledger
from ledgers.api.entries import ENTRIES, EntriesAsked, listed_entries
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, AmountField, Listing, books, key_of, person_of, shape_of
from ledgers.commands import once
from ledgers.forms.receipts import METHODS
from ledgers.models import BankItem, JournalEntry, Ledger, TrustAccount
from ledgers.posting import Share
from ledgers.queries.deposit_slips import SlipRow, deposit_slips, slips_of
from ledgers.receipts import AUTOMATIC, NO_SLIP, Receipt, record_receipt

READ_OR_RECORD = permission(Capability.SEE_BOOKS, write=[Capability.RECORD_MONEY])
SLIPS = Listing(shape_of(SlipRow))


class ShareAsked(serializers.Serializer[Any]):
    """A part of a receipt: a matter and its amount; without a matter it is kept in unidentified receipts."""

    matter = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, allow_null=True, required=False)
    amount = AmountField()


class ReceiptAsked(serializers.Serializer[Any]):
    """Money received."""

    trust_account = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    book_date = serializers.DateField()
    method = serializers.ChoiceField(choices=METHODS)
    payer = serializers.CharField(max_length=200)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    memo = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    shares = ShareAsked(many=True, allow_empty=False)
    deposit_slip = serializers.RegexField(
        rf"^({AUTOMATIC}|{NO_SLIP}|\d{{1,18}})$", default=AUTOMATIC, help_text="auto, none, or a slip’s number"
    )
    is_no_repeat = serializers.BooleanField(default=False, help_text="True once a person has said it is other money")


class PostedShape(serializers.Serializer[Any]):
    """What was posted."""

    id = serializers.IntegerField()
    entries = serializers.ListField(child=serializers.IntegerField())
    repeated = serializers.BooleanField(help_text="The key was used before; this is the first result")


def visible(found: Any) -> Any:
    """Return what was found, or answer 404."""
    if found is None:
        raise Http404
    return found


def share_of(seen: Books, account: TrustAccount, asked: dict[str, Any]) -> Share:
    """Return a part as the books understand it; a matter that is not visible does not exist."""
    if asked.get("matter") is None:
        return Share(special_ledger(account, Ledger.Kind.UNIDENTIFIED), asked["amount"])
    return Share(visible(seen.matters.filter(pk=asked["matter"]).first()), asked["amount"])


class ReceiptsApi(APIView):
    """Receipts."""

    permission_classes = (READ_OR_RECORD,)

    @extend_schema(operation_id="receipts_list", parameters=[*PAGED, EntriesAsked], responses=ENTRIES.page_shape)
    def get(self, request: Request) -> Response:
        """List receipts, newest first."""
        return listed_entries(request, kinds=(JournalEntry.Kind.RECEIPT.value,))

    @extend_schema(operation_id="receipts_create", parameters=KEYED, request=ReceiptAsked, responses={201: PostedShape})
    def post(self, request: Request) -> Response:
        """Record money received; one that looks like another is refused until somebody says it is not."""
        key, seen = key_of(request), books(request)
        asked = ReceiptAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        account = visible(seen.accounts.filter(pk=said["trust_account"]).first())
        receipt = Receipt(
            account=account,
            shares=tuple(share_of(seen, account, share) for share in said["shares"]),
            slip=said["deposit_slip"],
            **{name: said[name] for name in ("book_date", "method", "payer", "reference", "memo", "is_no_repeat")},
        )
        posted = record_receipt(person_of(request), key, receipt)
        return Response({"id": posted.id, "entries": posted.ids, "repeated": posted.repeated}, status=201)


class SlipAsked(serializers.Serializer[Any]):
    """A deposit slip to start."""

    trust_account = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    date = serializers.DateField()
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class SlipClosing(serializers.Serializer[Any]):
    """When a slip went to the bank."""

    date = serializers.DateField()


def slip_row(seen: Books, slip_id: int) -> SlipRow:
    """Return one slip as it is listed, or answer 404."""
    found = deposit_slips(seen, slip_id=slip_id)[:1]
    return found[0] if found else visible(None)


class DepositSlipsApi(APIView):
    """Deposit slips."""

    permission_classes = (READ_OR_RECORD,)

    @extend_schema(operation_id="deposit_slips_list", parameters=PAGED, responses=SLIPS.page_shape)
    def get(self, request: Request) -> Response:
        """List deposit slips, open ones first."""
        query_of(request, None, *PAGE)
        return SLIPS.answer(request, deposit_slips(books(request)))

    @extend_schema(
        operation_id="deposit_slips_create", parameters=KEYED, request=SlipAsked, responses={201: SLIPS.shape}
    )
    def post(self, request: Request) -> Response:
        """Start a deposit slip."""
        key, seen, person = key_of(request), books(request), person_of(request)
        asked = SlipAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        account = visible(seen.accounts.filter(pk=said["trust_account"]).first())
        content = {"do": "open_deposit_slip", **said}

        def start() -> dict[str, Any]:
            return {"id": open_deposit_slip(person.pk, account, said["date"], said["reference"]).pk}

        return Response(SLIPS.shape(slip_row(seen, once(person, key, content, start)["id"])).data, status=201)


class DepositSlipApi(APIView):
    """One deposit slip."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="deposit_slips_retrieve", responses=SLIPS.shape)
    def get(self, request: Request, slip_id: int) -> Response:
        """Show a deposit slip."""
        return Response(SLIPS.shape(slip_row(books(request), slip_id)).data)


class DepositSlipCloseApi(APIView):
    """Sending a slip to the bank."""

    permission_classes = (permission(Capability.RECORD_MONEY),)

    @extend_schema(operation_id="deposit_slips_close", request=SlipClosing, responses=SLIPS.shape)
    def post(self, request: Request, slip_id: int) -> Response:
        """Say that the slip went to the bank; it takes no more receipts."""
        slip: BankItem = visible(slips_of(books(request)).filter(pk=slip_id).first())
        asked = SlipClosing(data=request.data)
        asked.is_valid(raise_exception=True)
        close_deposit_slip(slip, asked.validated_data["date"])
        return Response(SLIPS.shape(slip_row(books(request), slip.pk)).data)
