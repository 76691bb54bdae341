"""Ethical walls: who must not see a matter. Only people raise and lift them, in their own session."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from firms.access import permission
from firms.models import Role
from ledgers import parties
from ledgers.api.closing import matter_of
from ledgers.api.corrections import found_or_404, said_in
from ledgers.api.shapes import LARGEST_ID, person_of
from ledgers.models import MatterWall
from ledgers.queries.parties import may_be_walled_off, walls_of_matter

RAISES = permission(Role.PARTNER, Role.SUPERVISOR)


class WallShape(serializers.Serializer[MatterWall]):
    """An ethical wall: for this person the matter does not exist, until it is lifted."""

    id = serializers.IntegerField()
    person = serializers.IntegerField(source="person_id")
    reason = serializers.CharField()
    raised_by = serializers.IntegerField(source="raised_by_id")
    raised_at = serializers.DateTimeField()
    lifted_by = serializers.IntegerField(source="lifted_by_id", allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)


class WallAsked(serializers.Serializer[Any]):
    """Who must not see the matter, and why."""

    person = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    reason = serializers.CharField(max_length=300)


class WallsApi(APIView):
    """The walls around a matter."""

    permission_classes = (RAISES,)

    @extend_schema(operation_id="matters_walls_list", responses=WallShape(many=True))
    def get(self, request: Request, matter_id: int) -> Response:
        """List the walls that stand and stood around a matter, newest first."""
        return Response([WallShape(wall).data for wall in walls_of_matter(matter_of(request, matter_id))])

    @extend_schema(operation_id="matters_walls_create", request=WallAsked, responses={201: WallShape})
    def post(self, request: Request, matter_id: int) -> Response:
        """Raise a wall: for this person the matter no longer exists."""
        matter, said = matter_of(request, matter_id), said_in(WallAsked, request)
        person = may_be_walled_off().filter(pk=said["person"]).first()
        if person is None:
            raise ValidationError({"person": ["There is no such person who could see a matter."]})
        wall = parties.raise_wall(matter, person, person_of(request), said["reason"])
        return Response(WallShape(wall).data, status=201)


class WallLiftApi(APIView):
    """Lifting a wall."""

    permission_classes = (RAISES,)

    @extend_schema(operation_id="matters_walls_lift", request=None, responses=WallShape)
    def post(self, request: Request, matter_id: int, wall_id: int) -> Response:
        """Lift a wall; nobody lifts the own one."""
        walls = walls_of_matter(matter_of(request, matter_id))
        parties.lift_wall(found_or_404(walls.filter(pk=wall_id).first()), person_of(request))
        return Response(WallShape(walls.get(pk=wall_id)).data)
