"""The firm itself and the bank calendar."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Firm(models.Model):
    """The one law firm whose books this installation keeps: always row 1."""

    class FeeCondition(models.TextChoices):
        """What the client must do before an authorized invoice is paid from trust."""

        APPROVAL = "approval", "The client approves"
        NOTICE = "notice", "The client does not object within the notice period"

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=2, help_text="Postal code of the state whose rules apply")
    time_zone = models.CharField(max_length=60, default="America/New_York")
    currency = models.CharField(max_length=3, default="USD")
    hold_days_wire = models.PositiveSmallIntegerField(default=0)
    hold_days_cash = models.PositiveSmallIntegerField(default=0)
    hold_days_ach = models.PositiveSmallIntegerField(default=2)
    hold_days_check = models.PositiveSmallIntegerField(default=5)
    hold_days_cashiers_check = models.PositiveSmallIntegerField(default=10)
    hold_days_foreign_check = models.PositiveSmallIntegerField(default=10)
    deficit_stops_account = models.BooleanField(
        default=False, help_text="A deficit in one ledger stops voluntary spending from the whole trust account"
    )
    solo_policy_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    solo_policy_at = models.DateTimeField(null=True, blank=True)
    solo_policy_reason = models.CharField(max_length=500, blank=True)
    disbursements_stopped_at = models.DateTimeField(null=True, blank=True)
    disbursements_stopped_reason = models.CharField(max_length=500, blank=True)
    two_attorneys_above_cents = models.BigIntegerField(
        null=True, blank=True, help_text="Disbursements above this amount need two attorneys; empty: one is enough"
    )
    device_decides_up_to_cents = models.BigIntegerField(
        null=True, blank=True, help_text="What a remembered device may decide without a code; empty: nothing"
    )
    fee_condition = models.CharField(max_length=8, choices=FeeCondition.choices, default=FeeCondition.APPROVAL)
    fee_notice_days = models.PositiveSmallIntegerField(default=10, help_text="Unless the fee agreement says otherwise")
    fees_distributed_by_hand = models.BooleanField(
        default=False, help_text="Money that is not enough for all invoices of a matter waits for a coordinator"
    )
    founded_at = models.DateTimeField(null=True, editable=False, help_text="When create_firm had made the first people")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="firm_only_one"),
            models.CheckConstraint(
                condition=Q(solo_policy_at__isnull=True) | Q(solo_policy_by__isnull=False),
                name="firm_solo_policy_recorded",
            ),
            models.CheckConstraint(condition=Q(fee_condition__in=["approval", "notice"]), name="firm_fee_condition"),
        ]

    def __str__(self) -> str:
        """Return the firm's name."""
        return self.name


class BankHoliday(models.Model):
    """A day on which the Federal Reserve is closed; with Saturdays and Sundays, not a business day."""

    web_may: ClassVar[str] = "read"

    date = models.DateField(primary_key=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        """Return the date and the name."""
        return f"{self.date} {self.name}"
