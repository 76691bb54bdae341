"""What may be spent: holds and spending authorities. Written by database functions only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ledgers.models.journal import JournalEntry, Ledger
from ledgers.money import CentsField


class Hold(models.Model):
    """Money in a ledger that may not be spent yet. Open while not released and its date has not come."""

    class Kind(models.TextChoices):
        """Why it is held."""

        UNCOLLECTED = "uncollected", "Uncollected"
        RESERVED = "reserved", "Reserved"
        DISPUTED = "disputed", "Disputed"
        MANUAL = "manual", "Manual"

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    amount = CentsField()
    reason = models.CharField(max_length=300)
    disputed_by = models.CharField(max_length=200, blank=True, db_default="", help_text="Who disputes it")
    entry = models.ForeignKey(JournalEntry, null=True, on_delete=models.PROTECT, related_name="holds")
    until_date = models.DateField(null=True, help_text="The first day on which the money may be spent; empty: open")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_second_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    release_evidence = models.CharField(max_length=500, blank=True)
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [
            models.Index(fields=["ledger"], condition=Q(released_at__isnull=True), name="hold_open_by_ledger"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["uncollected", "reserved", "disputed", "manual"]), name="hold_known_kind"
            ),
            models.CheckConstraint(condition=Q(kind="disputed") | Q(disputed_by=""), name="hold_disputed_by_somebody"),
        ]

    def __str__(self) -> str:
        """Return kind and number."""
        return f"{self.get_kind_display()} hold {self.pk}"


class SpendingAuthority(models.Model):
    """The recorded decision that lets money out of one ledger. The pen consumes it; its content never changes (I9)."""

    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="authorities")
    kind = models.CharField(max_length=22, choices=JournalEntry.Kind.choices)
    payee = models.CharField(max_length=200)
    amount = CentsField()
    method = models.CharField(max_length=16, choices=JournalEntry.Method.choices)
    purpose = models.CharField(max_length=300)
    reference = models.CharField(max_length=100)
    destination_ledger = models.ForeignKey(Ledger, null=True, on_delete=models.PROTECT, related_name="+")
    operating_account = models.ForeignKey(
        "ledgers.OperatingAccount", null=True, on_delete=models.PROTECT, related_name="+"
    )
    earliest_date = models.DateField(null=True)
    content_hash = models.BinaryField(help_text="SHA-256 of everything the approver saw")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who approved first, where two attorneys had to; the approver is the second",
    )  # fmt: skip
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="The attorney who was away, where a delegate decided",
    )  # fmt: skip
    decided_at = models.DateTimeField()
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="authorities")
    solo_policy = models.BooleanField(default=False, help_text="Requester and approver are one, under the solo policy")
    used_amount = CentsField(default=0)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="authority_positive"),
            models.CheckConstraint(
                condition=Q(used_amount__gte=0, used_amount__lte=F("amount")), name="authority_not_overspent"
            ),
            models.CheckConstraint(
                condition=Q(solo_policy=True) | ~Q(approver=F("requester")), name="authority_approver_not_requester"
            ),
            models.CheckConstraint(
                condition=Q(first_approver__isnull=True)
                | (~Q(first_approver=F("approver")) & (Q(solo_policy=True) | ~Q(first_approver=F("requester")))),
                name="authority_two_attorneys",
            ),
            models.CheckConstraint(
                condition=~Q(payee="") & ~Q(purpose="") & ~Q(reference=""), name="authority_names_payee_and_purpose"
            ),
        ]

    def __str__(self) -> str:
        """Return payee and number."""
        return f"Authority {self.pk} for {self.payee}"
