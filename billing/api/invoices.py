"""Invoices: listed, drafted, issued, made void."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import invoicing
from billing.api.time import number, said_in
from billing.invoicing import Head
from billing.models import Invoice, InvoiceLine
from billing.queries.invoices import SORTS, STATES, InvoiceFilter, invoice_list, invoice_of, line_of, lines_of
from billing.queries.matters import MatterBilling, billing_of
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, AmountField, Listing, books, key_of, person_of
from ledgers.money import ZERO, Money

SEES_OR_MAKES = permission(Capability.SEE_BOOKS, write=[Capability.MAKE_INVOICES])
SEES, MAKES = permission(Capability.SEE_BOOKS), permission(Capability.MAKE_INVOICES)
OWN_KINDS = [InvoiceLine.Kind.EXPENSE.value, InvoiceLine.Kind.FEE.value]


class LineShape(serializers.Serializer[InvoiceLine]):
    """One line; of time with its entry, hours and rate."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    time_entry = serializers.IntegerField(source="time_entry_id", allow_null=True)
    date = serializers.DateField()
    description = serializers.CharField()
    person_name = serializers.CharField()
    hours = serializers.DecimalField(max_digits=4, decimal_places=2, allow_null=True)
    rate = AmountField(allow_null=True)
    amount = AmountField()


class InvoiceShape(serializers.Serializer[Invoice]):
    """An invoice; a draft has no number. To change or issue it, send back the `version` that was read."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    matter = serializers.IntegerField(source="matter_id")
    date = serializers.DateField()
    due_date = serializers.DateField()
    note = serializers.CharField()
    state = serializers.CharField()
    total = AmountField()
    paid = AmountField()
    open_amount = AmountField()
    client_name = serializers.CharField()
    matter_name = serializers.CharField()
    trust_held = AmountField(allow_null=True, help_text="In trust at issue, where the agreement has a minimum")
    trust_owed_before = AmountField(allow_null=True, help_text="Open on earlier invoices of the matter then")
    trust_left = AmountField(allow_null=True, help_text="In trust once all of them are paid from it")
    trust_minimum = AmountField(allow_null=True)
    replenishment = AmountField(allow_null=True, help_text="To be put in trust, up to the minimum")
    issued_at = serializers.DateTimeField(allow_null=True)
    voided_at = serializers.DateTimeField(allow_null=True)
    void_reason = serializers.CharField()
    version = serializers.IntegerField()


class WholeInvoiceShape(InvoiceShape):
    """An invoice with its lines."""

    lines = serializers.SerializerMethodField()

    @extend_schema_field(LineShape(many=True))
    def get_lines(self, invoice: Invoice) -> Any:
        """Return the lines as they are printed."""
        lines: Any = lines_of(invoice)
        return LineShape(lines, many=True).data


class InvoicesAsked(serializers.Serializer[Any]):
    """Which invoices."""

    matter = number(required=False, source="matter_id")
    state = serializers.ChoiceField(required=False, choices=sorted(STATES), help_text="Without it all but void")
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)
    text = serializers.CharField(required=False, max_length=100, help_text="In number, matter, client")
    sort = serializers.ChoiceField(required=False, choices=sorted(SORTS), default="-date")


class HeadAsked(serializers.Serializer[Any]):
    """Dates and note."""

    date = serializers.DateField()
    due_date = serializers.DateField()
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DraftAsked(HeadAsked):
    """A draft to begin."""

    matter = number()
    time_until = serializers.DateField(required=False, help_text="Put unbilled time up to this day on it")


class HeadChanged(HeadAsked):
    """What of a draft's head changes; `version` as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class LineAsked(serializers.Serializer[Any]):
    """A fee or an expense of the firm's own."""

    kind = serializers.ChoiceField(choices=OWN_KINDS)
    date = serializers.DateField()
    description = serializers.CharField(max_length=1000)
    amount = AmountField()

    def validate_amount(self, value: Money) -> Money:
        """Hold that it is more than zero."""
        if value <= ZERO:
            raise ValidationError("The amount must be more than zero.")
        return value


class TimeOfInvoiceAsked(serializers.Serializer[Any]):
    """Unbilled time of the matter."""

    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), allow_empty=False, max_length=1000
    )


class IssueAsked(serializers.Serializer[Any]):
    """Issuing what was read; `number` only for one of the firm's own."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class VoidAsked(serializers.Serializer[Any]):
    """Why an invoice is made void; `version` as it was read."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    reason = serializers.CharField(max_length=300)


class BillingShape(serializers.Serializer[MatterBilling]):
    """What a matter owes and will owe, and what is held in trust for it."""

    unbilled_count = serializers.IntegerField()
    unbilled_hours = serializers.DecimalField(max_digits=12, decimal_places=2)
    unbilled = AmountField()
    draft_count = serializers.IntegerField()
    drafts = AmountField()
    unpaid_count = serializers.IntegerField()
    unpaid = AmountField()
    in_trust = AmountField()


INVOICES = Listing(InvoiceShape)


def visible(request: Request, invoice_id: int) -> Invoice:
    """Return an invoice the caller may see, or answer 404."""
    found = invoice_of(person_of(request), invoice_id).first()
    if found is None:
        raise Http404
    return found


