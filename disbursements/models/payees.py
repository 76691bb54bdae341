"""Who is paid: people, organizations, courts."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from ledgers.models import JournalEntry

Method = JournalEntry.Method
PAID_BY = [(m.value, m.label) for m in (Method.CHECK, Method.WIRE, Method.ACH, Method.CASHIERS_CHECK)]
# Control signs, zero-width signs and signs that turn the direction of writing: what they hide, nobody reads.
UNSEEN = "\x01-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"


class Payee(models.Model):
    """Somebody the firm pays out of trust. The name is what stands on the check.

    `skeleton` is the name as the eye takes it in: written by the database, to find names that look alike.
    """

    class Kind(models.TextChoices):
        """What the payee is to the matter."""

        CLIENT = "client", "Client"
        VENDOR = "vendor", "Vendor"
        EXPERT = "expert", "Expert witness"
        COURT = "court", "Court or agency"
        MEDICAL = "medical", "Medical provider"
        LIENHOLDER = "lienholder", "Lienholder"
        OPPOSING = "opposing", "Opposing party"
        COUNSEL = "counsel", "Other counsel"
        OWN_FIRM = "own_firm", "This firm"

    web_may_update: ClassVar[tuple[str, ...]] = (
        *("name", "kind", "address", "email", "default_method", "notes", "is_active", "version"),
    )

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.VENDOR)
    address = models.TextField(max_length=300, blank=True, help_text="As it stands in the window of the envelope")
    email = models.EmailField(blank=True)
    default_method = models.CharField(max_length=16, choices=PAID_BY, default=Method.CHECK)
    notes = models.TextField(max_length=1000, blank=True)
    is_active = models.BooleanField(default=True)
    skeleton = models.CharField(max_length=800, default="", editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(Lower("name"), name="payee_by_name")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="payee_has_name"),
            models.CheckConstraint(condition=~Q(name__regex=f"[{UNSEEN}]"), name="payee_name_is_seen"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *("client", "vendor", "expert", "court", "medical", "lienholder", "opposing", "counsel"),
                        "own_firm",
                    ]
                ),
                name="payee_known_kind",
            ),
            models.CheckConstraint(
                condition=Q(default_method__in=["check", "wire", "ach", "cashiers_check"]), name="payee_known_method"
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
