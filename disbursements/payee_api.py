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

from disbursements import payee_queries, payees
from disbursements.models import PAID_BY, Payee
from disbursements.payee_forms import address_lines
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import PAGED, Listing, person_of

RECORDS = permission(Capability.SEE_BOOKS, write=[Capability.EDIT_RECORDS])


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


PAYEES = Listing(PayeeShape)


def said_in(shape: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what was sent, in its shape; anything else is answered with 400."""
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)


def payee_of(payee_id: int) -> Payee:
    """Return a payee, or answer 404."""
    found = payee_queries.payees().filter(pk=payee_id).first()
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
