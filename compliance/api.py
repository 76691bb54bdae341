"""The API of the exceptions."""

from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from compliance import queries, watch
from compliance.models import TrustException
from compliance.rules import RULES
from firms.access import Capability, permission
from firms.models import Person
from firms.query_strings import query_of
from ledgers.api.shapes import AmountField

ROWS = 100
MAX_ID = 2**63 - 1
WORKERS = permission(Capability.WORK_EXCEPTIONS)


class ExceptionSerializer(serializers.Serializer[TrustException]):
    """Something a person must look at."""

    id = serializers.IntegerField()
    rule = serializers.CharField()
    title = serializers.SerializerMethodField()
    label = serializers.CharField()  # type: ignore[assignment]  # the exception's own word
    severity = serializers.CharField()
    state = serializers.CharField()
    matter = serializers.IntegerField(source="matter_id", allow_null=True)
    trust_account = serializers.IntegerField(source="trust_account_id", allow_null=True)
    amount = AmountField(allow_null=True)
    opened_at = serializers.DateTimeField()
    due_date = serializers.DateField(allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    snoozed_until = serializers.DateField(allow_null=True)
    snooze_reason = serializers.CharField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = serializers.IntegerField(source="resolved_by_id", allow_null=True)
    resolution = serializers.CharField()

    def get_title(self, exception: TrustException) -> str:
        """Return what the rule is called."""
        return RULES[exception.rule].title


class ExceptionFilterSerializer(serializers.Serializer[Any]):
    """What to look for."""

    severity = serializers.ChoiceField(choices=TrustException.Severity.values, required=False)
    rule = serializers.ChoiceField(choices=sorted(RULES), required=False)
    owner = serializers.ChoiceField(choices=["me", "nobody"], required=False)
    state = serializers.ChoiceField(choices=TrustException.State.values, required=False)


class ExceptionAskedSerializer(ExceptionFilterSerializer):
    """What to look for, and which page of it."""

    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)


class ExceptionPageSerializer(serializers.Serializer[Any]):
    """A page of exceptions, worst first."""

    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = ExceptionSerializer(many=True)


class ResolutionSerializer(serializers.Serializer[Any]):
    """What was done about it."""

    resolution = serializers.CharField(max_length=500)


class SnoozeSerializer(serializers.Serializer[Any]):
    """Until when, and why."""

    until = serializers.DateField()
    reason = serializers.CharField(max_length=500)


class OwnerSerializer(serializers.Serializer[Any]):
    """Who looks after it; null for nobody."""

    owner = serializers.IntegerField(allow_null=True, min_value=1, max_value=MAX_ID)


def found_by(request: Request, exception_id: int) -> tuple[Person, TrustException]:
    """Return who asks and the exception; one they may not see does not exist."""
    assert isinstance(request.user, Person)
    return request.user, get_object_or_404(queries.visible_to(request.user), pk=exception_id)


def given(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what was sent, checked for its form."""
    typed = kind(data=request.data)
    typed.is_valid(raise_exception=True)
    return dict(typed.validated_data)


class ExceptionsApi(APIView):
    """Exceptions."""

    permission_classes = (permission(Capability.WORK_EXCEPTIONS, Capability.SEE_AUDIT),)

    @extend_schema(
        operation_id="exceptions_list", parameters=[ExceptionAskedSerializer], responses=ExceptionPageSerializer
    )
    def get(self, request: Request) -> Response:
        """List exceptions, worst first; without `state`, those that are open."""
        wanted = query_of(request, ExceptionAskedSerializer)
        assert isinstance(request.user, Person)
        number = wanted.pop("page")
        paginator = Paginator(queries.listed(request.user, queries.Filters(**wanted)), ROWS)
        results = list(paginator.page(number)) if number <= paginator.num_pages else []
        facts = {"count": paginator.count, "page": number, "pages": paginator.num_pages, "results": results}
        return Response(ExceptionPageSerializer(facts).data)


class ExceptionApi(APIView):
    """One exception."""

    permission_classes = (permission(Capability.WORK_EXCEPTIONS, Capability.SEE_AUDIT),)

    @extend_schema(operation_id="exceptions_retrieve", responses=ExceptionSerializer)
    def get(self, request: Request, exception_id: int) -> Response:
        """Return one exception."""
        return Response(ExceptionSerializer(found_by(request, exception_id)[1]).data)


class ExceptionResolveApi(APIView):
    """Settling an exception."""

    permission_classes = (WORKERS,)

    @extend_schema(operation_id="exceptions_resolve", request=ResolutionSerializer, responses=ExceptionSerializer)
    def post(self, request: Request, exception_id: int) -> Response:
        """Settle it with a sentence; refused while its cause is there."""
        by, found = found_by(request, exception_id)
        settled = watch.resolve(by, found, given(ResolutionSerializer, request)["resolution"])
        return Response(ExceptionSerializer(settled).data)


class ExceptionSnoozeApi(APIView):
    """Putting an exception off."""

    permission_classes = (WORKERS,)

    @extend_schema(operation_id="exceptions_snooze", request=SnoozeSerializer, responses=ExceptionSerializer)
    def post(self, request: Request, exception_id: int) -> Response:
        """Put it off until a day, with the reason."""
        by, found = found_by(request, exception_id)
        return Response(ExceptionSerializer(watch.snooze(by, found, **given(SnoozeSerializer, request))).data)


class ExceptionOwnerApi(APIView):
    """Who looks after an exception."""

    permission_classes = (WORKERS,)

    @extend_schema(operation_id="exceptions_owner", request=OwnerSerializer, responses=ExceptionSerializer)
    def post(self, request: Request, exception_id: int) -> Response:
        """Say who looks after it, or nobody."""
        by, found = found_by(request, exception_id)
        chosen = given(OwnerSerializer, request)["owner"]
        owner = next((person for person in queries.people_to_own() if person.pk == chosen), None)
        if chosen is not None and owner is None:
            raise serializers.ValidationError({"owner": ["This person does not work on exceptions."]})
        return Response(ExceptionSerializer(watch.give(by, found, owner)).data)
