"""Checks that end, opening checks that are taken up, the register, what is outstanding, the issue file."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import check_ending
from disbursements.check_api import AccountAsked, CheckShape, account_of, check_of
from disbursements.check_register import (
    Aging,
    Outstanding,
    RegisterLine,
    RegisterSpan,
    RegisterTotals,
    aging,
    outstanding,
    register,
    register_totals,
)
from disbursements.payee_api import said_in
from disbursements.positive_pay import layouts, positive_pay_file
from firms.access import Capability, permission
from firms.clock import today
from firms.query_strings import PAGE, query_of
from ledgers.access import Books
from ledgers.api.corrections import answered
from ledgers.api.receipts import PostedShape
from ledgers.api.shapes import KEYED, PAGED, Listing, books, key_of, person_of, shape_of
from ledgers.forms.fields import this_month

PRINTS = permission(Capability.REQUEST_MONEY)
REGISTER, OUTSTANDING = Listing(shape_of(RegisterLine)), Listing(shape_of(Outstanding))


class StopCheckAsked(serializers.Serializer[Any]):
    """Why the bank was told not to pay, and what it answered."""

    reason = serializers.CharField(max_length=300)
    bank_reference = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class UndoCheckAsked(serializers.Serializer[Any]):
    """Why a payment is undone, and when."""

    book_date = serializers.DateField()
    reason = serializers.CharField(max_length=300)


class RegisterAsked(AccountAsked):
    """Whose register, of which days; without days this month."""

    from_date = serializers.DateField(required=False)
    to_date = serializers.DateField(required=False)


class OutstandingAsked(AccountAsked):
    """Whose outstanding checks, and how old."""

    longer_than_days = serializers.IntegerField(required=False, default=0, min_value=0, max_value=36500)


class PositivePayAsked(AccountAsked):
    """Which checks the bank is told of, in which layout."""

    from_date = serializers.DateField()
    to_date = serializers.DateField()
    layout = serializers.ChoiceField(choices=sorted(layouts()))


class RegisterShape(REGISTER.page_shape):  # type: ignore[misc,name-defined]
    """A page of the register, and what its days add up to."""

    from_date = serializers.DateField()
    to_date = serializers.DateField()
    totals = shape_of(RegisterTotals)()


class OutstandingShape(OUTSTANDING.page_shape):  # type: ignore[misc,name-defined]
    """A page of outstanding checks, and all of them by age."""

    aging = shape_of(Aging)()


def whole_books(request: Request) -> Books:
    """Return the caller's books; what tells of an account's balance is for those who see all matters."""
    seen = books(request)
    if not seen.sees_all:
        raise PermissionDenied("This tells of all matters, and you see only your own. Ask somebody who sees all.")
    return seen


class StopCheckApi(APIView):
    """Stopping a check."""

    permission_classes = (PRINTS,)

    @extend_schema(operation_id="checks_stop", parameters=KEYED, request=StopCheckAsked, responses=CheckShape)
    def post(self, request: Request, check_id: int) -> Response:
        """Record that the bank was told not to pay a check; its payment can be issued anew."""
        key, it, said = key_of(request), check_of(request, check_id), said_in(StopCheckAsked(data=request.data))
        ended = check_ending.stop_payment(person_of(request), key, it, said["reason"], said["bank_reference"])
        return Response(CheckShape(ended).data)


class UndoCheckApi(APIView):
    """Undoing the payment of a check."""

    permission_classes = (PRINTS,)

    @extend_schema(operation_id="checks_undo", parameters=KEYED, request=UndoCheckAsked, responses={201: PostedShape})
    def post(self, request: Request, check_id: int) -> Response:
        """Make a check void that was never cashed, and undo its payment by a reversal."""
        key, it, said = key_of(request), check_of(request, check_id), said_in(UndoCheckAsked(data=request.data))
        posted = check_ending.void_payment(person_of(request), key, it, said["book_date"], said["reason"])
        return answered(posted)


class TakeUpCheckApi(APIView):
    """An opening check."""

    permission_classes = (PRINTS,)

    @extend_schema(operation_id="checks_take_up", parameters=KEYED, request=None, responses={201: CheckShape})
    def post(self, request: Request, entry_id: int) -> Response:
        """Take an outstanding check of the opening import among the checks, with its own number and date."""
        key, entry = key_of(request), books(request).entries.filter(pk=entry_id).first()
        if entry is None:
            raise Http404
        return Response(CheckShape(check_ending.take_up_opening(person_of(request), key, entry)).data, status=201)


class CheckRegisterApi(APIView):
    """The check register."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="reports_check_register", parameters=[*PAGED, RegisterAsked], responses=RegisterShape)
    def get(self, request: Request) -> Response:
        """Show the payments by check of an account with the book balance after each line."""
        seen, said, (first, last) = whole_books(request), query_of(request, RegisterAsked, *PAGE), this_month()
        account = account_of(seen, said["trust_account"])
        span = RegisterSpan(account, said.get("from_date", first), said.get("to_date", last))
        answer = REGISTER.answer(request, register(seen, span))
        totals = shape_of(RegisterTotals)(register_totals(seen, span)).data
        answer.data |= {"from_date": span.from_date.isoformat(), "to_date": span.to_date.isoformat(), "totals": totals}
        return answer


class OutstandingChecksApi(APIView):
    """Outstanding checks."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(
        operation_id="reports_outstanding_checks", parameters=[*PAGED, OutstandingAsked], responses=OutstandingShape
    )
    def get(self, request: Request) -> Response:
        """List the checks of an account that are out: not void, stopped or cleared; the oldest first, summed by age."""
        seen, said = whole_books(request), query_of(request, OutstandingAsked, *PAGE)
        account = account_of(seen, said["trust_account"])
        answer = OUTSTANDING.answer(request, outstanding(seen, account, today(), said["longer_than_days"]))
        answer.data |= {"aging": shape_of(Aging)(aging(seen, account, today())).data}
        return answer


class PositivePayApi(APIView):
    """The issue file of positive pay."""

    permission_classes = (PRINTS,)

    @extend_schema(
        operation_id="positive_pay", parameters=[PositivePayAsked], responses={(200, "text/plain"): OpenApiTypes.STR}
    )
    def get(self, request: Request) -> HttpResponse:
        """Give the issue file of some days in the layout of the bank; each making of one is recorded."""
        said = query_of(request, PositivePayAsked)
        account, layout = account_of(books(request), said["trust_account"]), layouts()[said["layout"]]
        made = positive_pay_file(person_of(request), account, layout, said["from_date"], said["to_date"])
        return HttpResponse(made, content_type="text/plain; charset=us-ascii")
