"""Balance monitoring: the times during which a matter's money was below what its fee agreement asks for."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ledgers.models import Matter
from ledgers.money import CentsField, Money


class LowBalanceEpisode(models.Model):
    """A matter's available money is below its minimum, from one check until the check that finds it recovered.

    Written by `check_balances()` only. One open episode per matter: whoever is told, is told once per episode.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="low_balance_episodes")
    opened_at = models.DateTimeField()
    available = CentsField(help_text="Available money, over all trust accounts, when the episode began")
    minimum = CentsField(help_text="The minimum at that time")
    closed_at = models.DateTimeField(null=True, help_text="When a check found it recovered")
    closed_available: "CentsField[Money | int | None, Money | None]" = CentsField(null=True)
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter"], condition=Q(closed_at__isnull=True), name="low_balance_episode_once"
            ),
            models.CheckConstraint(condition=Q(available__lt=F("minimum")), name="low_balance_is_low"),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="low_balance_recent")]

    def __str__(self) -> str:
        """Return the matter and since when."""
        return f"{self.matter_id} low since {self.opened_at:%Y-%m-%d}"
