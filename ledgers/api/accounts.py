"""Changing trust accounts, and the firm's own accounts: the same functions, the same refusals."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from ledgers import accounts
from ledgers.api.books import AccountShape, BankAccountShape, TrustAccountApi
from ledgers.api.corrections import found_or_404, said_in
from ledgers.api.shapes import AmountField, books
from ledgers.models import OperatingAccount, TrustAccount
from ledgers.queries.parties import operating_list

RECORDS = permission(Capability.SEE_BOOKS, write=[Capability.EDIT_RECORDS])


class BankAsked(serializers.Serializer[Any]):
    """What trust accounts and operating accounts have in common; the account number is never answered."""

    name = serializers.CharField(max_length=100)
    title = serializers.CharField(max_length=200)
    bank_name = serializers.CharField(max_length=200)
    routing_number = serializers.RegexField(r"^\d{9}$")
    account_number = serializers.CharField(max_length=20, write_only=True)
    opened_date = serializers.DateField()


class BankChangesAsked(serializers.Serializer[Any]):
    """What of an account is to change; what is left out stays. A new routing number needs the account number again."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="As it was read")
    name = serializers.CharField(max_length=100, required=False)
    title = serializers.CharField(max_length=200, required=False)
    bank_name = serializers.CharField(max_length=200, required=False)
    routing_number = serializers.RegexField(r"^\d{9}$", required=False)
    account_number = serializers.CharField(max_length=20, required=False, write_only=True)
    opened_date = serializers.DateField(required=False)


class TrustChangesAsked(BankChangesAsked):
    """What of a trust account is to change; its kind and client stay."""

    state = serializers.CharField(min_length=2, max_length=2, required=False)
    firm_funds_minimum = AmountField(required=False)
    firm_funds_cap = AmountField(required=False)


def saved(action: Any, *what: Any, **values: Any) -> Any:
    """Return what an action saved; a number that is none is answered with 400."""
    try:
        return action(*what, **values)
    except DjangoValidationError as error:
        raise ValidationError({"account_number": error.messages}) from error


class TrustAccountEditApi(TrustAccountApi):
    """One trust account."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="trust_accounts_partial_update", request=TrustChangesAsked, responses=AccountShape)
    def patch(self, request: Request, account_id: int) -> Response:
        """Change a trust account's details; `version` as it was read."""
        account: TrustAccount = found_or_404(books(request).accounts.filter(pk=account_id).first())
        said = said_in(TrustChangesAsked, request)
        saved(accounts.edit_trust_account, account, said.pop("version"), **said)
        return self.get(request, account_id)


class OperatingAccountsApi(APIView):
    """The firm's own accounts."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="operating_accounts_list", responses=BankAccountShape(many=True))
    def get(self, request: Request) -> Response:
        """List the operating accounts by name."""
        return Response([BankAccountShape(account).data for account in operating_list(books(request))])

    @extend_schema(operation_id="operating_accounts_create", request=BankAsked, responses={201: BankAccountShape})
    def post(self, request: Request) -> Response:
        """Record one of the firm's own accounts."""
        made = saved(accounts.open_operating_account, **said_in(BankAsked, request))
        return Response(BankAccountShape(made).data, status=201)


class OperatingAccountApi(APIView):
    """One of the firm's own accounts."""

    permission_classes = (RECORDS,)

    def found(self, request: Request, account_id: int) -> OperatingAccount:
        """Return an operating account the caller may see."""
        account: OperatingAccount = found_or_404(books(request).operating_accounts.filter(pk=account_id).first())
        return account

    @extend_schema(operation_id="operating_accounts_retrieve", responses=BankAccountShape)
    def get(self, request: Request, account_id: int) -> Response:
        """Show an operating account."""
        return Response(BankAccountShape(self.found(request, account_id)).data)

    @extend_schema(
        operation_id="operating_accounts_partial_update", request=BankChangesAsked, responses=BankAccountShape
    )
    def patch(self, request: Request, account_id: int) -> Response:
        """Change an operating account's details; `version` as it was read."""
        account, said = self.found(request, account_id), said_in(BankChangesAsked, request)
        edited = saved(accounts.edit_operating_account, account, said.pop("version"), **said)
        return Response(BankAccountShape(edited).data)
