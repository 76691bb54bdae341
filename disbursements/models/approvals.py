"""The first of two approvals, over the firm's limit."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from disbursements.models.requests import DisbursementRequest
from ledgers.money import CentsField


class FirstApproval(models.Model):
    """One attorney approved a request that needs two; it still waits, for another attorney. Never changed.

    `firm_limit` is the firm's limit for one attorney as it was then, `counted` what was requested that day for the same
    payee and matter, this request included. The second decision is the request's own.
    """

    web_may: ClassVar[str] = "append"

    request = models.OneToOneField(DisbursementRequest, on_delete=models.PROTECT, related_name="first_approval")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="The attorney who was away, where a delegate decided",
    )  # fmt: skip
    content_hash = models.CharField(max_length=64)
    decided_at = models.DateTimeField()
    firm_limit = CentsField()
    counted = CentsField()

    def __str__(self) -> str:
        """Return what it approves."""
        return f"First approval of request {self.request_id}"
