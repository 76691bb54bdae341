"""Closing and re-opening matters and trust accounts: the same functions, the same refusals."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from ledgers import closing
from ledgers.api.books import AccountShape
from ledgers.api.corrections import ProposalShape, answered, found_or_404, said_in
from ledgers.api.parties import MatterShape
from ledgers.api.shapes import books, person_of
from ledgers.models import Matter, TrustAccount

RECORDS = permission(Capability.EDIT_RECORDS)


class MatterVersionAsked(serializers.Serializer[Any]):
    """The version that was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class MatterReopeningAsked(MatterVersionAsked):
    """Why a matter is opened again."""

    reason = serializers.CharField(max_length=500)


class AccountClosingAsked(MatterVersionAsked):
    """When the bank closed the account, and its word for that."""

    closed_date = serializers.DateField()
    evidence = serializers.CharField(max_length=500)


class AccountReopeningAsked(serializers.Serializer[Any]):
    """Why an account is opened again."""

    reason = serializers.CharField(max_length=500)


def matter_of(request: Request, matter_id: int) -> Matter:
    """Return a matter the caller may see, or answer 404."""
    found: Matter = found_or_404(books(request).matters.filter(pk=matter_id).first())
    return found


def account_of(request: Request, account_id: int) -> TrustAccount:
    """Return a trust account the caller may see, or answer 404."""
    found: TrustAccount = found_or_404(books(request).accounts.filter(pk=account_id).first())
    return found


class StartClosingApi(APIView):
    """A matter that is over, but holds money."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="matters_start_closing", request=MatterVersionAsked, responses=MatterShape)
    def post(self, request: Request, matter_id: int) -> Response:
        """Say that a matter is over: what it holds is an exception until it is returned."""
        said, matter = said_in(MatterVersionAsked, request), matter_of(request, matter_id)
        return Response(MatterShape(closing.start_closing(person_of(request), matter, **said)).data)


class MatterCloseApi(APIView):
    """Closing a matter."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="matters_close", request=MatterVersionAsked, responses=MatterShape)
    def post(self, request: Request, matter_id: int) -> Response:
        """Close a matter whose payments have cleared and that holds nothing, or what a dated hold explains."""
        said, matter = said_in(MatterVersionAsked, request), matter_of(request, matter_id)
        return Response(MatterShape(closing.close_matter(person_of(request), matter, **said)).data)


class MatterReopenApi(APIView):
    """Opening a matter again."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="matters_re_open", request=MatterReopeningAsked, responses=MatterShape)
    def post(self, request: Request, matter_id: int) -> Response:
        """Open a closing or closed matter again, saying why."""
        said, matter = said_in(MatterReopeningAsked, request), matter_of(request, matter_id)
        return Response(MatterShape(closing.reopen_matter(person_of(request), matter, **said)).data)


class TrustAccountCloseApi(APIView):
    """Closing a trust account."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="trust_accounts_close", request=AccountClosingAsked, responses=AccountShape)
    def post(self, request: Request, account_id: int) -> Response:
        """Close a trust account that holds nothing, on the bank's word."""
        said, account = said_in(AccountClosingAsked, request), account_of(request, account_id)
        return Response(AccountShape(closing.close_account(person_of(request), account, **said)).data)


class TrustAccountReopenApi(APIView):
    """Opening a trust account again."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="trust_accounts_re_open", request=AccountReopeningAsked, responses={202: ProposalShape})
    def post(self, request: Request, account_id: int) -> Response:
        """Propose to open a closed trust account again; another person confirms it."""
        said, account = said_in(AccountReopeningAsked, request), account_of(request, account_id)
        return answered(closing.propose_reopening(person_of(request), account, **said))
