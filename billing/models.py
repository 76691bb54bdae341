"""Time that people worked for matters, the files it came from, the invoices that bill it; and settlement statements."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Lower, Round

from billing import settlement_models as settlement_models  # its tables are of this app too
from ledgers.models import Matter
from ledgers.money import ZERO, CentsField, Money

PERSON = settings.AUTH_USER_MODEL
MOST_HOURS = 24


class TimeImport(models.Model):
    """A file of time entries that was taken in whole, once."""

    web_may: ClassVar[str] = "append"

    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    row_count = models.PositiveIntegerField()
    imported_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="time_file_once")]

    def __str__(self) -> str:
        """Return the name of the file."""
        return self.name


class TimeEntry(models.Model):
    """Hours that a person worked for a matter on a day; `amount` is hours times rate, half a cent rounded up.

    It may be changed until an invoice bills it; one that never was true is taken out, and stays on record.
    """

    web_may_update: ClassVar[tuple[str, ...]] = (
        *("person", "matter", "date", "hours", "rate", "narrative", "is_billable", "version"),
        *("removed_at", "removed_by", "remove_reason"),
    )

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="time_entries")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="time_entries")
    date = models.DateField()
    hours = models.DecimalField(max_digits=4, decimal_places=2)
    rate = CentsField(help_text="For an hour")
    amount = models.GeneratedField(
        expression=ExpressionWrapper(Round(F("hours") * F("rate")), output_field=CentsField()),
        output_field=CentsField(),
        db_persist=True,
    )
    narrative = models.CharField(max_length=1000)
    is_billable = models.BooleanField(default=True)
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    imported_from = models.ForeignKey(TimeImport, null=True, on_delete=models.PROTECT, related_name="entries")
    invoice = models.ForeignKey(
        "billing.Invoice", null=True, on_delete=models.PROTECT, related_name="time_entries",
        help_text="The draft or invoice it is on; written by the database with the line",
    )  # fmt: skip
    removed_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    remove_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["-date", "-id"], name="time_recent"),
            models.Index(fields=["matter", "-date", "-id"], name="time_of_matter"),
            models.Index(fields=["person", "-date", "-id"], name="time_of_person"),
            models.Index(fields=["invoice"], condition=Q(invoice__isnull=False), name="time_of_invoice"),
            models.Index(
                fields=["matter", "date"],
                condition=Q(invoice__isnull=True, removed_at__isnull=True, is_billable=True),
                name="time_unbilled",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0, hours__lte=MOST_HOURS), name="time_hours_of_a_day"),
            models.CheckConstraint(condition=Q(rate__gte=0), name="time_rate_not_negative"),
            models.CheckConstraint(condition=~Q(narrative=""), name="time_says_what_was_done"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True, remove_reason="")
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(remove_reason="")),
                name="time_removed_why",
            ),
        ]

    def __str__(self) -> str:
        """Return who worked how long, when."""
        return f"{self.person}, {self.date}: {self.hours}"


class InvoiceState(models.TextChoices):
    """The life-cycle of an invoice."""

    DRAFT = "draft", "Draft"
    ISSUED = "issued", "Issued"
    PARTLY_PAID = "partly_paid", "Partly paid"
    PAID = "paid", "Paid"
    VOID = "void", "Void"


# The one table of allowed moves; the database keeps the same (invoice_moves(), held equal by a test).
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (InvoiceState.DRAFT, InvoiceState.ISSUED),
        (InvoiceState.DRAFT, InvoiceState.VOID),
        (InvoiceState.ISSUED, InvoiceState.PARTLY_PAID),
        (InvoiceState.ISSUED, InvoiceState.PAID),
        (InvoiceState.ISSUED, InvoiceState.VOID),
        (InvoiceState.PARTLY_PAID, InvoiceState.PAID),
        (InvoiceState.PARTLY_PAID, InvoiceState.ISSUED),
        (InvoiceState.PAID, InvoiceState.PARTLY_PAID),
        (InvoiceState.PAID, InvoiceState.ISSUED),
    }
)
UNPAID = (InvoiceState.ISSUED, InvoiceState.PARTLY_PAID)


class InvoiceNumber(models.Model):
    """The last number that was given to an invoice of a year; written by the database at issue."""

    web_may: ClassVar[str] = "read"

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Return year and number."""
        return f"{self.year}-{self.last:04}"


