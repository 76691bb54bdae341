"""Exceptions: what a person must look at. And the pulse of the worker."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledgers.models import Matter, TrustAccount
from ledgers.money import CentsField, Money


class TrustException(models.Model):
    """Something a person must look at, from when a rule found it until its cause is gone or a person settled it."""

    class Severity(models.TextChoices):
        """What hurts first."""

        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        INFO = "info", "Info"

    class State(models.TextChoices):
        """Open, put off until a day, or done with."""

        OPEN = "open", "Open"
        SNOOZED = "snoozed", "Snoozed"
        RESOLVED = "resolved", "Resolved"

    rule = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=80)
    label = models.CharField(max_length=300)
    matter = models.ForeignKey(Matter, null=True, on_delete=models.PROTECT, related_name="exceptions")
    trust_account = models.ForeignKey(TrustAccount, null=True, on_delete=models.PROTECT, related_name="exceptions")
    amount: "CentsField[Money | int | None, Money | None]" = CentsField(null=True)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    opened_at = models.DateTimeField()
    due_date = models.DateField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    snoozed_until = models.DateField(null=True)
    snooze_reason = models.CharField(max_length=500, blank=True)
    snoozed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    resolution = models.CharField(max_length=500, blank=True)

    web_may_update: ClassVar[tuple[str, ...]] = (
        "label", "amount", "severity", "due_date", "owner_id", "state", "snoozed_until", "snooze_reason",
        "snoozed_by_id", "resolved_at", "resolved_by_id", "resolution",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_type", "subject_id"],
                condition=~Q(state="resolved"),
                name="exception_open_once",
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["critical", "high", "medium", "info"]), name="exception_known_severity"
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True)
                | (Q(state="snoozed", resolved_at__isnull=True, snoozed_until__isnull=False) & ~Q(snooze_reason=""))
                | (Q(state="resolved", resolved_at__isnull=False) & ~Q(resolution="")),
                name="exception_state_recorded",
            ),
        ]
        indexes = [
            models.Index(fields=["rule"], condition=~Q(state="resolved"), name="exception_open_by_rule"),
            models.Index(fields=["rule", "subject_type", "subject_id"], name="exception_of_subject"),
            models.Index(fields=["-resolved_at"], name="exception_history"),
        ]

    def __str__(self) -> str:
        """Return rule and subject."""
        return f"{self.rule}: {self.label}"


class Pulse(models.Model):
    """When a round of the worker was last done: one row per round. A silent worker is seen by the web process."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return whose and when."""
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"
