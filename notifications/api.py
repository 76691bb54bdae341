"""The API of the delivery log."""

from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import Capability, permission
from firms.models import Person
from firms.query_strings import query_of
from notifications.delivery import send_again
from notifications.models import Notice
from notifications.queries import listed, visible_to

ROWS = 100
SENDERS = (Capability.SEND_REQUESTS, Capability.MANAGE_SETTINGS)
READS, SENDS = permission(*SENDERS, Capability.SEE_AUDIT), permission(*SENDERS)


class NoticeSerializer(serializers.Serializer[Notice]):
    """One letter about one event to one person."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    person = serializers.IntegerField(source="person_id", allow_null=True)
    matter = serializers.IntegerField(source="matter_id", allow_null=True)
    address = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
    message_id = serializers.CharField()
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    last_error = serializers.CharField()
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class NoticeAskedSerializer(serializers.Serializer[Any]):
    """What to look for."""

    state = serializers.ChoiceField(choices=Notice.State.values, required=False, default="")
    page = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)


class NoticePageSerializer(serializers.Serializer[Any]):
    """A page of letters, newest first."""

    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = NoticeSerializer(many=True)


class NoticesApi(APIView):
    """The delivery log."""

    permission_classes = (READS,)

    @extend_schema(operation_id="notices_list", parameters=[NoticeAskedSerializer], responses=NoticePageSerializer)
    def get(self, request: Request) -> Response:
        """List letters, newest first."""
        asked = query_of(request, NoticeAskedSerializer)
        assert isinstance(request.user, Person)
        number = asked["page"]
        paginator = Paginator(listed(request.user, asked["state"]), ROWS)
        results = list(paginator.page(number)) if number <= paginator.num_pages else []
        facts = {"count": paginator.count, "page": number, "pages": paginator.num_pages, "results": results}
        return Response(NoticePageSerializer(facts).data)


class NoticeSendAgainApi(APIView):
    """Sending a letter again."""

    permission_classes = (SENDS,)

    @extend_schema(operation_id="notices_send_again", request=None, responses=NoticeSerializer)
    def post(self, request: Request, notice_id: int) -> Response:
        """Put a letter that was given up back into the queue."""
        assert isinstance(request.user, Person)
        notice = get_object_or_404(visible_to(request.user), pk=notice_id)
        return Response(NoticeSerializer(send_again(request.user, notice.pk)).data)
