"""Requests for money out of a ledger, and what became of them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.settlement_models import SettlementLine, SettlementStatement
from disbursements.models.payees import Payee, PayeeBank
from ledgers.models import Hold, JournalEntry, Ledger, OperatingAccount, SpendingAuthority
from ledgers.money import CentsField

Kind = JournalEntry.Kind


class State(models.TextChoices):
    """The life-cycle of a request."""

    DRAFT = "draft", "Draft"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    POSTED = "posted", "Posted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    APPROVED_UNFUNDED = "approved_unfunded", "Approved, unfunded"


# The one table of allowed moves; the database keeps the same (request_moves(), held equal by a test).
MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (State.DRAFT, State.AWAITING_APPROVAL),
        (State.DRAFT, State.WITHDRAWN),
        (State.AWAITING_APPROVAL, State.POSTED),
        (State.AWAITING_APPROVAL, State.REJECTED),
        (State.AWAITING_APPROVAL, State.WITHDRAWN),
        (State.AWAITING_APPROVAL, State.EXPIRED),
        (State.AWAITING_APPROVAL, State.APPROVED_UNFUNDED),
        (State.APPROVED_UNFUNDED, State.POSTED),
        (State.APPROVED_UNFUNDED, State.WITHDRAWN),
        (State.APPROVED_UNFUNDED, State.EXPIRED),
    }
)
OPEN = (State.AWAITING_APPROVAL, State.APPROVED_UNFUNDED)
APPROVED = (State.POSTED, State.APPROVED_UNFUNDED)
TRANSFERS = (Kind.MATTER_TRANSFER, Kind.ACCOUNT_TRANSFER)
SENT_TO_BANK = (JournalEntry.Method.WIRE, JournalEntry.Method.ACH)
PAYMENTS = (Kind.DISBURSEMENT, Kind.RETURN, Kind.FIRM_FUNDS_WITHDRAWAL)


class DisbursementRequest(models.Model):
    """What a coordinator asks an attorney to let out of a ledger.

    Its content never changes: an edit is a new request that `replaces` this one. `version` counts its moves. A draft
    has no reservation: it gets it when it is submitted, and nothing else of it changes then.
    """

    KINDS = [(kind.value, kind.label) for kind in (*PAYMENTS, *TRANSFERS, Kind.EARNED_FEE)]
    web_may_update: ClassVar[tuple[str, ...]] = (
        "state",
        "version",
        "authority_id",
        "entry_id",
        "decided_by_id",
        "decided_for_id",
        "decided_at",
        "closed_by_id",
        "closed_at",
        "reason",
        "hold_id",
    )

    kind = models.CharField(max_length=22, choices=KINDS)
    ledger = models.ForeignKey(Ledger, on_delete=models.PROTECT, related_name="requests")
    payee = models.CharField(max_length=200)
    payee_record = models.ForeignKey(Payee, null=True, on_delete=models.PROTECT, related_name="requests")
    payee_bank = models.ForeignKey(
        PayeeBank, null=True, on_delete=models.PROTECT, related_name="+", help_text="Where a wire or ACH goes"
    )
    amount = CentsField()
    method = models.CharField(max_length=16, choices=JournalEntry.Method.choices)
    purpose = models.CharField(max_length=300)
    reference = models.CharField(max_length=100)
    destination_ledger = models.ForeignKey(Ledger, null=True, on_delete=models.PROTECT, related_name="requests_into")
    operating_account = models.ForeignKey(OperatingAccount, null=True, on_delete=models.PROTECT, related_name="+")
    earliest_date = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True, help_text="What the attorney should know")
    consent = models.CharField(
        max_length=450, blank=True, help_text="The document by which the client lets the money go to another client"
    )
    receipt = models.ForeignKey(
        JournalEntry,
        null=True,
        on_delete=models.PROTECT,
        related_name="requests_about",
        help_text="The unidentified receipt",
    )
    settlement = models.ForeignKey(
        SettlementStatement, null=True, on_delete=models.PROTECT, related_name="requests",
        help_text="The signed statement it is paid by: a lien, or without a line the client's share",
    )  # fmt: skip
    settlement_line = models.ForeignKey(SettlementLine, null=True, on_delete=models.PROTECT, related_name="requests")
    attachments = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="The files that belong to it (Attachment)"
    )
    content_hash = models.CharField(max_length=64)
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(help_text="When it was asked for; of a draft, when it was written")
    drafted_at = models.DateTimeField(null=True, help_text="When it was written, if it was a draft first")
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    hold = models.OneToOneField(
        Hold, null=True, on_delete=models.PROTECT, related_name="request", help_text="What is reserved; not for a draft"
    )
    state = models.CharField(max_length=18, choices=State.choices, default=State.AWAITING_APPROVAL)
    version = models.PositiveIntegerField(default=1)
    authority = models.OneToOneField(SpendingAuthority, null=True, on_delete=models.PROTECT, related_name="request")
    entry = models.OneToOneField(JournalEntry, null=True, on_delete=models.PROTECT, related_name="request")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="The attorney who was away, where a delegate decided",
    )  # fmt: skip
    decided_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, help_text="When it was posted, withdrawn or expired")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="request_recent"),
            models.Index(
                fields=["ledger"],
                condition=Q(state__in=["awaiting_approval", "approved_unfunded"]),
                name="request_open",
            ),
            models.Index(fields=["requester"], condition=Q(state="draft"), name="request_drafts"),
            models.Index(fields=["settlement"], condition=Q(settlement__isnull=False), name="request_of_settlement"),
            models.Index(fields=["receipt"], condition=Q(receipt__isnull=False), name="request_about_receipt"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_positive"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="request_known_state"),
            models.CheckConstraint(
                condition=~Q(payee="") & ~Q(purpose="") & ~Q(reference=""), name="request_names_payee_and_purpose"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["posted", "approved_unfunded"], decided_by__isnull=False, authority__isnull=False
                )
                | Q(state="rejected", decided_by__isnull=False, authority__isnull=True)
                | Q(state__in=["draft", "awaiting_approval"], decided_by__isnull=True, authority__isnull=True)
                | Q(state__in=["withdrawn", "expired"]),
                name="request_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(state="posted", entry__isnull=False) | (~Q(state="posted") & Q(entry__isnull=True)),
                name="request_posted_has_entry",
            ),
            models.CheckConstraint(
                condition=Q(payee_record__isnull=True, payee_bank__isnull=True)
                | Q(kind__in=["disbursement", "return"], payee_record__isnull=False),
                name="request_payee_of_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(settlement_line__isnull=True) | Q(settlement__isnull=False),
                name="request_line_of_settlement",
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(reason=""), name="request_rejected_why"),
            models.CheckConstraint(
                condition=Q(hold__isnull=False) & ~Q(state="draft")
                | Q(state__in=["draft", "withdrawn"], drafted_at__isnull=False, hold__isnull=True),
                name="request_draft_reserves_nothing",
            ),
            models.CheckConstraint(
                condition=Q(drafted_at__isnull=True) | Q(settlement__isnull=True),
                name="request_draft_of_no_settlement",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is called."""
        return f"Request {self.pk}"

    @property
    def is_transfer(self) -> bool:
        """Whether it moves money between ledgers instead of paying somebody."""
        return self.kind in TRANSFERS

    @property
    def reservation(self) -> Hold:
        """Return what is reserved for a request that was asked for; a draft has none."""
        assert self.hold is not None, "kept by request_draft_reserves_nothing"
        return self.hold

    @property
    def settlement_part(self) -> str:
        """Return what of which settlement statement it pays, in words; nothing where it pays none."""
        if self.settlement is None:
            return ""
        return f"{self.settlement.number}: {self.settlement_line or 'client’s share'}"

    @property
    def short_hash(self) -> str:
        """Return the form of the content hash that people compare."""
        return f"{self.content_hash[:4]} {self.content_hash[4:8]} {self.content_hash[8:12]}".upper()
