"""Settlement statements of contingency matters: what was recovered, and to whom every cent of it goes."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from ledgers.models import Matter
from ledgers.money import CentsField, Money

PERSON = settings.AUTH_USER_MODEL


class SettlementState(models.TextChoices):
    """The life-cycle of a settlement statement."""

    DRAFT = "draft", "Draft"
    ISSUED = "issued", "Issued"
    SIGNED = "signed", "Signed by the client"
    AUTHORIZED = "authorized", "Authorized"
    VOID = "void", "Void"


# The one table of allowed moves; the database keeps the same (settlement_moves(), held equal by a test).
SETTLEMENT_MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (SettlementState.DRAFT, SettlementState.ISSUED),
        (SettlementState.DRAFT, SettlementState.VOID),
        (SettlementState.ISSUED, SettlementState.SIGNED),
        (SettlementState.ISSUED, SettlementState.VOID),
        (SettlementState.SIGNED, SettlementState.AUTHORIZED),
        (SettlementState.SIGNED, SettlementState.VOID),
        (SettlementState.AUTHORIZED, SettlementState.SIGNED),
        (SettlementState.AUTHORIZED, SettlementState.VOID),
    }
)


class FeeBasis(models.TextChoices):
    """What the fee agreement says that the attorney's fee is."""

    GROSS = "gross", "Percent of the gross recovery"
    NET = "net", "Percent of what is left after costs"
    AMOUNT = "amount", "An amount"


class SettlementNumber(models.Model):
    """The last number that was given to a settlement statement of a year; written by the database at issue."""

    web_may: ClassVar[str] = "read"

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Return year and number."""
        return f"S-{self.year}-{self.last:04}"


class SettlementStatement(models.Model):
    """What was recovered in a contingency matter, and to whom it goes: fee, costs, liens, and the client's share.

    `fee` (of a percentage), `costs`, `liens` and `share` are written by the database and sum to `gross`. Once issued
    it never changes; `content_hash` covers all that it says. The names are those of the day of issue.
    """

    web_may_update: ClassVar[tuple[str, ...]] = (
        *("date", "gross", "received_from", "fee_basis", "fee_percent", "fee", "note", "state", "version"),
        *("issued_by", "issued_at", "voided_by", "voided_at", "void_reason"),
    )

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="settlements")
    number = models.CharField(max_length=40, blank=True, help_text="Given at issue; a draft has none")
    date = models.DateField()
    gross = CentsField(help_text="The gross recovery")
    received_from = models.CharField(max_length=200, help_text="Who pays it, and by what reference")
    fee_basis = models.CharField(max_length=6, choices=FeeBasis.choices)
    fee_percent: "models.DecimalField[Decimal | str | None, Decimal | None]" = models.DecimalField(
        max_digits=7, decimal_places=4, null=True
    )
    fee = CentsField(default=0)
    costs = CentsField(default=0)
    liens = CentsField(default=0)
    share = CentsField(default=0, help_text="The client's")
    note = models.CharField(max_length=500, blank=True, help_text="Printed below the lines")
    state = models.CharField(max_length=10, choices=SettlementState.choices, default=SettlementState.DRAFT)
    client_name = models.CharField(max_length=200, blank=True)
    client_address = models.CharField(max_length=500, blank=True)
    matter_name = models.CharField(max_length=370, blank=True)
    attorney_name = models.CharField(max_length=200, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    issued_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["-date", "-id"], name="settlement_recent"),
            models.Index(fields=["matter", "-date", "-id"], name="settlement_of_matter"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("number"), condition=~Q(number=""), name="settlement_number_once"),
            models.CheckConstraint(condition=Q(state__in=SettlementState.values), name="settlement_known_state"),
            models.CheckConstraint(
                condition=Q(gross=F("fee") + F("costs") + F("liens") + F("share")), name="settlement_sums_to_gross"
            ),
            models.CheckConstraint(
                condition=Q(gross__gt=0, fee__gte=0, costs__gte=0, liens__gte=0), name="settlement_amounts_positive"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(issued_at__isnull=True) | Q(share__gte=0, fee__gt=0),
                name="settlement_share_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(fee_basis="amount", fee_percent__isnull=True)
                | Q(fee_basis__in=["gross", "net"], fee_percent__isnull=False, fee_percent__gt=0, fee_percent__lte=100),
                name="settlement_fee_as_agreed",
            ),
            models.CheckConstraint(
                condition=(Q(issued_at__isnull=False, issued_by__isnull=False) & ~Q(number="") & ~Q(content_hash="")
                           & ~Q(state="draft"))
                | Q(issued_at__isnull=True, issued_by__isnull=True, number="", state__in=["draft", "void"]),
                name="settlement_numbered_at_issue",
            ),
            models.CheckConstraint(
                condition=(Q(state="void", voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason=""))
                | (~Q(state="void") & Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")),
                name="settlement_void_why",
            ),
            models.CheckConstraint(condition=~Q(received_from=""), name="settlement_says_from_whom"),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Settlement {self.number}" if self.number else f"Draft settlement {self.pk}"

    @property
    def in_words(self) -> str:
        """Return what it is called within a sentence."""
        return f"settlement {self.number}" if self.number else f"draft settlement {self.pk}"

    @property
    def firms_part(self) -> Money:
        """What goes to the firm: its fee and the costs it advanced."""
        return self.fee + self.costs

    @property
    def taken_off(self) -> Money:
        """What does not go to the client: fee, costs, liens and third parties."""
        return self.firms_part + self.liens

    @property
    def taken_off_negative(self) -> Money:
        """The same, as it is taken off on paper."""
        return -self.taken_off

    @property
    def printed_code(self) -> str:
        """Return the beginning of the content hash as it is printed beside the client's signature."""
        code = self.content_hash.upper()
        return f"{code[:4]} {code[4:8]} {code[8:12]}"

    @property
    def percent_text(self) -> str:
        """Return the percentage as it is written: 33.3333, 40, 12.5."""
        return f"{self.fee_percent:f}".rstrip("0").rstrip(".") if self.fee_percent else ""


class SettlementLine(models.Model):
    """A cost that the firm advanced, or a lien or other claim of a third party on the recovery."""

    class Kind(models.TextChoices):
        """What is taken off the recovery."""

        COST = "cost", "Cost advanced by the firm"
        LIEN = "lien", "Lien or third party"

    web_may_update: ClassVar[tuple[str, ...]] = ("is_removed",)

    statement = models.ForeignKey(SettlementStatement, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    payee = models.CharField(max_length=200, help_text="Who is paid; of a cost, whom the firm has paid")
    description = models.CharField(max_length=300)
    claimed: "CentsField[Money | int | None, Money | None]" = CentsField(null=True, help_text="What a lien asked for")
    amount = CentsField(help_text="What was paid or agreed")
    is_removed = models.BooleanField(default=False, help_text="Taken off the draft again")

    class Meta:
        indexes = [models.Index(fields=["statement"], name="settlement_lines")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cost", claimed__isnull=True, amount__gt=0)
                | Q(kind="lien", claimed__isnull=False, claimed__gt=0, amount__gte=0, amount__lte=F("claimed")),
                name="settlement_line_cost_or_lien",
            ),
            models.CheckConstraint(condition=~Q(payee="") & ~Q(description=""), name="settlement_line_says_what"),
        ]

    def __str__(self) -> str:
        """Return to whom and for what."""
        return f"{self.payee}: {self.description}"
