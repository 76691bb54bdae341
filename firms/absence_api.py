"""The API of absences: listed, recorded and ended by the same functions and with the same refusals as on the page."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms import absences
from firms.access import Capability, permission
from firms.models import Absence, Person
from firms.query_strings import query_of

SEES = permission(Capability.SEE_BOOKS, Capability.SEE_PEOPLE, write=[Capability.RECORD_ABSENCES])
RECORDS = permission(Capability.RECORD_ABSENCES)
LARGEST_ID, ROWS = 2**63 - 1, 100


class AbsenceShape(serializers.Serializer[Absence]):
    """An attorney away, and who decides meanwhile."""

    id = serializers.IntegerField()
    person = serializers.IntegerField(source="person_id")
    delegate = serializers.IntegerField(source="delegate_id")
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    note = serializers.CharField()
    recorded_by = serializers.IntegerField(source="recorded_by_id")
    recorded_at = serializers.DateTimeField()
    ended_by = serializers.IntegerField(source="ended_by_id", allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class AbsencesAsked(serializers.Serializer[Any]):
    """Which absences."""

    person = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    before = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text="Only absences recorded before this one"
    )


class AbsencePage(serializers.Serializer[Any]):
    """A page of absences; `older_than` is the `before` of the next page."""

    older_than = serializers.IntegerField(allow_null=True)
    results = AbsenceShape(many=True)


class AbsenceAsked(serializers.Serializer[Any]):
    """An absence to record."""

    person = serializers.PrimaryKeyRelatedField(queryset=Person.objects.filter(is_active=True))
    delegate = serializers.PrimaryKeyRelatedField(queryset=Person.objects.filter(is_active=True))
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


def caller(request: Request) -> Person:
    """Return who asks."""
    assert isinstance(request.user, Person)
    return request.user


class AbsencesApi(APIView):
    """Absences of attorneys."""

    permission_classes = (SEES,)

    @extend_schema(operation_id="absences_list", parameters=[AbsencesAsked], responses=AbsencePage)
    def get(self, request: Request) -> Response:
        """List absences, the last recorded first."""
        asked = query_of(request, AbsencesAsked)
        found = absences.absences().order_by("-id")
        if "person" in asked:
            found = found.filter(person=asked["person"])
        if "before" in asked:
            found = found.filter(pk__lt=asked["before"])
        rows = list(found[: ROWS + 1])
        older_than = rows[ROWS - 1].pk if len(rows) > ROWS else None
        return Response(AbsencePage({"older_than": older_than, "results": rows[:ROWS]}).data)

    @extend_schema(operation_id="absences_create", request=AbsenceAsked, responses={201: AbsenceShape})
    def post(self, request: Request) -> Response:
        """Record an absence: one's own, or as an administrator or managing partner anybody's."""
        asked = AbsenceAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        made = absences.record_absence(caller(request), **asked.validated_data)
        return Response(AbsenceShape(made).data, status=201)


class AbsenceEndApi(APIView):
    """Ending an absence early."""

    permission_classes = (RECORDS,)

    @extend_schema(operation_id="absences_end", request=None, responses=AbsenceShape)
    def post(self, request: Request, absence_id: int) -> Response:
        """End it at once."""
        absence = get_object_or_404(Absence, pk=absence_id)
        return Response(AbsenceShape(absences.end_absence(caller(request), absence)).data)
