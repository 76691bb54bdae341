"""Settlement statements that the client signed: the signed paper."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from billing.settlement_models import SettlementStatement
from disbursements.models.attachments import Attachment

PERSON = settings.AUTH_USER_MODEL


class SettlementSignature(models.Model):
    """The client's signature under exactly this statement, with the signed paper; recorded by a coordinator."""

    web_may: ClassVar[str] = "append"

    statement = models.OneToOneField(SettlementStatement, on_delete=models.PROTECT, related_name="signature")
    content_hash = models.CharField(max_length=64, help_text="Of the statement that was signed")
    signed_on = models.DateField()
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=500, blank=True, help_text="How it came back")
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return what was signed."""
        return f"Signature under statement {self.statement_id}"
