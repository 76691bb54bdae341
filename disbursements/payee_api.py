"""Payees: listed, read, recorded and changed, with the same questions and refusals as on the pages."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import payee_bank, payee_queries, payees
from disbursements.models import PAID_BY, Payee, PayeeBank
from disbursements.payee_forms import address_lines
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import PAGED, Listing, person_of

RECORDS = permission(Capability.SEE_BOOKS, write=[Capability.EDIT_RECORDS])


class PayeeBankShape(serializers.Serializer[PayeeBank]):
    """Where a payee is paid once it is confirmed, until it is replaced; only the last four digits of the number."""

    id = serializers.IntegerField()
    bank_name = serializers.CharField()
    routing_number = serializers.CharField()
    last_four = serializers.CharField()
    called_person = serializers.CharField()
    called_number = serializers.CharField()
    called_when = serializers.DateTimeField()
    proposed_by = serializers.IntegerField(source="proposed_by_id")
    proposed_at = serializers.DateTimeField()
    confirmed_by = serializers.IntegerField(source="confirmed_by_id", allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class PayeeShape(serializers.Serializer[Payee]):
    """A payee. To change one, send back the `version` that was read."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    address = serializers.CharField()
    email = serializers.CharField()
    default_method = serializers.CharField()
    notes = serializers.CharField()
    is_active = serializers.BooleanField()
    bank = PayeeBankShape(allow_null=True)
    version = serializers.IntegerField()


class PayeesAsked(serializers.Serializer[Any]):
    """Which payees."""

    text = serializers.CharField(required=False, max_length=100, help_text="In name, e-mail, address, notes")
    kind = serializers.ChoiceField(required=False, choices=Payee.Kind.choices)
    state = serializers.ChoiceField(required=False, choices=["active", "inactive", "all"], default="active")
    sort = serializers.ChoiceField(
        required=False, choices=[f"{way}{name}" for name in payee_queries.ORDERS for way in ("", "-")], default="name"
    )


class PayeeAsked(serializers.Serializer[Any]):
    """A payee to record or change."""

    name = serializers.CharField(max_length=200)
    is_another = serializers.BooleanField(
        required=False, help_text="The name looks like that of a known payee: this is another one"
    )
    kind = serializers.ChoiceField(choices=Payee.Kind.choices, default=Payee.Kind.VENDOR)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="Up to 5 lines")
    email = serializers.EmailField(required=False, allow_blank=True)
    default_method = serializers.ChoiceField(choices=PAID_BY, required=False)
    notes = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    is_active = serializers.BooleanField(default=True)
    version = serializers.IntegerField(required=False, help_text="Needed to change one: as it was read")

    def validate_address(self, typed: str) -> str:
        """Return the address in lines."""
        try:
            return address_lines(typed)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from error


class PayeeBankAsked(serializers.Serializer[Any]):
    """Bank details to propose, after calling back at a number known before."""

    bank_name = serializers.CharField(max_length=200)
    routing_number = serializers.RegexField(r"^\d{9}$")
    account_number = serializers.CharField(max_length=20, write_only=True)
    called_person = serializers.CharField(max_length=100)
    called_number = serializers.CharField(max_length=60)
    called_when = serializers.DateTimeField()
    is_shared = serializers.BooleanField(
        required=False, help_text="Another payee has this account: both are really paid there"
    )


class ProposedShape(serializers.Serializer[Any]):
    """What was proposed: the proposal that another person decides, and the details it is about."""

    proposal = serializers.IntegerField(source="pk")
    details = serializers.IntegerField(source="content.details")


PAYEES = Listing(PayeeShape)


def said_in(shape: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what was sent, in its shape; anything else is answered with 400."""
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)


def payee_of(payee_id: int) -> Payee:
    """Return a payee, or answer 404."""
    found = payee_queries.with_bank(payee_queries.payees()).filter(pk=payee_id).first()
    if found is None:
        raise Http404
    return found


class PayeesApi(APIView):
    """Payees."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="payees_list", parameters=[*PAGED, PayeesAsked], responses=PAYEES.page_shape)
    def get(self, request: Request) -> Response:
        """List payees by name."""
        return PAYEES.answer(request, payee_queries.payee_list(**query_of(request, PayeesAsked, *PAGE)))

    @extend_schema(operation_id="payees_create", request=PayeeAsked, responses={201: PayeeShape})
    def post(self, request: Request) -> Response:
        """Record a payee; a name that looks like a known one is refused until somebody says that it is another."""
        said = said_in(PayeeAsked(data=request.data))
        said.pop("version", None)
        return Response(PayeeShape(payees.record_payee(person_of(request), **said)).data, status=201)


class PayeeApi(APIView):
    """One payee."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="payees_retrieve", responses=PayeeShape)
    def get(self, request: Request, payee_id: int) -> Response:
        """Show a payee."""
        return Response(PayeeShape(payee_of(payee_id)).data)

    @extend_schema(operation_id="payees_partial_update", request=PayeeAsked, responses=PayeeShape)
    def patch(self, request: Request, payee_id: int) -> Response:
        """Change a payee, or deactivate it; `version` as it was read."""
        found, said = payee_of(payee_id), said_in(PayeeAsked(data=request.data, partial=True))
        if "version" not in said:
            raise ValidationError({"version": ["Send the version that you read."]})
        edited = payees.edit_payee(person_of(request), found, said.pop("version"), **said)
        return Response(PayeeShape(edited).data)


class PayeeBankApi(APIView):
    """Where a payee is paid."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="payees_bank_details_list", responses=PayeeBankShape(many=True))
    def get(self, request: Request, payee_id: int) -> Response:
        """List all bank details that were proposed for a payee, newest first."""
        return Response([PayeeBankShape(row).data for row in payee_queries.bank_history(payee_of(payee_id))])

    @extend_schema(operation_id="payees_bank_details_create", request=PayeeBankAsked, responses={201: ProposedShape})
    def post(self, request: Request, payee_id: int) -> Response:
        """Propose new bank details; a person confirms them in the own session, with a code, and 24 hours follow."""
        found, said = payee_of(payee_id), said_in(PayeeBankAsked(data=request.data))
        try:
            made = payee_bank.propose_bank(person_of(request), found, **said)
        except DjangoValidationError as error:
            raise ValidationError({"account_number": error.messages}) from error
        return Response(ProposedShape(made).data, status=201)
