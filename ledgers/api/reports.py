"""The reports of the books, by name."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.clock import today
from firms.query_strings import PAGE, query_of
from ledgers.access import Books
from ledgers.api.shapes import LARGEST_ID, PAGED, AmountField, Listing, books, shape_of
from ledgers.forms.fields import this_month
from ledgers.models import TrustAccount
from ledgers.queries.journals import IN, OUT, JournalRow, JournalTotals, Span, journal, journal_totals
from ledgers.queries.trial_balance import TrialRow, trial_balance
from ledgers.queries.trust_listing import ListingRow, ListingTotals, listing_totals, trust_listing

LISTING, JOURNAL = Listing(shape_of(ListingRow)), Listing(shape_of(JournalRow))
LISTING_TOTALS, JOURNAL_TOTALS = (
    shape_of(ListingTotals, "ledger_total", "difference"),
    shape_of(JournalTotals, "footing"),
)


class AsOfAsked(serializers.Serializer[Any]):
    """A day and an account; without them today and all."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    on_date = serializers.DateField(required=False)


class PeriodAsked(serializers.Serializer[Any]):
    """A period and an account; without them this month and all."""

    trust_account = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)


class ListingShape(LISTING.page_shape):  # type: ignore[misc,name-defined]
    """The trust listing: a page of ledgers, and the totals of each account against its book."""

    on_date = serializers.DateField()
    totals = LISTING_TOTALS(many=True)


class JournalShape(JOURNAL.page_shape):  # type: ignore[misc,name-defined]
    """A journal: a page of entries, and what the whole period adds up to."""

    from_date = serializers.DateField()
    to_date = serializers.DateField()
    totals = JOURNAL_TOTALS()


class TrialShape(serializers.Serializer[Any]):
    """The trial balance."""

    on_date = serializers.DateField()
    debits = AmountField()
    credits = AmountField()
    difference = AmountField()
    rows = shape_of(TrialRow)(many=True)


def asked_of(
    request: Request, shape: type[serializers.Serializer[Any]]
) -> tuple[Books, list[TrustAccount], dict[str, Any]]:
    """Return the caller's books, the accounts asked for, and the rest; reports are for those who see all matters."""
    seen = books(request)
    if not seen.sees_all:
        raise PermissionDenied("This tells of all matters, and you see only your own. Ask somebody who sees all.")
    said = query_of(request, shape, *PAGE)
    chosen = said.pop("trust_account", None)
    accounts = seen.accounts.order_by("name")
    return seen, list(accounts.filter(pk=chosen) if chosen else accounts), said


class ReportApi(APIView):
    """A report."""

    permission_classes = (permission(Capability.SEE_BOOKS),)


class TrustListingApi(ReportApi):
    """The trust listing."""

    @extend_schema(operation_id="reports_trust_listing", parameters=[*PAGED, AsOfAsked], responses=ListingShape)
    def get(self, request: Request) -> Response:
        """Tell what every ledger held at the end of a day."""
        seen, accounts, said = asked_of(request, AsOfAsked)
        day = said.get("on_date") or today()
        answer = LISTING.answer(request, trust_listing(seen, accounts, day))
        totals = LISTING_TOTALS(listing_totals(seen, accounts, day), many=True).data
        answer.data |= {"on_date": day.isoformat(), "totals": totals}
        return answer


class TrialBalanceApi(ReportApi):
    """The trial balance."""

    @extend_schema(operation_id="reports_trial_balance", parameters=[AsOfAsked], responses=TrialShape)
    def get(self, request: Request) -> Response:
        """Tell debit against credit at the end of a day."""
        _, accounts, said = asked_of(request, AsOfAsked)
        return Response(TrialShape(trial_balance(accounts, said.get("on_date") or today())).data)


def journal_answer(request: Request, way: int) -> Response:
    """Answer a page of a journal with its totals."""
    seen, accounts, said = asked_of(request, PeriodAsked)
    first, last = this_month()
    span = Span(accounts, said.get("from_date") or first, said.get("to_date") or last)
    answer = JOURNAL.answer(request, journal(seen, span, way))
    totals = JOURNAL_TOTALS(journal_totals(seen, span, way)).data
    answer.data |= {"from_date": span.from_date.isoformat(), "to_date": span.to_date.isoformat(), "totals": totals}
    return answer


class ReceiptsJournalApi(ReportApi):
    """The receipts journal."""

    @extend_schema(operation_id="reports_receipts_journal", parameters=[*PAGED, PeriodAsked], responses=JournalShape)
    def get(self, request: Request) -> Response:
        """Tell what came in."""
        return journal_answer(request, IN)


class DisbursementsJournalApi(ReportApi):
    """The disbursements journal."""

    @extend_schema(
        operation_id="reports_disbursements_journal", parameters=[*PAGED, PeriodAsked], responses=JournalShape
    )
    def get(self, request: Request) -> Response:
        """Tell what went out."""
        return journal_answer(request, OUT)
