"""The API of the balance monitor."""

from dataclasses import asdict
from typing import Any

from django.core.paginator import Paginator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms import audit
from firms.access import Capability, permission
from firms.models import Person
from firms.query_strings import query_of
from ledgers.api.shapes import AmountField
from retainers.monitoring import check_balances
from retainers.queries import LowBalance, as_row, low_balances

ROWS = 100


class LowBalanceSerializer(serializers.Serializer[LowBalance]):
    """A matter whose available money is below its minimum."""

    id = serializers.IntegerField(source="episode_id")
    matter = serializers.IntegerField(source="matter_id")
    number = serializers.CharField()
    description = serializers.CharField()
    client = serializers.CharField()
    available = AmountField()
    minimum = AmountField()
    short_by = AmountField()
    since = serializers.DateTimeField()


class LowBalancePageSerializer(serializers.Serializer[Any]):
    """A page of them, the biggest shortfall first."""

    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = LowBalanceSerializer(many=True)


class PageSerializer(serializers.Serializer[Any]):
    """Which page."""

    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)


class CheckedSerializer(serializers.Serializer[Any]):
    """What a check found."""

    checked = serializers.IntegerField()
    low = serializers.IntegerField()
    opened = serializers.IntegerField()
    closed = serializers.IntegerField()


class BalanceChecksApi(APIView):
    """The balance check."""

    permission_classes = (permission(Capability.SEE_BOOKS, write=[Capability.SEND_REQUESTS]),)

    @extend_schema(operation_id="balance_checks_list", parameters=[PageSerializer], responses=LowBalancePageSerializer)
    def get(self, request: Request) -> Response:
        """List the matters whose available money is below their minimum, the biggest shortfall first."""
        number = query_of(request, PageSerializer)["page"]
        assert isinstance(request.user, Person)
        paginator = Paginator(low_balances(request.user), ROWS)
        rows = [as_row(episode) for episode in paginator.page(number)] if number <= paginator.num_pages else []
        facts = {"count": paginator.count, "page": number, "pages": paginator.num_pages, "results": rows}
        return Response(LowBalancePageSerializer(facts).data)

    @extend_schema(operation_id="balance_checks_create", request=None, responses=CheckedSerializer)
    def post(self, request: Request) -> Response:
        """Check all open matters now. It moves no money; twice is as good as once."""
        assert isinstance(request.user, Person)
        with audit.acting(request.user):
            return Response(CheckedSerializer(asdict(check_balances())).data)
