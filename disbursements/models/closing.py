"""What a client is told when a matter is over: the final statement, kept as it was sent."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledgers.models import Matter


class FinalStatement(models.Model):
    """The itemized final statement of a matter as it went to the client: its bytes, their SHA-256, and to whom.

    `line_count` is how many lines its ledgers had: another posting makes another statement. Never changed.
    """

    web_may: ClassVar[str] = "append"

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="final_statements")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    line_count = models.BigIntegerField()
    address = models.EmailField(blank=True, help_text="Where it was sent; empty: the client has no e-mail address")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: by itself"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(line_count__gt=0), name="final_statement_tells_something"),
        ]

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Final statement {self.pk}"
