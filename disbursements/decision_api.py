"""Before somebody decides: who decides on a request, and what an approval would come to now."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from disbursements import approval, queries
from disbursements.api import found_or_404
from disbursements.models import DisbursementRequest, State
from disbursements.standing import standing
from disbursements.two_attorneys import deciders_of, first_approval_of, new_deciders_of, over_the_limit
from firms.access import Capability, permission
from firms.models import Person
from ledgers.api.shapes import person_of
from ledgers.authorities import NewDecider

COMES_TO = ("posted", "first_of_two", "unfunded", "refused")


class NewDeciderShape(serializers.Serializer[NewDecider]):
    """Somebody who would decide if the role were not new; never on what is older than it."""

    person = serializers.IntegerField(source="person_id")
    role = serializers.CharField()
    given = serializers.DateTimeField()
    decides_from = serializers.DateTimeField()
    is_older = serializers.BooleanField(help_text="The request is older than the role, which never decides on it")


class DecisionShape(serializers.Serializer[Any]):
    """Who decides next, and what an approval by whoever asks this would come to; nothing where they do not decide."""

    deciders = serializers.ListField(child=serializers.IntegerField())
    newcomers = NewDeciderShape(many=True)
    may_approve = serializers.BooleanField()
    may_reject = serializers.BooleanField()
    comes_to = serializers.ChoiceField(choices=COMES_TO, allow_null=True)
    code = serializers.CharField(help_text="Of the refusal, where an approval would be refused")
    detail = serializers.CharField(help_text="Why it would be refused, or not be posted yet")


def decision_on(request: DisbursementRequest, person: Person) -> dict[str, Any]:
    """Return who decides on a request, and what an approval by this person would come to now."""
    waits, may_approve = request.state == State.AWAITING_APPROVAL, approval.may_decide(person, request)
    told: dict[str, Any] = {"comes_to": None, "code": "", "detail": ""}
    if may_approve:
        now = standing(request, person)
        if now.refused is not None:
            told = {"comes_to": "refused", "code": now.refused.code, "detail": now.refused.detail}
        elif over_the_limit(request) and first_approval_of(request) is None:
            told["comes_to"] = "first_of_two"
        else:
            told |= {"comes_to": "unfunded" if now.unfunded else "posted", "detail": now.unfunded}
    return told | {
        "deciders": [one.person_id for one in deciders_of(request)] if waits else [],
        "newcomers": new_deciders_of(request) if waits else [],
        "may_approve": may_approve,
        "may_reject": approval.may_reject(person, request),
    }


class DecisionApi(APIView):
    """The decision on a request, before it is made."""

    permission_classes = (permission(Capability.SEE_BOOKS),)

    @extend_schema(operation_id="disbursement_requests_decision", responses=DecisionShape)
    def get(self, request: Request, request_id: int) -> Response:
        """Tell who decides, and what an approval by you would come to now; an approval itself asks again."""
        person = person_of(request)
        it = found_or_404(queries.visible_to(person).filter(pk=request_id).first())
        return Response(DecisionShape(decision_on(it, person)).data)
