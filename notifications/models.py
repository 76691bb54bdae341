"""What people were told: one notice per event and person, and the demonstration's mailbox."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from firms.models import OutboxEvent


class Notice(models.Model):
    """One letter about one event to one person: the delivery log.

    Queued, then sent; or deferred (to be tried again), undeliverable (given up, an exception), not needed any more
    (with the reason) or not mailed (an event of a kind nobody is written to about).
    """

    class State(models.TextChoices):
        """How far the letter came."""

        QUEUED = "queued", "Queued"
        DEFERRED = "deferred", "Deferred"
        SENT = "sent", "Sent"
        UNDELIVERABLE = "undeliverable", "Undeliverable"
        NOT_NEEDED = "not_needed", "Not needed"
        NOT_MAILED = "not_mailed", "Not mailed"

    event = models.ForeignKey(OutboxEvent, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=80)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="notices")
    matter = models.ForeignKey("ledgers.Matter", null=True, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=13, choices=State.choices, default=State.QUEUED)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True, help_text="What was sent; empty for letters that carry a personal link")
    html = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    web_may_update: ClassVar[tuple[str, ...]] = (
        "state", "subject", "text", "html", "attempts", "next_attempt_at", "last_error", "sent_at",
    )  # fmt: skip

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=["queued", "deferred"]), name="notice_due"),
            models.Index(fields=["state", "-id"], name="notice_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "person"], name="notice_once_per_person"),
            models.UniqueConstraint(fields=["event", "address"], name="notice_once_per_address"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "deferred", "sent", "undeliverable", "not_needed", "not_mailed"]),
                name="notice_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="notice_sent_when",
            ),
        ]

    def __str__(self) -> str:
        """Return what about and to whom."""
        return f"{self.kind} to {self.address}"

    @property
    def is_personal(self) -> bool:
        """Whether the letter carries a link that is its reader's alone, so that its text is not kept."""
        return self.kind.startswith("mail.")


class DemoMail(models.Model):
    """A letter of the demonstration firm: it lies here and goes nowhere else."""

    web_may: ClassVar[str] = "append"

    at = models.DateTimeField()
    sender = models.CharField(max_length=254)
    to = models.CharField(max_length=1000)
    subject = models.CharField(max_length=400)
    message_id = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict)
    text = models.TextField()
    html = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], name="demo_mail_recent")]

    def __str__(self) -> str:
        """Return the subject."""
        return self.subject
