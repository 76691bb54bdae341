"""What is to be told, which jobs have run, and what waits for a second person."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from firms.models.people import Person


class OutboxEvent(models.Model):
    """Something a higher part must learn of, written in the transaction that did it; each reader marks it once."""

    web_may_update: ClassVar[tuple[str, ...]] = ("notified_at", "examined_at")

    kind = models.CharField(max_length=80)
    dedupe = models.CharField(max_length=200, unique=True)
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True, help_text="When notifications took it")
    examined_at = models.DateTimeField(null=True, help_text="When compliance took it")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(notified_at__isnull=True), name="outbox_to_notify"),
            models.Index(fields=["id"], condition=Q(examined_at__isnull=True), name="outbox_to_examine"),
            models.Index(fields=["subject_type", "subject_id"], name="outbox_subject"),
        ]

    def __str__(self) -> str:
        """Return the kind and what it is about."""
        return f"{self.kind} {self.subject_id}"


class JobRun(models.Model):
    """The permit of a scheduled job for one period: whoever inserts it may run, nobody else."""

    web_may_update: ClassVar[tuple[str, ...]] = ("taken_at", "tries", "finished_at", "failed_at", "problem", "result")

    job = models.CharField(max_length=80)
    scope = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    taken_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=1)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, default="")
    result = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "scope", "period"], name="job_run_once")]
        indexes = [models.Index(fields=["job", "-taken_at"], name="job_run_recent")]

    def __str__(self) -> str:
        """Return job, scope and period."""
        return f"{self.job} {self.scope} {self.period}"


class Proposal(models.Model):
    """Something that takes effect only when another person confirms exactly this content."""

    class State(models.TextChoices):
        """The life-cycle: a proposal is decided once."""

        PROPOSED = "proposed", "Waiting"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    web_may_update: ClassVar[tuple[str, ...]] = ("state", "decided_by_id", "decided_at", "reason", "solo", "result")

    kind = models.CharField(max_length=80)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    summary = models.CharField(max_length=300)
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    solo = models.BooleanField(default=False, help_text="The same person did both under the recorded solo policy")
    result = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | Q(
                    state__in=["confirmed", "declined", "withdrawn"], decided_by__isnull=False, decided_at__isnull=False
                ),
                name="proposal_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(solo=True) | ~Q(decided_by=F("proposed_by")),
                name="proposal_needs_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | Q(decided_by=F("proposed_by")),
                name="proposal_withdrawn_by_its_author",
            ),
            models.UniqueConstraint(
                fields=["kind", "content_hash"], condition=Q(state="proposed"), name="proposal_open_once"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="proposed"), name="proposal_waiting")]

    def __str__(self) -> str:
        """Return the summary."""
        return self.summary

    def content_of(self, name: str) -> Any:
        """Return one value of the content."""
        return self.content[name]
