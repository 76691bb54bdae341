"""What opens the door: API tokens, codes of the second factor, devices seen before."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from firms.models.people import Person


class ApiToken(models.Model):
    """A program's key to the API in a person's name; only its digest is kept."""

    web_may_update: ClassVar[tuple[str, ...]] = ("revoked_at", "revoked_by_id", "last_used_at", "last_used_address")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    expires_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        """Return the visible part."""
        return f"{self.prefix}… {self.name}"


class CodeTry(models.Model):
    """One code, one touch of a passkey or one use of a remembered device, given for one decision.

    An accepted one may be spent once, for it only.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("spent_at",)

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    purpose_hash = models.CharField(max_length=64)
    method = models.CharField(max_length=12)
    step = models.BigIntegerField(null=True, help_text="The 30-second step of an accepted code")
    nonce = models.CharField(max_length=40, null=True, unique=True, help_text="Of the challenge that a passkey signed")
    device = models.ForeignKey("KnownDevice", null=True, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField()
    at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "step"], name="code_used_once"),
            models.CheckConstraint(
                condition=Q(accepted=True) | Q(step__isnull=True, nonce__isnull=True, spent_at__isnull=True),
                name="code_refused",
            ),
            models.CheckConstraint(
                condition=Q(method="device", accepted=True, device__isnull=False)
                | (Q(device__isnull=True) & (~Q(method="device") | Q(accepted=False))),
                name="code_of_device",
            ),
        ]
        indexes = [models.Index(fields=["person", "at"], name="code_try_recent")]

    def __str__(self) -> str:
        """Return whose it was and how it went."""
        return f"{self.person_id} {'accepted' if self.accepted else 'refused'}"


class KnownDevice(models.Model):
    """A browser from which a person has signed in before, known by the digest of a cookie."""

    web_may_update: ClassVar[tuple[str, ...]] = ("last_seen_at", "user_agent", "digest", "decides_until")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    decides_until = models.DateTimeField(null=True, help_text="Until when it is the second factor of small decisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="known_device_once")]

    def __str__(self) -> str:
        """Return whose and since when."""
        return f"{self.person_id} since {self.first_seen_at:%Y-%m-%d}"