class Invoice(models.Model):
    """What a client owes for a matter: a draft until it is issued, then it never changes but for what is paid of it.

    `total` is the sum of its lines and `paid` what was paid of it; both are written by the database. The names of
    client and matter and the client's address are those of the day of issue, and so are the figures of the money in
    trust where the fee agreement asks for a minimum.
    """

    web_may_update: ClassVar[tuple[str, ...]] = (
        *("number", "date", "due_date", "note", "state", "version", "issued_by", "issued_at"),
        *("voided_by", "voided_at", "void_reason"),
    )

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=40, blank=True, help_text="Given at issue; a draft has none")
    date = models.DateField()
    due_date = models.DateField()
    note = models.CharField(max_length=500, blank=True, help_text="Printed below the lines")
    state = models.CharField(max_length=11, choices=InvoiceState.choices, default=InvoiceState.DRAFT)
    total = CentsField(default=0)
    paid = CentsField(default=0)
    client_name = models.CharField(max_length=200, blank=True)
    client_address = models.CharField(max_length=500, blank=True)
    matter_name = models.CharField(max_length=370, blank=True)
    trust_held: "CentsField[Money | int | None, Money | None]" = CentsField(
        null=True, help_text="Held in trust for the matter when it was issued, if its agreement has a minimum"
    )
    trust_owed_before: "CentsField[Money | int | None, Money | None]" = CentsField(
        null=True, help_text="Open on the matter's earlier invoices then"
    )
    trust_minimum: "CentsField[Money | int | None, Money | None]" = CentsField(
        null=True, help_text="The agreement's minimum then"
    )
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
            models.Index(fields=["-date", "-id"], name="invoice_recent"),
            models.Index(fields=["matter", "-date", "-id"], name="invoice_of_matter"),
            models.Index(fields=["due_date"], condition=Q(state__in=["issued", "partly_paid"]), name="invoice_unpaid"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("number"), condition=~Q(number=""), name="invoice_number_once"),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoice_known_state"),
            models.CheckConstraint(condition=Q(due_date__gte=F("date")), name="invoice_due_after_date"),
            models.CheckConstraint(
                condition=(Q(issued_at__isnull=False, issued_by__isnull=False) & ~Q(number="") & ~Q(state="draft"))
                | Q(issued_at__isnull=True, issued_by__isnull=True, number="", state__in=["draft", "void"]),
                name="invoice_numbered_at_issue",
            ),
            models.CheckConstraint(
                condition=(Q(state="void", voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason=""))
                | (~Q(state="void") & Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")),
                name="invoice_void_why",
            ),
            models.CheckConstraint(
                condition=Q(trust_held__isnull=True, trust_owed_before__isnull=True, trust_minimum__isnull=True)
                | Q(trust_held__isnull=False, trust_owed_before__gte=0, trust_minimum__gte=0, issued_at__isnull=False),
                name="invoice_trust_at_issue",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "issued", "void"], paid=0)
                | Q(state="partly_paid", paid__gt=0, paid__lt=F("total"))
                | Q(state="paid", paid__gt=0, paid=F("total")),
                name="invoice_paid_as_its_state",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Invoice {self.number}" if self.number else f"Draft {self.pk}"

    @property
    def in_words(self) -> str:
        """Return what it is called within a sentence."""
        return f"invoice {self.number}" if self.number else f"draft {self.pk}"

    @property
    def open_amount(self) -> Money:
        """What is still to be paid of it; nothing of a draft or a void one."""
        return self.total - self.paid if self.state in UNPAID else ZERO

    @property
    def trust_left(self) -> Money | None:
        """What is left in trust once this invoice and those before it are paid from it; negative: it is not enough."""
        if self.trust_held is None or self.trust_owed_before is None:
            return None
        return self.trust_held - self.trust_owed_before - self.total

    @property
    def replenishment(self) -> Money | None:
        """What the client is asked to put in trust so that the agreement's minimum is there after this invoice."""
        if self.trust_left is None or self.trust_minimum is None:
            return None
        return max(self.trust_minimum - self.trust_left, ZERO)


class InvoiceLine(models.Model):
    """One line: time of the matter, copied from its entry by the database, or a fee or an expense of the firm's own."""

    class Kind(models.TextChoices):
        """What is charged."""

        TIME = "time", "Time"
        FEE = "fee", "Fee"
        EXPENSE = "expense", "Expense"

    web_may_update: ClassVar[tuple[str, ...]] = ("is_removed",)

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    time_entry = models.ForeignKey(TimeEntry, null=True, on_delete=models.PROTECT, related_name="lines")
    date = models.DateField()
    description = models.CharField(max_length=1000)
    person_name = models.CharField(max_length=200, blank=True)
    hours = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    rate: "CentsField[Money | int | None, Money | None]" = CentsField(null=True)
    amount = CentsField()
    is_removed = models.BooleanField(default=False, help_text="Taken off the draft again")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "time_entry"], condition=Q(is_removed=False), name="invoice_line_time_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="time", time_entry__isnull=False, hours__isnull=False, rate__isnull=False, amount__gte=0
                )
                | Q(
                    kind__in=["fee", "expense"],
                    time_entry__isnull=True,
                    hours__isnull=True,
                    rate__isnull=True,
                    amount__gt=0,
                ),
                name="invoice_line_is_time_or_own",
            ),
            models.CheckConstraint(condition=~Q(description=""), name="invoice_line_says_what"),
        ]

    def __str__(self) -> str:
        """Return what is charged."""
        return self.description
