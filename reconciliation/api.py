"""The months of trust accounts: listing, preparing, re-opening."""

from datetime import date
from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import permission
from firms.models import Role
from ledgers.api.corrections import ProposalShape
from ledgers.api.shapes import LARGEST_ID, books, person_of, shape_of
from ledgers.models import TrustAccount
from reconciliation import months
from reconciliation.queries import MonthRow
from reconciliation.queries import months as months_in

READS = permission(Role.COORDINATOR, Role.SUPERVISOR, Role.PARTNER, Role.AUDITOR)
MONTH = shape_of(MonthRow)


class MonthAsked(serializers.Serializer[Any]):
    """A month of an account, by any of its days."""

    trust_account = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    month = serializers.DateField(help_text="Its first day")


class ReopeningAsked(MonthAsked):
    """Which month is to be opened again, and why."""

    reason = serializers.CharField(max_length=500)


def said_in(shape: type[serializers.Serializer[Any]], request: Request) -> tuple[TrustAccount, date, dict[str, Any]]:
    """Return the visible account, the month's first day, and what else was sent."""
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    said = cast("dict[str, Any]", asked.validated_data)
    account = account_of(request, said["trust_account"])
    first_day = said["month"].replace(day=1)
    if months.month_of(account, first_day) is None:
        raise Http404
    return account, first_day, said


def account_of(request: Request, account_id: int) -> TrustAccount:
    """Return a visible account, or answer 404."""
    found = books(request).accounts.filter(pk=account_id).first()
    if found is None:
        raise Http404
    return found


class MonthsApi(APIView):
    """The months of a trust account."""

    permission_classes = (READS,)

    @extend_schema(operation_id="trust_accounts_months_list", responses=MONTH(many=True))
    def get(self, request: Request, account_id: int) -> Response:
        """List the months up to the firm's, newest first, with what moved and what the account held."""
        return Response(MONTH(months_in(account_of(request, account_id)), many=True).data)


class ReconciliationsApi(APIView):
    """Preparing a month for its lock."""

    permission_classes = (permission(*months.MAY_PREPARE),)

    @extend_schema(operation_id="reconciliations_create", request=MonthAsked, responses={202: ProposalShape})
    def post(self, request: Request) -> Response:
        """Prepare a month; a trust supervisor locks it with a code in a session of their own."""
        account, first_day, _ = said_in(MonthAsked, request)
        return Response(ProposalShape(months.prepare(person_of(request), account, first_day)).data, status=202)


class ReopenApi(APIView):
    """Opening a locked month again."""

    permission_classes = (permission(*months.MAY_PREPARE),)

    @extend_schema(operation_id="reconciliations_re_open", request=ReopeningAsked, responses={202: ProposalShape})
    def post(self, request: Request) -> Response:
        """Propose to re-open the latest locked month."""
        account, first_day, said = said_in(ReopeningAsked, request)
        proposal = months.propose_reopening(person_of(request), account, first_day, said["reason"])
        return Response(ProposalShape(proposal).data, status=202)
