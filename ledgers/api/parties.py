"""Clients, matters and accounts: listed, read, created and edited, with the same refusals as on the pages."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.models import Person
from firms.people import attorneys
from firms.query_strings import PAGE, query_of
from ledgers import accounts, parties
from ledgers.api.books import AccountShape, TrustAccountsApi, accounts_of
from ledgers.api.shapes import LARGEST_ID, PAGED, AmountField, Listing, books
from ledgers.models import Client, Matter, TrustAccount
from ledgers.money import ZERO
from ledgers.queries.parties import client_list, matter_list, open_accounts

RECORDS = permission(Capability.SEE_BOOKS, write=[Capability.EDIT_RECORDS])
FOUND_BY = [OpenApiParameter("text", str, description="Words to find")]
Ids = dict[str, Any]


def found_by(request: Request) -> str:
    """Return the words to find; no other parameter is known."""
    query_of(request, None, *PAGE, "text")
    return request.query_params.get("text", "")


class ClientShape(serializers.Serializer[Client]):
    """A client. To change one, send back the `version` that was read."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Client.Kind.choices, default=Client.Kind.PERSON)
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    address = serializers.CharField(max_length=500, required=False, allow_blank=True)
    is_active = serializers.BooleanField(default=True)
    is_another = serializers.BooleanField(
        required=False, write_only=True, help_text="Recording one of a name that is known: this is another client"
    )
    version = serializers.IntegerField(required=False)


def _reference(name: str, *, null: bool = False) -> Any:
    return serializers.IntegerField(
        source=f"{name}_id", min_value=1, max_value=LARGEST_ID, required=not null, allow_null=null
    )


class MatterShape(serializers.Serializer[Matter]):
    """A matter. `trust_accounts`: where its money may be held, the default first; given when it is opened."""

    id = serializers.IntegerField(read_only=True)
    number = serializers.CharField(max_length=60)
    client = _reference("client")
    description = serializers.CharField(max_length=300)
    type = serializers.ChoiceField(choices=Matter.Type.choices, default=Matter.Type.HOURLY)
    practice_area = serializers.CharField(max_length=100, required=False, allow_blank=True)
    status = serializers.CharField(read_only=True)
    responsible_attorney = _reference("responsible_attorney")
    billing_attorney = _reference("billing_attorney", null=True)
    alternate_attorney = _reference("alternate_attorney", null=True)
    opened_date = serializers.DateField()
    closed_date = serializers.DateField(read_only=True, allow_null=True)
    agreement_signed_date = serializers.DateField(required=False, allow_null=True)
    notice_period_days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=365)
    minimum_balance = AmountField(required=False, allow_null=True)
    pay_invoices_from_trust = serializers.BooleanField(default=True)
    trust_accounts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), required=False, write_only=True
    )
    version = serializers.IntegerField(required=False)


CLIENTS, MATTERS = Listing(ClientShape), Listing(MatterShape)


def _said(shape: serializers.Serializer[Any]) -> Ids:
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)


def _version(said: Ids) -> int:
    if "version" not in said:
        raise ValidationError({"version": ["Send the version that you read."]})
    return int(said.pop("version"))


def _known_people_and_client(request: Request, said: Ids) -> None:
    """Refuse ids of clients the caller does not see and of people who are no attorneys."""
    known = set(attorneys().values_list("pk", flat=True))
    for name in ("responsible_attorney_id", "billing_attorney_id", "alternate_attorney_id"):
        if said.get(name) and said[name] not in known:
            raise ValidationError({name.removesuffix("_id"): ["There is no such attorney."]})
    if "client_id" in said and not books(request).clients.filter(pk=said["client_id"]).exists():
        raise ValidationError({"client": ["There is no such client."]})


def _accounts(request: Request, ids: list[int]) -> list[TrustAccount]:
    found = open_accounts(books(request)).in_bulk(ids)
    if missing := [pk for pk in ids if pk not in found]:
        raise ValidationError({"trust_accounts": [f"There is no open trust account {missing[0]}."]})
    return [found[pk] for pk in ids]


