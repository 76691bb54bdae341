"""Documents that belong to requests: invoices, orders, letters."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Attachment(models.Model):
    """A file as it was uploaded, kept byte for byte in pieces; never changed.

    `content_type` is what its bytes say it is, not what it was called. A request names its attachments
    (`DisbursementRequest.attachments`), a signature its signed paper; one that nothing names is seen by nobody.
    """

    web_may: ClassVar[str] = "append"

    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="attachment_has_name"),
            models.CheckConstraint(condition=Q(size__gt=0, size__lte=10_485_760), name="attachment_size"),
        ]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.name


class AttachmentPiece(models.Model):
    """A piece of a file's bytes."""

    web_may: ClassVar[str] = "append"

    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="pieces")
    seq = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "seq"], name="attachment_piece_once")]

    def __str__(self) -> str:
        """Return file and place."""
        return f"{self.attachment_id}/{self.seq}"
