"""Payment of invoices from trust: the attorney's authorization, the client's link and answer, the transfers."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models import Invoice
from firms.models import Firm
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import CentsField, Money

PERSON = settings.AUTH_USER_MODEL


class FeeAuthorization(models.Model):
    """An attorney's decision that an invoice is paid from trust, up to the amount of its spending authority.

    `condition` and `notice_days` are the firm's policy of that day, written by the database; `notice_until` follows
    when the letter has demonstrably left to the address that the client has. It ends when everything it allowed is
    transferred, when the attorney withdraws it, or when the invoice becomes void.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "end_reason")

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="fee_authorizations")
    authority = models.OneToOneField(SpendingAuthority, on_delete=models.PROTECT, related_name="fee_authorization")
    condition = models.CharField(max_length=8, choices=Firm.FeeCondition.choices)
    notice_days = models.PositiveSmallIntegerField(null=True, help_text="How long the client may object")
    notice_until = models.DateField(
        null=True, help_text="The last day on which the client may object; empty until the letter has left"
    )
    notice_address = models.EmailField(
        null=True, help_text="To where that letter went; it counts while this is the client's address"
    )
    ended_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(ended_at__isnull=True), name="fee_authorization_one_open"
            ),
            models.CheckConstraint(
                condition=Q(condition="approval", notice_days__isnull=True, notice_until__isnull=True)
                | (Q(condition="notice") & (Q(notice_days__isnull=False) | Q(notice_until__isnull=False))),
                name="fee_authorization_notice_until",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="fee_authorization_ended_why",
            ),
        ]

    def __str__(self) -> str:
        """Return what it authorizes."""
        return f"Payment of invoice {self.invoice_id} from trust"

    @property
    def told_until(self) -> date | None:
        """The last day on which the client may object, where a letter to the client's address of today has left."""
        is_told = self.notice_address in (None, self.invoice.matter.client.email)
        return self.notice_until if is_told else None

    @property
    def due(self) -> Money:
        """What it allows of the invoice and is not paid yet: what the client is asked for, and what is transferred."""
        return min(self.authority.amount - self.authority.used_amount, self.invoice.open_amount)

    @property
    def client_said(self) -> str:
        """What the client said to it; empty while nothing was said."""
        answers = ClientAnswer.objects.filter(invoice=self.invoice_id)
        own = Q(link__isnull=True) | Q(answer=ClientAnswer.Answer.OBJECTED) | Q(link__authorization=self.pk)
        return answers.filter(own).order_by("-pk").values_list("answer", flat=True).first() or ""


class InvoiceLink(models.Model):
    """A pointer to one invoice for its client, who has no account here: where an authorized payment is answered.

    Of its token and of the code in its letter only hashes are kept; who answers has to type the code, which stands
    in the letter and nowhere on the page. A newer letter supersedes it, an answer uses it up.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("superseded_at", "used_at", "wrong_codes")

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="client_links")
    authorization = models.ForeignKey(FeeAuthorization, on_delete=models.PROTECT, related_name="client_links")
    address = models.EmailField(help_text="To whom the letter went: the client's address then")
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True, help_text="When the client answered by it")
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    answers_before = models.PositiveSmallIntegerField(default=0, help_text="How often the client had answered by then")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(superseded_at__isnull=True), name="invoice_link_newest_only"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="invoice_link_expires"),
        ]

    def __str__(self) -> str:
        """Return what it points to; never the token."""
        return f"Link to invoice {self.invoice_id}"


class ClientAnswer(models.Model):
    """What a client said to an invoice: approved, or objected to. The latest counts.

    Recorded by a coordinator with its evidence, or given by the client through the link of a letter, from an address.
    """

    class Answer(models.TextChoices):
        """What was said."""

        APPROVED = "approved", "Approved"
        OBJECTED = "objected", "Objected"

    web_may: ClassVar[str] = "append"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="client_answers")
    answer = models.CharField(max_length=8, choices=Answer.choices)
    evidence = models.CharField(max_length=500, help_text="By what the client said so, when, and where it is filed")
    recorded_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    link = models.OneToOneField(InvoiceLink, null=True, on_delete=models.PROTECT, related_name="answer")
    words = models.CharField(max_length=1000, blank=True, db_default="", help_text="What the client wrote")
    address = models.GenericIPAddressField(null=True, help_text="From where the client answered by the link")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["invoice", "-id"], name="client_answer_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(answer__in=["approved", "objected"]), name="client_answer_known"),
            models.CheckConstraint(condition=~Q(evidence=""), name="client_answer_has_evidence"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False, link__isnull=True, words="", address__isnull=True)
                | Q(recorded_by__isnull=True, link__isnull=False),
                name="client_answer_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        """Return what was said."""
        return self.get_answer_display()

    @property
    def given_by(self) -> str:
        """Who gave it: the coordinator who recorded it, or the client, from where."""
        if self.recorded_by is not None:
            return f"Recorded by {self.recorded_by.full_name}"
        return f"By the client, from {self.address}" if self.address else "By the client"

    @property
    def said(self) -> str:
        """The client's own words and the evidence."""
        return f"“{self.words}” {self.evidence}" if self.words else self.evidence


class FeeTransfer(models.Model):
    """One transfer of an invoice's fee: the journal entry that paid it. Written by the database with the entry."""

    web_may: ClassVar[str] = "read"

    authorization = models.ForeignKey(FeeAuthorization, on_delete=models.PROTECT, related_name="transfers")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="fee_transfer")
    part = models.PositiveSmallIntegerField(help_text="1 for the first transfer of an authorization")
    amount = CentsField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authorization", "part"], name="fee_transfer_part_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="fee_transfer_positive"),
        ]

    def __str__(self) -> str:
        """Return which part it is."""
        return f"Part {self.part} of authorization {self.authorization_id}"
