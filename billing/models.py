"""Time that people worked for matters, and the files it came from."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Round

from ledgers.models import Matter
from ledgers.money import CentsField

PERSON = settings.AUTH_USER_MODEL
MOST_HOURS = 24


class TimeImport(models.Model):
    """A file of time entries that was taken in whole, once."""

    web_may: ClassVar[str] = "append"

    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    row_count = models.PositiveIntegerField()
    imported_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="time_file_once")]

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.name


class TimeEntry(models.Model):
    """Hours that a person worked for a matter on a day; `amount` is hours times rate, half a cent rounded up.

    It may be changed until an invoice bills it; one that never was true is taken out, and stays on record.
    """

    web_may_update: ClassVar[tuple[str, ...]] = (
        *("person", "matter", "date", "hours", "rate", "narrative", "is_billable", "version"),
        *("removed_at", "removed_by", "remove_reason"),
    )

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="time_entries")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="time_entries")
    date = models.DateField()
    hours = models.DecimalField(max_digits=4, decimal_places=2)
    rate = CentsField(help_text="For an hour")
    amount = models.GeneratedField(
        expression=ExpressionWrapper(Round(F("hours") * F("rate")), output_field=CentsField()),
        output_field=CentsField(),
        db_persist=True,
    )
    narrative = models.CharField(max_length=1000)
    is_billable = models.BooleanField(default=True)
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    imported_from = models.ForeignKey(TimeImport, null=True, on_delete=models.PROTECT, related_name="entries")
    removed_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    remove_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["-date", "-id"], name="time_recent"),
            models.Index(fields=["matter", "-date", "-id"], name="time_of_matter"),
            models.Index(fields=["person", "-date", "-id"], name="time_of_person"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0, hours__lte=MOST_HOURS), name="time_hours_of_a_day"),
            models.CheckConstraint(condition=Q(rate__gte=0), name="time_rate_not_negative"),
            models.CheckConstraint(condition=~Q(narrative=""), name="time_says_what_was_done"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True, remove_reason="")
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(remove_reason="")),
                name="time_removed_why",
            ),
        ]

    def __str__(self) -> str:
        """Return who worked how long, when."""
        return f"{self.person}, {self.date}: {self.hours}"
