"""Checks: what waits for the printer, numbered, recorded, spoiled; an account’s numbers, what is odd about them."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import check_paper, check_queries, checks
from disbursements.check_forms import HIGHEST
from disbursements.models import Check
from disbursements.payee_api import said_in
from firms.access import Capability, permission
from firms.query_strings import PAGE, query_of
from ledgers.access import Books
from ledgers.api.shapes import KEYED, LARGEST_ID, PAGED, AmountField, Listing, books, key_of, person_of, shape_of
from ledgers.models import JournalEntry, TrustAccount

SEES = permission(Capability.SEE_BOOKS)
PRINTS = permission(Capability.SEE_BOOKS, write=[Capability.REQUEST_MONEY])


class CheckShape(serializers.Serializer[Check]):
    """A check number, and what became of it."""

    id = serializers.IntegerField()
    trust_account = serializers.IntegerField(source="trust_account_id")
    number = serializers.IntegerField()
    origin = serializers.CharField()
    entry = serializers.IntegerField(source="entry_id", allow_null=True)
    batch = serializers.IntegerField(source="batch_id", allow_null=True)
    check_date = serializers.DateField()
    amount = AmountField()
    payee = serializers.CharField()
    memo = serializers.CharField()
    state = serializers.CharField()
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True)
    issued_by = serializers.IntegerField(source="issued_by_id")
    issued_at = serializers.DateTimeField()
    ended_by = serializers.IntegerField(source="ended_by_id", allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    bank_reference = serializers.CharField()


class ToPrintShape(serializers.Serializer[JournalEntry]):
    """A posted payment that waits for its check."""

    entry = serializers.IntegerField(source="pk")
    book_date = serializers.DateField()
    payee = serializers.CharField(source="text.party")
    purpose = serializers.CharField(source="text.purpose")
    bank_amount = AmountField()
    last_number = serializers.IntegerField(allow_null=True, help_text="The check that is void or stopped")


class ChecksAsked(serializers.Serializer[Any]):
    """Which checks."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    state = serializers.ChoiceField(required=False, choices=Check.State.choices)
    text = serializers.CharField(required=False, max_length=100, help_text="The number, or words of payee and memo")
    sort = serializers.ChoiceField(required=False, choices=sorted(check_queries.SORTS), default="-date")


class AccountAsked(serializers.Serializer[Any]):
    """Of which account."""

    trust_account = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class IssueChecksAsked(AccountAsked):
    """Payments to give their check numbers."""

    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=500
    )


class WrittenCheckAsked(serializers.Serializer[Any]):
    """A check written by hand."""

    payment = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The posted entry")
    number = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    check_date = serializers.DateField()
    begins_book = serializers.BooleanField(default=False, help_text="It is the first of another check book")


class BlankCheckAsked(AccountAsked):
    """A blank check that was spoiled."""

    number = serializers.IntegerField(
        min_value=1, max_value=HIGHEST, required=False, allow_null=True, default=None,
        help_text="Without it, the next number of the stock in the printer",
    )  # fmt: skip
    reason = serializers.CharField(max_length=300)
    begins_book = serializers.BooleanField(default=False)


class SpoilCheckAsked(serializers.Serializer[Any]):
    """Why a check is void."""

    reason = serializers.CharField(max_length=300)


class NumberingAsked(serializers.Serializer[Any]):
    """The number that is printed next."""

    first_number = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    since_date = serializers.DateField(required=False, help_text="Payments before that day never wait for the printer")


class NumbersShape(serializers.Serializer[Any]):
    """Where the numbers of an account stand."""

    next_number = serializers.IntegerField(allow_null=True)
    since_date = serializers.DateField(allow_null=True)
    first = serializers.IntegerField(allow_null=True)
    last = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField()
    void_count = serializers.IntegerField()
    gaps = shape_of(check_queries.Gap)(many=True)
    duplicates = shape_of(check_queries.Duplicate)(many=True)


class CheckBatchShape(serializers.Serializer[Any]):
    """Checks that were numbered together."""

    id = serializers.IntegerField()
    trust_account = serializers.IntegerField()
    made_by = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    checks = CheckShape(many=True)


CHECKS, TO_PRINT = Listing(CheckShape), Listing(ToPrintShape)


def account_of(seen: Books, account_id: int) -> TrustAccount:
    """Return a trust account, or answer 404; of its checks everybody sees those of their own matters."""
    found = check_queries.account_of(seen, account_id).first()
    if found is None:
        raise Http404
    return found


def check_of(request: Request, check_id: int) -> Check:
    """Return a visible check, or answer 404."""
    found = check_queries.visible_checks(books(request)).filter(pk=check_id).first()
    if found is None:
        raise Http404
    return found


def batch_said(request: Request, batch_id: int) -> dict[str, Any]:
    """Return a batch with the checks the caller sees, or answer 404."""
    seen = books(request)
    batch = check_queries.batches(seen).filter(pk=batch_id).first()
    if batch is None:
        raise Http404
    rows = list(check_queries.checks_of(seen, batch))
    said = {"id": batch.pk, "trust_account": batch.trust_account_id, "made_by": batch.made_by_id}
    return dict(CheckBatchShape({**said, "made_at": batch.made_at, "checks": rows}).data)


