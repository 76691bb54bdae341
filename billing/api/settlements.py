"""Settlement statements: listed, drafted, issued, made void. Signing and paying are with money out."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import settlements
from billing.api.time import number, said_in
from billing.queries.settlements import (
    SORTS,
    SettlementFilter,
    deduction_of,
    deductions_of,
    settlement_list,
    settlement_of,
)
from billing.settlement_models import FeeBasis, SettlementLine, SettlementState, SettlementStatement
from billing.settlement_reports import settlement_pdf
from billing.settlements import Deduction, Recovery
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import KEYED, PAGED, AmountField, Listing, books, key_of, person_of
from ledgers.views.files import as_pdf, record_export

SEES_OR_MAKES = permission(Capability.SEE_BOOKS, write=[Capability.MAKE_INVOICES])
SEES, MAKES = permission(Capability.SEE_BOOKS), permission(Capability.MAKE_INVOICES)
PERCENT: dict[str, Any] = {"max_digits": 7, "decimal_places": 4}


class DeductionShape(serializers.Serializer[SettlementLine]):
    """A cost the firm advanced, or a lien with what was claimed and agreed."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    payee = serializers.CharField()
    description = serializers.CharField()
    claimed = AmountField(allow_null=True)
    amount = AmountField()


class SettlementShape(serializers.Serializer[SettlementStatement]):
    """A settlement statement: fee, costs, liens and share sum to gross. To change it send back its `version`."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    matter = serializers.IntegerField(source="matter_id")
    date = serializers.DateField()
    gross = AmountField()
    received_from = serializers.CharField()
    fee_basis = serializers.CharField()
    fee_percent = serializers.DecimalField(**PERCENT, allow_null=True)
    fee = AmountField()
    costs = AmountField()
    liens = AmountField()
    share = AmountField(help_text="The client's")
    note = serializers.CharField()
    state = serializers.CharField()
    client_name = serializers.CharField()
    matter_name = serializers.CharField()
    content_hash = serializers.CharField(help_text="Of everything an issued statement says; its beginning is printed")
    issued_at = serializers.DateTimeField(allow_null=True)
    voided_at = serializers.DateTimeField(allow_null=True)
    void_reason = serializers.CharField()
    version = serializers.IntegerField()


class WholeSettlementShape(SettlementShape):
    """A settlement statement with its costs and liens."""

    lines = serializers.SerializerMethodField()

    @extend_schema_field(DeductionShape(many=True))
    def get_lines(self, it: SettlementStatement) -> Any:
        """Return the lines as they were written."""
        lines: Any = deductions_of(it)
        return DeductionShape(lines, many=True).data


class SettlementsAsked(serializers.Serializer[Any]):
    """Which statements."""

    matter = number(required=False, source="matter_id")
    state = serializers.ChoiceField(required=False, choices=SettlementState.values, help_text="Without it all but void")
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    text = serializers.CharField(required=False, max_length=100, help_text="In number, matter, client, who pays")
    sort = serializers.ChoiceField(required=False, choices=sorted(SORTS), default="-date")


class RecoveryAsked(serializers.Serializer[Any]):
    """What was recovered, and the fee: a percentage, or with the basis `amount` an amount."""

    date = serializers.DateField()
    gross = AmountField()
    received_from = serializers.CharField(max_length=200)
    fee_basis = serializers.ChoiceField(choices=FeeBasis.values)
    fee_percent = serializers.DecimalField(**PERCENT, required=False, allow_null=True)
    fee = AmountField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold that the fee is said in the way that its basis names."""
        is_amount = attrs["fee_basis"] == FeeBasis.AMOUNT
        if is_amount != (attrs.get("fee_percent") is None) or is_amount != ("fee" in attrs):
            raise ValidationError("Send `fee` with the basis amount, and `fee_percent` with any other.")
        return attrs


class SettlementAsked(RecoveryAsked):
    """A statement to begin."""

    matter = number()


class RecoveryChanged(RecoveryAsked):
    """The whole recovery anew; `version` as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class DeductionAsked(serializers.Serializer[Any]):
    """A cost or a lien to put on a draft; a lien says what was claimed."""

    kind = serializers.ChoiceField(choices=SettlementLine.Kind.values)
    payee = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=300)
    claimed = AmountField(required=False)
    amount = AmountField()


class SettlementIssueAsked(serializers.Serializer[Any]):
    """Issuing what was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SettlementVoidAsked(SettlementIssueAsked):
    """Why a statement is made void."""

    reason = serializers.CharField(max_length=300)


SETTLEMENTS = Listing(SettlementShape)


