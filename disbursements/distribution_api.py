"""One payment over several invoices: the same functions, the same refusals."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import distribution as distributing
from disbursements.api import found_or_404, number, said_in
from disbursements.distribution import Asked, Share, Way
from firms.access import Capability, permission
from firms.query_strings import query_of
from ledgers.api.shapes import KEYED, AmountField, books, key_of, person_of
from ledgers.models import Ledger
from ledgers.money import ZERO


class ShareShape(serializers.Serializer[Share]):
    """What one invoice gets of the payment."""

    invoice = serializers.IntegerField(source="authorization.invoice_id")
    number = serializers.CharField(source="authorization.invoice.number")
    unpaid = AmountField(source="due", help_text="Authorized and not paid")
    share = AmountField()
    remaining = AmountField(source="left")


class DistributionShape(serializers.Serializer[Any]):
    """What each invoice would get; send it back with its hash."""

    amount = AmountField()
    way = serializers.ChoiceField(choices=Way.choices)
    shares = ShareShape(many=True)
    content_hash = serializers.CharField()


class DistributionQuery(serializers.Serializer[Any]):
    """What would be distributed; without an amount all that is available and due."""

    amount = AmountField(required=False)
    way = serializers.ChoiceField(choices=[Way.OLDEST, Way.EQUAL], required=False)


class ChosenAsked(serializers.Serializer[Any]):
    """What one invoice gets."""

    invoice = number()
    amount = AmountField()


class DistributionAsked(serializers.Serializer[Any]):
    """What is distributed, exactly as shown; chosen amounts need no hash, they say it themselves."""

    amount = AmountField()
    way = serializers.ChoiceField(choices=Way.choices)
    shares = ChosenAsked(many=True, required=False)
    content_hash = serializers.RegexField(r"^[0-9a-f]{64}$", required=False)


class DistributedShape(serializers.Serializer[Any]):
    """The entries that were posted, one per invoice."""

    entries = serializers.ListField(child=serializers.IntegerField())


def ledger_of(request: Request, ledger_id: int) -> Ledger:
    """Return a matter's ledger the caller may see, or answer 404."""
    found: Ledger = found_or_404(books(request).ledgers.filter(pk=ledger_id, matter__isnull=False).first())
    return found


class FeeDistributionApi(APIView):
    """Distributing trust money of a ledger over its authorized, unpaid invoices."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)

    @extend_schema(
        operation_id="client_ledgers_fee_distribution", parameters=[DistributionQuery], responses=DistributionShape
    )
    def get(self, request: Request, ledger_id: int) -> Response:
        """Show what each invoice would get, oldest first."""
        ledger, said = ledger_of(request, ledger_id), query_of(request, DistributionQuery)
        amount = said.get("amount", distributing.usual(ledger).amount)
        asked = Asked(amount, said.get("way", Way.OLDEST))
        shares = distributing.distribution(ledger, asked) if amount != ZERO else []
        shown = {"amount": amount, "way": asked.way, "shares": shares}
        return Response(DistributionShape({**shown, "content_hash": distributing.hash_of(ledger, shares)}).data)

    @extend_schema(
        operation_id="client_ledgers_distribute_fees", parameters=KEYED, request=DistributionAsked,
        responses=DistributedShape,
    )  # fmt: skip
    def post(self, request: Request, ledger_id: int) -> Response:
        """Transfer it: one entry per invoice, all together or none."""
        key, said, ledger = key_of(request), said_in(DistributionAsked, request), ledger_of(request, ledger_id)
        chosen = {one["invoice"]: one["amount"] for one in said.get("shares", [])}
        asked = Asked(said["amount"], said["way"], chosen)
        made = distributing.distribute(person_of(request), key, ledger, asked, said.get("content_hash", ""))
        return Response(DistributedShape({"entries": made}).data)