def answer_of(request: Request, invoice_id: int, status: int = 200) -> Response:
    """Answer an invoice as it is now."""
    return Response(WholeInvoiceShape(visible(request, invoice_id)).data, status=status)


class InvoicesApi(APIView):
    """Invoices."""

    permission_classes = (SEES_OR_MAKES,)

    @extend_schema(operation_id="invoices_list", parameters=[*PAGED, InvoicesAsked], responses=INVOICES.page_shape)
    def get(self, request: Request) -> Response:
        """List invoices, newest first."""
        said = query_of(request, InvoicesAsked, *PAGE)
        sort = said.pop("sort")
        return INVOICES.answer(request, invoice_list(books(request), InvoiceFilter(**said), sort))

    @extend_schema(
        operation_id="invoices_create", parameters=KEYED, request=DraftAsked, responses={201: WholeInvoiceShape}
    )
    def post(self, request: Request) -> Response:
        """Begin a draft, with the matter's unbilled time up to a day if one is named."""
        key, said = key_of(request), said_in(DraftAsked, request.data)
        matter, until = books(request).matters.filter(pk=said.pop("matter")).first(), said.pop("time_until", None)
        if matter is None:
            raise ValidationError({"matter": ["There is no such matter for you."]})
        made = invoicing.create_draft(person_of(request), key, matter, Head(**said), until)
        return answer_of(request, made.pk, 201)


class InvoiceApi(APIView):
    """One invoice."""

    permission_classes = (SEES_OR_MAKES,)

    @extend_schema(operation_id="invoices_retrieve", responses=WholeInvoiceShape)
    def get(self, request: Request, invoice_id: int) -> Response:
        """Show an invoice with its lines."""
        return answer_of(request, invoice_id)

    @extend_schema(operation_id="invoices_partial_update", request=HeadChanged, responses=WholeInvoiceShape)
    def patch(self, request: Request, invoice_id: int) -> Response:
        """Change dates and note of a draft; `version` as it was read."""
        it, said = visible(request, invoice_id), said_in(HeadChanged, request.data, partial=True)
        if "version" not in said:
            raise ValidationError({"version": ["Send the version that you read."]})
        version = said.pop("version")
        kept: dict[str, Any] = {"date": it.date, "due_date": it.due_date, "note": it.note}
        invoicing.change_draft(person_of(request), it, version, Head(**(kept | said)))
        return answer_of(request, invoice_id)


class InvoiceLinesApi(APIView):
    """The firm's own lines of a draft."""

    permission_classes = (MAKES,)

    @extend_schema(
        operation_id="invoices_lines_create", parameters=KEYED, request=LineAsked, responses={201: WholeInvoiceShape}
    )
    def post(self, request: Request, invoice_id: int) -> Response:
        """Put a fee or an expense on a draft."""
        key, it, said = key_of(request), visible(request, invoice_id), said_in(LineAsked, request.data)
        words = (said["kind"], said["date"], said["description"], said["amount"])
        invoicing.add_line(person_of(request), key, it, *words)
        return answer_of(request, invoice_id, 201)


class InvoiceLineRemoveApi(APIView):
    """Taking a line off a draft."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="invoices_lines_remove", request=None, responses=WholeInvoiceShape)
    def post(self, request: Request, invoice_id: int, line_id: int) -> Response:
        """Take a line off; its time is unbilled again."""
        line = line_of(person_of(request), invoice_id, line_id).first()
        if line is None:
            raise Http404
        invoicing.remove_line(person_of(request), line)
        return answer_of(request, invoice_id)


class InvoiceTimeApi(APIView):
    """Time of a draft."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="invoices_add_time", request=TimeOfInvoiceAsked, responses=WholeInvoiceShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Put unbilled time of the matter on a draft."""
        it, said = visible(request, invoice_id), said_in(TimeOfInvoiceAsked, request.data)
        invoicing.add_time(person_of(request), it, said["entries"])
        return answer_of(request, invoice_id)


class InvoiceIssueApi(APIView):
    """Issuing a draft."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="invoices_issue", request=IssueAsked, responses=WholeInvoiceShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Issue what was read: it gets its number and never changes again."""
        it, said = visible(request, invoice_id), said_in(IssueAsked, request.data)
        invoicing.issue(person_of(request), it, said["version"], said["number"])
        return answer_of(request, invoice_id)


class InvoiceVoidApi(APIView):
    """Making an invoice void."""

    permission_classes = (MAKES,)

    @extend_schema(operation_id="invoices_void", request=VoidAsked, responses=WholeInvoiceShape)
    def post(self, request: Request, invoice_id: int) -> Response:
        """Make an unpaid invoice or a draft void; its time can be billed anew."""
        it, said = visible(request, invoice_id), said_in(VoidAsked, request.data)
        invoicing.void(person_of(request), it, said["version"], said["reason"])
        return answer_of(request, invoice_id)


class MatterBillingApi(APIView):
    """What a matter owes and will owe."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="matters_billing", responses=BillingShape)
    def get(self, request: Request, matter_id: int) -> Response:
        """Show unbilled time, drafts and unpaid invoices of a matter beside what is held in trust for it."""
        found = books(request).matters.filter(pk=matter_id).first()
        if found is None:
            raise Http404
        return Response(BillingShape(billing_of(found)).data)
