"""While an attorney is away: who decides in the place of whom, and from when to when."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from firms.models.people import Person


class Absence(models.Model):
    """An attorney is away from `first_day` to `last_day` (dates where the firm is), and `delegate` decides meanwhile.

    What was recorded never changes; an absence may be ended early, at once.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by_id")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="absences")
    delegate = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="stands_in")
    first_day = models.DateField()
    last_day = models.DateField()
    note = models.CharField(max_length=200, blank=True, help_text="What others should know")
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-first_day", "-id"], name="absence_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(delegate=F("person")), name="absence_delegate_is_another"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="absence_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return who is away."""
        return f"Absence of {self.person}"
