"""Who is paid: people, organizations, courts."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from ledgers.models import JournalEntry

Method = JournalEntry.Method
PAID_BY = [(m.value, m.label) for m in (Method.CHECK, Method.WIRE, Method.ACH, Method.CASHIERS_CHECK)]
# Control signs, zero-width signs and signs that turn the direction of writing: what they hide, nobody reads.
UNSEEN = "\x01-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"


class Payee(models.Model):
    """Somebody the firm pays out of trust. The name is what stands on the check.

    `bank` points at the bank details in force: the ones that two people confirmed last. `skeleton` is the name as the
    eye takes it in, to find names that look alike. The database writes both.
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
    bank = models.OneToOneField(
        "disbursements.PayeeBank", null=True, editable=False, on_delete=models.PROTECT, related_name="in_force_for"
    )
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


class PayeeBank(models.Model):
    """A payee's account at the bank: proposed by one person who called back, confirmed by another. Never changed.

    The account number is encrypted with a key outside the database (`number_key_id` names it) and bound to its row by
    `uid`; `number_fingerprint` is a keyed hash that finds the same account twice; only `last_four` is ever shown.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("confirmed_by_id", "confirmed_at")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payee = models.ForeignKey(Payee, on_delete=models.PROTECT, related_name="bank_details")
    bank_name = models.CharField(max_length=200)
    routing_number = models.CharField(max_length=9)
    number_encrypted = models.BinaryField()
    number_key_id = models.CharField(max_length=20)
    number_fingerprint = models.BinaryField()
    last_four = models.CharField(max_length=4)
    called_person = models.CharField(max_length=100, help_text="Who confirmed the details on the telephone")
    called_number = models.CharField(max_length=60, help_text="The number called: known before, not from the message")
    called_when = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["payee", "-id"], name="payee_bank_of_payee"),
            models.Index(fields=["number_fingerprint"], name="payee_bank_by_account"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(called_person="") & ~Q(called_number="") & Q(called_when__lte=F("proposed_at")),
                name="payee_bank_called_back",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="payee_bank_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return the bank and the last four digits."""
        return f"{self.bank_name} ••{self.last_four}"