class ChecksApi(APIView):
    """Checks."""

    permission_classes = (PRINTS,)

    @extend_schema(operation_id="checks_list", parameters=[*PAGED, ChecksAsked], responses=CHECKS.page_shape)
    def get(self, request: Request) -> Response:
        """List the visible checks, newest first."""
        said = query_of(request, ChecksAsked, *PAGE)
        said["account"] = said.pop("trust_account", None)
        return CHECKS.answer(request, check_queries.check_list(books(request), said, said.pop("sort")))

    @extend_schema(
        operation_id="checks_issue", parameters=KEYED, request=IssueChecksAsked, responses={201: CheckBatchShape}
    )
    def post(self, request: Request) -> Response:
        """Give payments their check numbers, oldest first, as one batch to be printed."""
        key, said = key_of(request), said_in(IssueChecksAsked(data=request.data))
        account = account_of(books(request), said["trust_account"])
        batch = checks.issue_checks(person_of(request), key, account, said["entries"])
        return Response(batch_said(request, batch.pk), status=201)


class ChecksToPrintApi(APIView):
    """What waits for the printer."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="checks_to_print", parameters=[*PAGED, AccountAsked], responses=TO_PRINT.page_shape)
    def get(self, request: Request) -> Response:
        """List the posted payments by check of an account without a check in force, oldest first."""
        said = query_of(request, AccountAsked, *PAGE)
        account = account_of(books(request), said["trust_account"])
        return TO_PRINT.answer(request, check_queries.checks_to_print(books(request), account))


class WrittenCheckApi(APIView):
    """Checks written by hand."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)

    @extend_schema(
        operation_id="checks_written", parameters=KEYED, request=WrittenCheckAsked, responses={201: CheckShape}
    )
    def post(self, request: Request) -> Response:
        """Record the number of a check that was written by hand for a posted payment."""
        key, said = key_of(request), said_in(WrittenCheckAsked(data=request.data))
        entry = books(request).entries.filter(pk=said["payment"]).first()
        if entry is None:
            raise Http404
        made = checks.record_written_check(
            person_of(request), key, entry, said["number"], said["check_date"], begins_book=said["begins_book"]
        )
        return Response(CheckShape(made).data, status=201)


class BlankChecksApi(APIView):
    """Blank checks that were spoiled."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)

    @extend_schema(operation_id="checks_blanks", parameters=KEYED, request=BlankCheckAsked, responses={201: CheckShape})
    def post(self, request: Request) -> Response:
        """Record a spoiled blank, void: the next number of the stock, or the one named."""
        key, said = key_of(request), said_in(BlankCheckAsked(data=request.data))
        account = account_of(books(request), said["trust_account"])
        made = checks.spoil_blank(
            person_of(request), key, account, said["number"], said["reason"], begins_book=said["begins_book"]
        )
        return Response(CheckShape(made).data, status=201)


class CheckApi(APIView):
    """One check."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="checks_retrieve", responses=CheckShape)
    def get(self, request: Request, check_id: int) -> Response:
        """Show a check."""
        return Response(CheckShape(check_of(request, check_id)).data)


class SpoilCheckApi(APIView):
    """Spoiling a check."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)

    @extend_schema(operation_id="checks_spoil", parameters=KEYED, request=SpoilCheckAsked, responses=CheckShape)
    def post(self, request: Request, check_id: int) -> Response:
        """Make a check void that never left the office; its payment waits for the printer again."""
        key, it, said = key_of(request), check_of(request, check_id), said_in(SpoilCheckAsked(data=request.data))
        return Response(CheckShape(checks.spoil_check(person_of(request), key, it, said["reason"])).data)


class CheckBatchApi(APIView):
    """One batch."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="check_batches_retrieve", responses=CheckBatchShape)
    def get(self, request: Request, batch_id: int) -> Response:
        """Show the checks that were numbered together."""
        return Response(batch_said(request, batch_id))


class CheckPaperApi(APIView):
    """A batch for the printer."""

    permission_classes = (permission(Capability.REQUEST_MONEY),)

    @extend_schema(operation_id="check_batches_paper", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, batch_id: int) -> HttpResponse:
        """Give the checks of a batch that are in force as a PDF for check stock; each opening is recorded."""
        batch = check_queries.batches(books(request)).filter(pk=batch_id).first()
        if batch is None:
            raise Http404
        made = check_paper.check_pdf(person_of(request), batch)
        return HttpResponse(made, content_type="application/pdf")


class CheckNumbersApi(APIView):
    """The numbers of an account."""

    permission_classes = (PRINTS,)

    def said(self, account: TrustAccount) -> Response:
        """Answer where the numbers stand."""
        found = vars(check_queries.numbers_in_use(account))
        odd = {"gaps": check_queries.gaps(account), "duplicates": check_queries.duplicates(account)}
        return Response(NumbersShape({**found, **odd}).data)

    @extend_schema(operation_id="check_numbers_retrieve", responses=NumbersShape)
    def get(self, request: Request, account_id: int) -> Response:
        """Show where the numbers of an account stand, which are missing and which stand twice."""
        return self.said(account_of(books(request), account_id))

    @extend_schema(operation_id="check_numbers_set", request=NumberingAsked, responses=NumbersShape)
    def put(self, request: Request, account_id: int) -> Response:
        """Set the number that is printed next."""
        account, said = account_of(books(request), account_id), said_in(NumberingAsked(data=request.data))
        checks.set_numbering(person_of(request), account, said["first_number"], said.get("since_date"))
        return self.said(account)
