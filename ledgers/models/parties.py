"""Whose money it is: clients and their matters."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from ledgers.money import CentsField, Money


class Client(models.Model):
    """Somebody for whom the firm holds money."""

    class Kind(models.TextChoices):
        """A human being or an organization."""

        PERSON = "person", "Person"
        ORGANIZATION = "organization", "Organization"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(max_length=500, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(Lower("name"), name="client_by_name")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="client_has_name"),
            models.CheckConstraint(condition=Q(kind__in=["person", "organization"]), name="client_known_kind"),
        ]

    def __str__(self) -> str:
        """Return the client's name."""
        return self.name


class Matter(models.Model):
    """A client's case."""

    class Type(models.TextChoices):
        """How the matter is billed."""

        HOURLY = "hourly", "Hourly"
        FLAT_FEE = "flat_fee", "Flat fee"
        CONTINGENCY = "contingency", "Contingency"
        HYBRID = "hybrid", "Hybrid"

    class Status(models.TextChoices):
        """Where the matter stands."""

        OPEN = "open", "Open"
        CLOSING = "closing", "Closing"
        CLOSED = "closed", "Closed"

    number = models.CharField(max_length=60)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="matters")
    description = models.CharField(max_length=300)
    type = models.CharField(max_length=12, choices=Type.choices, default=Type.HOURLY)
    practice_area = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    responsible_attorney = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="responsible_for"
    )
    billing_attorney = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="bills_for"
    )
    alternate_attorney = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="stands_in_for"
    )
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="coordinates"
    )
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)
    agreement_signed_date = models.DateField(null=True, blank=True)
    notice_period_days = models.PositiveSmallIntegerField(null=True, blank=True)
    minimum_balance: "CentsField[Money | int | None, Money | None]" = CentsField(
        null=True, blank=True, help_text="The minimum the fee agreement requires in trust"
    )
    pay_invoices_from_trust = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["client"], name="matter_of_client"),
            models.Index(fields=["status", "number"], name="matter_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("number"), name="matter_number_once"),
            models.CheckConstraint(condition=~Q(number=""), name="matter_has_number"),
            models.CheckConstraint(
                condition=Q(minimum_balance__isnull=True) | Q(minimum_balance__gte=0),
                name="matter_minimum_not_negative",
            ),
            models.CheckConstraint(condition=Q(status__in=["open", "closing", "closed"]), name="matter_known_status"),
            models.CheckConstraint(
                condition=Q(closed_date__isnull=True) | Q(closed_date__gte=F("opened_date")),
                name="matter_closed_after_opened",
            ),
        ]

    def __str__(self) -> str:
        """Return number and description."""
        return f"{self.number} {self.description}"


class MatterAccount(models.Model):
    """A trust account in which a matter's money may be held; one of them its default."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="accounts")
    trust_account = models.ForeignKey("ledgers.TrustAccount", on_delete=models.PROTECT, related_name="matters")
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter", "trust_account"], name="matter_account_once"),
            models.UniqueConstraint(fields=["matter"], condition=Q(is_default=True), name="matter_one_default_account"),
        ]

    def __str__(self) -> str:
        """Return matter and account."""
        return f"{self.matter} in {self.trust_account}"


class MatterWall(models.Model):
    """An ethical wall: for this person the matter does not exist from raised_at until lifted_at."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="walls")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="walls")
    reason = models.CharField(max_length=300)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    web_may: ClassVar[str] = "write"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "person"], condition=Q(lifted_at__isnull=True), name="matter_wall_once"
            )
        ]

    def __str__(self) -> str:
        """Return who is walled off from what."""
        return f"{self.person} / {self.matter}"
