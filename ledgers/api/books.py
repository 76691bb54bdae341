"""Client ledgers, trust accounts, holds: what the books hold."""

from typing import Any

from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.clock import today
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import LARGEST_ID, PAGED, AmountField, Listing, books, shape_of
from ledgers.models import Hold
from ledgers.queries.balances import AccountBalances, accounts_with_balances
from ledgers.queries.card import CardLine, CardRange, ledger_card
from ledgers.queries.ledgers import LedgerFilter, LedgerRow, ledger_list

LEDGERS = Listing(shape_of(LedgerRow, "available"))
LINE = shape_of(CardLine)
BALANCES = shape_of(AccountBalances, "difference")
SEES = permission(Capability.SEE_BOOKS)


class LedgersAsked(serializers.Serializer[Any]):
    """Which ledgers."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="account_id")
    client = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="client_id")
    matter = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="matter_id")
    text = serializers.CharField(required=False, max_length=200)
    holding = serializers.ChoiceField(required=False, choices=["with_money", "zero", "deficit"])


class ClientLedgersApi(APIView):
    """Client ledgers and special ledgers."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="client_ledgers_list", parameters=[*PAGED, LedgersAsked], responses=LEDGERS.page_shape)
    def get(self, request: Request) -> Response:
        """List ledgers with balance, held and available, by matter number."""
        asked = query_of(request, LedgersAsked, *PAGE)
        return LEDGERS.answer(request, ledger_list(books(request), LedgerFilter(**asked)))


class ClientLedgerApi(APIView):
    """One ledger."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="client_ledgers_retrieve", responses=LEDGERS.shape)
    def get(self, request: Request, ledger_id: int) -> Response:
        """Show what a ledger holds."""
        found = ledger_list(books(request), LedgerFilter(ledger_id=ledger_id))[:1]
        if not found:
            raise Http404
        return Response(LEDGERS.shape(found[0]).data)


class LinesAsked(serializers.Serializer[Any]):
    """Which lines of a card."""

    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    before = serializers.RegexField(r"^\d{4}-\d\d-\d\d\.\d{1,18}$", required=False, help_text="`older` of another page")
    after = serializers.RegexField(r"^\d{4}-\d\d-\d\d\.\d{1,18}$", required=False, help_text="`newer` of another page")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=500)


class CardShape(serializers.Serializer[Any]):
    """A part of a ledger card, oldest line first; `older` and `newer` lead to the pages beside it."""

    brought_forward = AmountField()
    older = serializers.CharField()
    newer = serializers.CharField()
    lines = LINE(many=True)


class LedgerLinesApi(APIView):
    """The card of a ledger."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="client_ledgers_lines", parameters=[LinesAsked], responses=CardShape)
    def get(self, request: Request, ledger_id: int) -> Response:
        """List the lines of a ledger with the balance after each."""
        ledger = books(request).ledgers.filter(pk=ledger_id).first()
        if ledger is None:
            raise Http404
        said = query_of(request, LinesAsked)
        within = CardRange(said.get("from_date"), said.get("to_date"))
        before, after = said.get("before", ""), said.get("after", "")
        return Response(
            CardShape(ledger_card(ledger, within, before=before, after=after, size=said.get("page_size", 50))).data
        )


class BankAccountShape(serializers.Serializer[Any]):
    """An account at a bank, the firm's own or in trust; of its number only the last four digits are ever told."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField()
    bank_name = serializers.CharField()
    routing_number = serializers.CharField()
    last_four = serializers.CharField()
    opened_date = serializers.DateField()
    closed_date = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()


class AccountShape(BankAccountShape):
    """A trust account."""

    kind = serializers.CharField()
    state = serializers.CharField()
    firm_funds_minimum = AmountField()
    firm_funds_cap = AmountField()
    balances = BALANCES(allow_null=True, read_only=True, default=None)


def accounts_of(request: Request) -> list[dict[str, Any]]:
    """Return the visible accounts with their balances, as they look in JSON."""
    found: list[dict[str, Any]] = []
    for account, has in accounts_with_balances(books(request), today()):
        found.append({**AccountShape(account).data, "balances": BALANCES(has).data if has else None})
    return found


class TrustAccountsApi(APIView):
    """Trust accounts."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="trust_accounts_list", responses=AccountShape(many=True))
    def get(self, request: Request) -> Response:
        """List the trust accounts with book balance and make-up, today."""
        return Response(accounts_of(request))


class TrustAccountApi(APIView):
    """One trust account."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="trust_accounts_retrieve", responses=AccountShape)
    def get(self, request: Request, account_id: int) -> Response:
        """Show a trust account with its balances, today."""
        for found in accounts_of(request):
            if found["id"] == account_id:
                return Response(found)
        raise Http404


class HoldShape(serializers.Serializer[Hold]):
    """Money that may not be spent yet."""

    id = serializers.IntegerField()
    ledger = serializers.IntegerField(source="ledger_id")
    kind = serializers.CharField()
    amount = AmountField()
    reason = serializers.CharField()
    disputed_by = serializers.CharField()
    entry = serializers.IntegerField(source="entry_id", allow_null=True)
    until_date = serializers.DateField(allow_null=True)
    placed_by = serializers.IntegerField(source="placed_by_id")
    placed_at = serializers.DateTimeField()
    released_by = serializers.IntegerField(source="released_by_id", allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)
    release_evidence = serializers.CharField()


class HoldsAsked(serializers.Serializer[Any]):
    """Which holds."""

    ledger = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, source="ledger_id")
    kind = serializers.ChoiceField(required=False, choices=Hold.Kind.choices)
    is_open = serializers.BooleanField(required=False, allow_null=True, default=None)


HOLDS = Listing(HoldShape)


class HoldsApi(APIView):
    """Holds."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="holds_list", parameters=[*PAGED, HoldsAsked], responses=HOLDS.page_shape)
    def get(self, request: Request) -> Response:
        """List holds, newest first; `is_open=true` only those that keep money from being spent today."""
        said = query_of(request, HoldsAsked, *PAGE)
        is_open = said.pop("is_open")
        found = books(request).holds.filter(**said).order_by("-pk")
        if is_open is not None:
            keeps = Q(released_at__isnull=True) & (Q(until_date__isnull=True) | Q(until_date__gt=today()))
            found = found.filter(keeps if is_open else ~keeps)
        return HOLDS.answer(request, found)