def visible(request: Request, settlement_id: int) -> SettlementStatement:
    """Return a statement the caller may see, or answer 404."""
    found = settlement_of(person_of(request), settlement_id).first()
    if found is None:
        raise Http404
    return found


def answer_of(request: Request, settlement_id: int, status: int = 200) -> Response:
    """Answer a statement as it is now."""
    return Response(WholeSettlementShape(visible(request, settlement_id)).data, status=status)


class SettlementsApi(APIView):
    """Settlement statements."""

    permission_classes = (SEES_OR_MAKES,)

    @extend_schema(
        operation_id="settlements_list", parameters=[*PAGED, SettlementsAsked], responses=SETTLEMENTS.page_shape
    )
    def get(self, request: Request) -> Response:
        """List settlement statements, newest first."""
        said = query_of(request, SettlementsAsked, *PAGE)
        sort = said.pop("sort")
        return SETTLEMENTS.answer(request, settlement_list(books(request), SettlementFilter(**said), sort))

    @extend_schema(
        operation_id="settlements_create", parameters=KEYED, request=SettlementAsked,
        responses={201: WholeSettlementShape},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Begin a draft."""
        key, said = key_of(request), said_in(SettlementAsked, request.data)
        matter = books(request).matters.filter(pk=said.pop("matter")).first()
        if matter is None:
            raise ValidationError({"matter": ["There is no such matter for you."]})
        made = settlements.create_settlement(person_of(request), key, matter, Recovery(**said))
        return answer_of(request, made.pk, 201)


class SettlementApi(APIView):
    """One settlement statement."""

    permission_classes = (SEES_OR_MAKES,)

    @extend_schema(operation_id="settlements_retrieve", responses=WholeSettlementShape)
    def get(self, request: Request, settlement_id: int) -> Response:
        """Show a statement with its costs and liens."""
        return answer_of(request, settlement_id)

    @extend_schema(operation_id="settlements_update", request=RecoveryChanged, responses=WholeSettlementShape)
    def put(self, request: Request, settlement_id: int) -> Response:
        """Change recovery and fee of a draft."""
        it, said = visible(request, settlement_id), said_in(RecoveryChanged, request.data)
        settlements.change_settlement(person_of(request), it, said.pop("version"), Recovery(**said))
        return answer_of(request, settlement_id)


class SettlementPdfApi(APIView):
    """A settlement statement on paper."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="settlements_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, settlement_id: int) -> HttpResponse:
        """Download the PDF that the client signs."""
        it = visible(request, settlement_id)
        record_export(request, "settlement", "pdf", it)
        return as_pdf(settlement_pdf(it), f"settlement-{it.pk}")


class SettlementLinesApi(APIView):
    """Costs and liens of a draft."""

    permission_classes = (MAKES,)

    @extend_schema(
        operation_id="settlements_lines_create", parameters=KEYED, request=DeductionAsked,
        responses={201: WholeSettlementShape},
    )  # fmt: skip
    def post(self, request: Request, settlement_id: int) -> Response:
        """Put a cost or a lien on a draft."""
        key, it, said = key_of(request), visible(request, settlement_id), said_in(DeductionAsked, request.data)
        settlements.add_deduction(person_of(request), key, it, Deduction(**said))
        return answer_of(request, settlement_id, 201)


class SettlementLineRemoveApi(APIView):
    """Taking a line off a draft."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="settlements_lines_remove", request=None, responses=WholeSettlementShape)
    def post(self, request: Request, settlement_id: int, deduction_id: int) -> Response:
        """Take a line off; the client's share grows by it."""
        line = deduction_of(person_of(request), settlement_id, deduction_id).first()
        if line is None:
            raise Http404
        settlements.remove_deduction(person_of(request), line)
        return answer_of(request, settlement_id)


class SettlementIssueApi(APIView):
    """Issuing a draft."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="settlements_issue", request=SettlementIssueAsked, responses=WholeSettlementShape)
    def post(self, request: Request, settlement_id: int) -> Response:
        """Issue what was read: it gets its number and hash, and never changes again."""
        it, said = visible(request, settlement_id), said_in(SettlementIssueAsked, request.data)
        settlements.issue_settlement(person_of(request), it, said["version"])
        return answer_of(request, settlement_id)


class SettlementVoidApi(APIView):
    """Making a statement void."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="settlements_void", request=SettlementVoidAsked, responses=WholeSettlementShape)
    def post(self, request: Request, settlement_id: int) -> Response:
        """Make a statement of which nothing was paid, or a draft, void."""
        it, said = visible(request, settlement_id), said_in(SettlementVoidAsked, request.data)
        settlements.void_settlement(person_of(request), it, said["version"], said["reason"])
        return answer_of(request, settlement_id)
