"""Transfer batches: the same functions, the same refusals."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements.api import found_or_404, said_in
from disbursements.batches import batch_of, batches, close_batch
from disbursements.fees_left import WAITS, earned_in_trust
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import PAGED, AmountField, Listing, books, person_of
from ledgers.queries.deposit_slips import SlipRow


class BatchShape(serializers.Serializer[SlipRow]):
    """A transfer batch; its amount as it moves at the bank."""

    id = serializers.IntegerField()
    trust_account = serializers.IntegerField(source="account_id")
    state = serializers.CharField()
    reference = serializers.CharField()
    date = serializers.DateField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    fee_count = serializers.IntegerField(source="receipt_count")
    amount = AmountField()


class BatchClosing(serializers.Serializer[Any]):
    """When a batch went to the bank, and by which reference of the bank."""

    reference = serializers.CharField(max_length=100)
    date = serializers.DateField()


BATCHES = Listing(BatchShape)


def answer_of(request: Request, item_id: int) -> Response:
    """Answer one batch as it is listed."""
    found = batches(books(request), item_id)[:1]
    return Response(BatchShape(found_or_404(found[0] if found else None)).data)


class TransferBatchesApi(APIView):
    """Transfer batches."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="transfer_batches_list", parameters=PAGED, responses=BATCHES.page_shape)
    def get(self, request: Request) -> Response:
        """List transfer batches, open ones first."""
        query_of(request, None, *PAGE)
        return BATCHES.answer(request, batches(books(request)))


class TransferBatchApi(APIView):
    """One transfer batch."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="transfer_batches_retrieve", responses=BatchShape)
    def get(self, request: Request, item_id: int) -> Response:
        """Show a transfer batch."""
        return answer_of(request, item_id)


class TransferBatchCloseApi(APIView):
    """Sending a batch to the bank."""

    permission_classes = (permission(Capability.RECORD_MONEY),)

    @extend_schema(operation_id="transfer_batches_close", request=BatchClosing, responses=BatchShape)
    def post(self, request: Request, item_id: int) -> Response:
        """Say that the batch went to the bank; it takes no more fees."""
        batch = found_or_404(batch_of(books(request), item_id))
        said = said_in(BatchClosing, request)
        close_batch(person_of(request), batch, said["reference"], said["date"])
        return answer_of(request, item_id)


class EarnedShape(serializers.Serializer[Any]):
    """An unpaid invoice for which money is held, and what it waits for."""

    invoice = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    date = serializers.DateField()
    matter = serializers.IntegerField(source="matter_id")
    open_amount = AmountField()
    held = AmountField(help_text="Held in trust for the matter")
    earned_amount = AmountField(source="earned", help_text="The part of the open amount that is held")
    waits = serializers.ChoiceField(choices=sorted(WAITS))


EARNED = Listing(EarnedShape)


class EarnedInTrustApi(APIView):
    """Earned but still in trust."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="earned_in_trust_list", parameters=PAGED, responses=EARNED.page_shape)
    def get(self, request: Request) -> Response:
        """List unpaid invoices for which money is held, oldest first."""
        query_of(request, None, *PAGE)
        return EARNED.answer(request, earned_in_trust(books(request)))
