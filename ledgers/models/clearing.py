"""What the bank has shown: that an entry, posted before, has cleared. Written by database functions only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledgers.models.journal import JournalEntry


class Clearance(models.Model):
    """That an entry was seen at the bank on a day, who says so, and from what. Never deleted: undone, with a reason.

    An entry without a clearance in force is outstanding. Entries of one bank item are one line at the bank and clear
    together.
    """

    class Source(models.TextChoices):
        """Where it was seen."""

        HAND = "hand", "Recorded by hand"
        MATCH = "match", "Matched with a statement"

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="clearances")
    bank_date = models.DateField(help_text="The day on which the bank shows it")
    source = models.CharField(max_length=5, choices=Source.choices)
    reference = models.CharField(max_length=100, help_text="The bank's line: statement, online bank, its number")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undo_reason = models.CharField(max_length=300, blank=True)
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(undone_at__isnull=True), name="clearance_once"),
            models.CheckConstraint(condition=Q(source__in=["hand", "match"]), name="clearance_known_source"),
            models.CheckConstraint(condition=~Q(reference=""), name="clearance_has_reference"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True, undo_reason="")
                | (Q(undone_at__isnull=False, undone_by__isnull=False) & ~Q(undo_reason="")),
                name="clearance_undone_why",
            ),
        ]

    def __str__(self) -> str:
        """Return which entry cleared when."""
        return f"Entry {self.entry_id} cleared {self.bank_date}"
