"""The personal links by which attorneys are asked to decide."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from disbursements.models.requests import DisbursementRequest


class ApprovalLink(models.Model):
    """A pointer to one request, sent to one attorney. It opens a page and decides nothing by itself.

    Only the SHA-256 of its token is kept: the token is in the letter and nowhere else (RELIABILITY D15, D16). A newer
    link to the same attorney supersedes it; `opened_at` is when that attorney, signed in, saw the page.
    """

    request = models.ForeignKey(DisbursementRequest, on_delete=models.PROTECT, related_name="links")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="When the attorney decided by it")
    web_may_update: ClassVar[tuple[str, ...]] = ("superseded_at", "opened_at", "used_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "approver"],
                condition=Q(superseded_at__isnull=True),
                name="approval_link_newest_only",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="approval_link_expires"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(opened_at__isnull=False), name="approval_link_used_was_opened"
            ),
        ]

    def __str__(self) -> str:
        """Return what it points to; never the token."""
        return f"Link to request {self.request_id}"
