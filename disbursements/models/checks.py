"""Checks: the numbers of a trust account's check stock, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledgers.models import JournalEntry, TrustAccount
from ledgers.money import CentsField

# The kinds of entries that a check pays; `paid_by_check` of the database says the same.
BY_CHECK = (
    JournalEntry.Kind.DISBURSEMENT,
    JournalEntry.Kind.RETURN,
    JournalEntry.Kind.EARNED_FEE,
    JournalEntry.Kind.FIRM_FUNDS_WITHDRAWAL,
    JournalEntry.Kind.ACCOUNT_TRANSFER,
)


class CheckNumbering(models.Model):
    """The counter of a trust account's check stock: which number is printed next.

    Payments before `since_date` got their checks elsewhere and never wait for the printer here. `begins_book` says
    that the next number begins new stock, so that the numbers before it are no gap. Written by the database alone.
    """

    trust_account = models.OneToOneField(
        TrustAccount, primary_key=True, on_delete=models.PROTECT, related_name="check_numbering"
    )
    next_number = models.BigIntegerField()
    since_date = models.DateField()
    begins_book = models.BooleanField(default=True)
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(next_number__gte=1, next_number__lte=10_000_000_000), name="check_numbering_range"
            )
        ]

    def __str__(self) -> str:
        """Return the number that is printed next."""
        return str(self.next_number)


class CheckBatch(models.Model):
    """Checks that were numbered together, to be printed together. Written by the database alone."""

    trust_account = models.ForeignKey(TrustAccount, on_delete=models.PROTECT, related_name="check_batches")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    web_may: ClassVar[str] = "read"

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Batch {self.pk}"


class Check(models.Model):
    """One number of an account's check stock, with what stands on the check. Written by the database alone.

    A number is given once and never again: a spoiled check keeps its own, void, and its reprint takes the next
    (`replaces`). An entry has one check in force at most. A number without an entry is a blank that was spoiled.
    """

    class State(models.TextChoices):
        """In force, or not any more."""

        ISSUED = "issued", "Issued"
        VOID = "void", "Void"
        STOPPED = "stopped", "Stopped"

    class Origin(models.TextChoices):
        """Who put the number on it."""

        PRINTED = "printed", "Printed"
        WRITTEN = "written", "Written by hand"
        OPENING = "opening", "Of the opening import"

    trust_account = models.ForeignKey(TrustAccount, on_delete=models.PROTECT, related_name="checks", db_index=False)
    number = models.BigIntegerField()
    origin = models.CharField(max_length=7, choices=Origin.choices)
    entry = models.ForeignKey(JournalEntry, null=True, on_delete=models.PROTECT, related_name="checks")
    batch = models.ForeignKey(CheckBatch, null=True, on_delete=models.PROTECT, related_name="checks")
    check_date = models.DateField(help_text="The date that stands on it")
    amount = CentsField()
    payee = models.CharField(max_length=200, blank=True)
    payee_address = models.TextField(max_length=300, blank=True)
    memo = models.CharField(max_length=600, blank=True)
    begins_book = models.BooleanField(default=False, help_text="The numbers before it are no gap")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    state = models.CharField(max_length=7, choices=State.choices, default=State.ISSUED)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    bank_reference = models.CharField(max_length=100, blank=True, help_text="The bank's confirmation of a stop payment")
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [models.Index(fields=["trust_account", "check_date", "id"], name="check_by_date")]
        constraints = [
            models.UniqueConstraint(fields=["trust_account", "number"], name="check_number_once"),
            models.UniqueConstraint(fields=["entry"], condition=Q(state="issued"), name="check_in_force_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=9_999_999_999), name="check_number_range"),
            models.CheckConstraint(
                condition=Q(origin__in=["printed", "written", "opening"]), name="check_known_origin"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", ended_at__isnull=True, ended_by__isnull=True, reason="")
                | (Q(state__in=["void", "stopped"], ended_at__isnull=False, ended_by__isnull=False) & ~Q(reason="")),
                name="check_ended_why",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=True, state="void", amount=0) | Q(entry__isnull=False, amount__gt=0),
                name="check_pays_something",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Check {self.number}"