class ClientsApi(APIView):
    """Clients."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="clients_list", parameters=[*PAGED, *FOUND_BY], responses=CLIENTS.page_shape)
    def get(self, request: Request) -> Response:
        """List clients by name."""
        return CLIENTS.answer(request, client_list(books(request), found_by(request)))

    @extend_schema(operation_id="clients_create", request=ClientShape, responses={201: ClientShape})
    def post(self, request: Request) -> Response:
        """Record a client; one of a name that is known is refused until somebody says that it is another."""
        said = _said(ClientShape(data=request.data))
        said.pop("version", None)
        return Response(ClientShape(parties.record_client(books(request), **said)).data, status=201)


class ClientApi(APIView):
    """One client."""

    permission_classes = (RECORDS,)

    def found(self, request: Request, client_id: int) -> Client:
        """Return a client the caller may see."""
        client = books(request).clients.filter(pk=client_id).first()
        if client is None:
            raise Http404
        return client

    @extend_schema(operation_id="clients_retrieve", responses=ClientShape)
    def get(self, request: Request, client_id: int) -> Response:
        """Show a client."""
        return Response(ClientShape(self.found(request, client_id)).data)

    @extend_schema(operation_id="clients_partial_update", request=ClientShape, responses=ClientShape)
    def patch(self, request: Request, client_id: int) -> Response:
        """Change a client; `version` as it was read."""
        client, said = self.found(request, client_id), _said(ClientShape(data=request.data, partial=True))
        said.pop("is_another", None)
        return Response(ClientShape(parties.edit_client(client, _version(said), **said)).data)


class MattersApi(APIView):
    """Matters."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="matters_list", parameters=[*PAGED, *FOUND_BY], responses=MATTERS.page_shape)
    def get(self, request: Request) -> Response:
        """List matters by number."""
        return MATTERS.answer(request, matter_list(books(request), found_by(request)))

    @extend_schema(operation_id="matters_create", request=MatterShape, responses={201: MatterShape})
    def post(self, request: Request) -> Response:
        """Open a matter."""
        said = _said(MatterShape(data=request.data))
        said.pop("version", None)
        _known_people_and_client(request, said)
        uses = _accounts(request, said.pop("trust_accounts", []))
        client = books(request).clients.get(pk=said.pop("client_id"))
        return Response(MatterShape(parties.create_matter(client=client, accounts=uses, **said)).data, status=201)


class MatterApi(APIView):
    """One matter."""

    permission_classes = (RECORDS,)

    def found(self, request: Request, matter_id: int) -> Matter:
        """Return a matter the caller may see."""
        matter = books(request).matters.filter(pk=matter_id).first()
        if matter is None:
            raise Http404
        return matter

    @extend_schema(operation_id="matters_retrieve", responses=MatterShape)
    def get(self, request: Request, matter_id: int) -> Response:
        """Show a matter."""
        return Response(MatterShape(self.found(request, matter_id)).data)

    @extend_schema(operation_id="matters_partial_update", request=MatterShape, responses=MatterShape)
    def patch(self, request: Request, matter_id: int) -> Response:
        """Change a matter, and with `trust_accounts` where its money may be held; `version` as it was read."""
        matter, said = self.found(request, matter_id), _said(MatterShape(data=request.data, partial=True))
        version = _version(said)
        _known_people_and_client(request, said)
        uses = _accounts(request, said.pop("trust_accounts", []))
        edited = parties.edit_matter(matter, version, **said)
        if uses:
            parties.set_matter_accounts(edited, uses, uses[0])
        return Response(MatterShape(edited).data)


class AccountAsked(serializers.Serializer[Any]):
    """A trust account to open; the account number is never answered."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=TrustAccount.Kind.choices)
    title = serializers.CharField(max_length=200)
    bank_name = serializers.CharField(max_length=200)
    routing_number = serializers.RegexField(r"^\d{9}$")
    account_number = serializers.CharField(max_length=20, write_only=True)
    state = serializers.CharField(min_length=2, max_length=2)
    opened_date = serializers.DateField()
    client = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_ID)
    firm_funds_minimum = AmountField(default=ZERO)
    firm_funds_cap = AmountField(default=ZERO)

    def validate(self, attrs: Ids) -> Ids:
        """Hold that an individual account, and only such a one, has a client."""
        if "kind" in attrs and (attrs["kind"] == TrustAccount.Kind.INDIVIDUAL) != bool(attrs.get("client")):
            raise serializers.ValidationError({"client": "An individual account has one client; any other has none."})
        return attrs


class TrustAccountsWriteApi(TrustAccountsApi):
    """Trust accounts."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="trust_accounts_create", request=AccountAsked, responses={201: AccountShape})
    def post(self, request: Request) -> Response:
        """Open a trust account, with its special ledgers and months."""
        said = _said(AccountAsked(data=request.data))
        client = said.pop("client", None)
        owner = books(request).clients.filter(pk=client).first() if client else None
        if client and owner is None:
            raise ValidationError({"client": ["There is no such client."]})
        try:
            made = accounts.open_trust_account(client=owner, **said)
        except DjangoValidationError as error:
            raise ValidationError({"account_number": error.messages}) from error
        return Response(next(row for row in accounts_of(request) if row["id"] == made.pk), status=201)


class AttorneyShape(serializers.Serializer[Person]):
    """An attorney."""

    id = serializers.IntegerField()
    full_name = serializers.CharField()
    email = serializers.CharField()


class AttorneysApi(APIView):
    """Whom a matter can name as its attorney."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="attorneys_list", responses=AttorneyShape(many=True))
    def get(self, request: Request) -> Response:
        """List the active attorneys."""
        return Response([AttorneyShape(person).data for person in attorneys()])
