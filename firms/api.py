"""The API of the firm: people and the audit trail."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms import people
from firms.access import Capability, permission, person_of
from firms.audit_queries import Filters, audit_events, page_of
from firms.models import AuditEvent, Person
from firms.query_strings import query_of


class PersonSerializer(serializers.Serializer[Any]):
    """A person."""

    id = serializers.IntegerField(read_only=True)
    full_name = serializers.CharField(max_length=200)
    email = serializers.EmailField()
    is_active = serializers.BooleanField(read_only=True)
    roles = serializers.ListField(child=serializers.CharField(), read_only=True)


class AuditEventSerializer(serializers.Serializer[AuditEvent]):
    """An event of the audit trail."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.IntegerField(source="actor_id", allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # the event's own word
    address = serializers.CharField(allow_null=True)
    request_id = serializers.CharField()
    database_role = serializers.CharField()
    action = serializers.CharField()
    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    row_count = serializers.IntegerField()
    before = serializers.JSONField(source="detail.before", allow_null=True)
    after = serializers.JSONField(source="detail.after", allow_null=True)


class AuditFilterSerializer(serializers.Serializer[Any]):
    """What to look for in the audit trail."""

    actor = serializers.IntegerField(required=False, source="actor_id", min_value=1, max_value=2**63 - 1)
    action = serializers.CharField(required=False, max_length=80)
    subject_type = serializers.CharField(required=False, max_length=80)
    subject_id = serializers.CharField(required=False, max_length=80)
    first_day = serializers.DateField(required=False)
    last_day = serializers.DateField(required=False)
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class AuditPageSerializer(serializers.Serializer[Any]):
    """A page of events; `older_than` is the `before` of the next page."""

    older_than = serializers.IntegerField(allow_null=True)
    results = AuditEventSerializer(many=True)


class PeopleApi(APIView):
    """People of the firm."""

    permission_classes = (permission(Capability.SEE_PEOPLE, write=[Capability.MANAGE_PEOPLE]),)

    @extend_schema(operation_id="people_list", responses=PersonSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List everybody: active people first, by name."""
        return Response(PersonSerializer(people.people_with_roles(), many=True).data)

    @extend_schema(operation_id="people_create", request=PersonSerializer, responses={201: PersonSerializer})
    def post(self, request: Request) -> Response:
        """Add a person, who gets a link to set a password."""
        typed = PersonSerializer(data=request.data)
        typed.is_valid(raise_exception=True)
        assert isinstance(request.user, Person)
        made = people.create_person(request.user, **typed.validated_data)
        facts = {"id": made.pk, "full_name": made.full_name, "email": made.email, "is_active": True, "roles": []}
        return Response(facts, status=201)


class AuditEventsApi(APIView):
    """The audit trail."""

    permission_classes = (permission(Capability.SEE_AUDIT),)

    @extend_schema(
        operation_id="audit_events_list",
        parameters=[AuditFilterSerializer, OpenApiParameter("before", int, description="Only events older than this")],
        responses=AuditPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List events, newest first."""
        filters = query_of(request, AuditFilterSerializer)
        before = filters.pop("before", None)
        page = page_of(audit_events(person_of(request), Filters(**filters)), before)
        return Response(AuditPageSerializer({"older_than": page.older_than, "results": page.events}).data)
