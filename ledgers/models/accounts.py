"""Where the money is: trust accounts, the firm's operating accounts, bank items, months."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ledgers.money import CentsField, Money


class BankDetails(models.Model):
    """What a trust account and an operating account have in common: the account at the bank.

    The account number is encrypted with a key outside the database (`number_key_id` names it) and bound to its row by
    `uid`; `number_fingerprint` is a keyed hash that finds the same number twice; only `last_four` is ever shown.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True, help_text="What the firm calls it")
    title = models.CharField(max_length=200, help_text="The exact title at the bank")
    bank_name = models.CharField(max_length=200)
    routing_number = models.CharField(max_length=9)
    number_encrypted = models.BinaryField()
    number_key_id = models.CharField(max_length=20)
    number_fingerprint = models.BinaryField(unique=True)
    last_four = models.CharField(max_length=4)
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Return the name and the last four digits."""
        return f"{self.name} ••{self.last_four}"


class TrustAccount(BankDetails):
    """A bank account that holds other people's money. Never an operating account."""

    class Kind(models.TextChoices):
        """Whose interest it earns and how it is held."""

        POOLED = "pooled", "Pooled IOLTA"
        INDIVIDUAL = "individual", "Individual (one client's)"
        ESCROW = "escrow", "Escrow"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=2, help_text="The state whose rules govern the account")
    client = models.ForeignKey(
        "ledgers.Client", null=True, blank=True, on_delete=models.PROTECT, related_name="individual_accounts"
    )
    firm_funds_minimum = CentsField(default=0, help_text="Below this the bank-charge cushion is an exception")
    firm_funds_cap = CentsField(default=0, help_text="Above this the firm's own money in trust is an exception")
    disbursements_stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    disbursements_stopped_reason = models.CharField(max_length=500, blank=True, editable=False)
    # Kind, client and the stop are written by database functions only.
    web_may_update: ClassVar[tuple[str, ...]] = (
        *("name", "title", "bank_name", "routing_number", "number_encrypted", "number_key_id", "number_fingerprint"),
        *("last_four", "opened_date", "closed_date", "version", "state", "firm_funds_minimum", "firm_funds_cap"),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["pooled", "individual", "escrow"]), name="trust_account_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind="individual", client__isnull=False) | (~Q(kind="individual") & Q(client__isnull=True)),
                name="trust_account_individual_has_client",
            ),
            models.CheckConstraint(
                condition=Q(title__iregex=r"\m(trust|iolta|escrow|fiduciary)\M")
                & ~Q(title__iregex=r"\m(operating|payroll|general|business checking)\M"),
                name="trust_account_title",
            ),
            models.CheckConstraint(
                condition=Q(firm_funds_minimum__gte=0, firm_funds_cap__gte=F("firm_funds_minimum")),
                name="trust_account_cushion_bounds",
            ),
        ]


class OperatingAccount(BankDetails):
    """The firm's own account: only ever the destination of earned fees or the source of firm money put in."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(title__iregex=r"\m(trust|iolta|escrow)\M"), name="operating_account_not_trust"
            )
        ]


class Month(models.Model):
    """A calendar month of a trust account. Months are locked in order; a locked month takes no entry.

    Written by the database functions only (`lock_month`, `reopen_month`).
    """

    class State(models.TextChoices):
        """Open, or locked by the sign-off."""

        OPEN = "open", "Open"
        LOCKED = "locked", "Locked"

    trust_account = models.ForeignKey(TrustAccount, on_delete=models.PROTECT, related_name="months")
    first_day = models.DateField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(null=True)
    book_balance: "CentsField[Money | int | None, Money | None]" = CentsField(
        null=True, help_text="Book balance at the month's end, frozen by the lock"
    )
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust_account", "first_day"], name="month_once"),
            models.CheckConstraint(condition=Q(state__in=["open", "locked"]), name="month_known_state"),
            models.CheckConstraint(condition=Q(first_day__day=1), name="month_begins_on_first"),
            models.CheckConstraint(
                condition=Q(state="open", locked_at__isnull=True, book_balance__isnull=True)
                | Q(state="locked", locked_at__isnull=False, locked_by__isnull=False, book_balance__isnull=False),
                name="month_lock_recorded",
            ),
        ]

    def __str__(self) -> str:
        """Return account and month."""
        return f"{self.trust_account_id} {self.first_day:%Y-%m}"


class BankItem(models.Model):
    """What the bank shows as one line and groups several entries: a deposit slip, a payout, a transfer batch.

    An entry that is a line at the bank by itself has none. The amount is the sum of its entries.
    """

    class Kind(models.TextChoices):
        """What groups the entries."""

        DEPOSIT_SLIP = "deposit_slip", "Deposit slip"
        PAYOUT = "payout", "Processor payout"
        TRANSFER_BATCH = "transfer_batch", "Transfer batch"

    trust_account = models.ForeignKey(TrustAccount, on_delete=models.PROTECT, related_name="bank_items")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    reference = models.CharField(max_length=100, blank=True)
    date = models.DateField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, help_text="When the slip went to the bank; it takes no more entries")

    class Meta:
        indexes = [models.Index(fields=["trust_account", "date"], name="bank_item_by_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["deposit_slip", "payout", "transfer_batch"]), name="bank_item_known_kind"
            ),
            models.CheckConstraint(
                condition=~Q(kind="transfer_batch", closed_at__isnull=False, reference=""),
                name="bank_item_batch_has_reference",
            ),
        ]

    def __str__(self) -> str:
        """Return kind, date and number."""
        return f"{self.get_kind_display()} {self.id} of {self.date}"
