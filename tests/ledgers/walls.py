"""Ethical walls in tests."""

from firms.clock import now
from ledgers.models import MatterWall
from tests.cast import Cast


def wall_off(cast: Cast) -> None:
    """Put the coordinator behind a wall to Doe's matter."""
    MatterWall.objects.create(
        matter=cast.doe_matter,
        person=cast.coordinator,
        reason="Conflict",
        raised_by=cast.partner,
        raised_at=now(),
    )
