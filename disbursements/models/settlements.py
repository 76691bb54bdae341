"""Settlement statements once they are issued: signature, authorization, transfers, what was settled otherwise."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.settlement_models import SettlementLine, SettlementStatement
from disbursements.models.attachments import Attachment
from firms.models import Proposal
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import CentsField

PERSON = settings.AUTH_USER_MODEL


class SettlementSignature(models.Model):
    """The client's signature under exactly this statement, with the signed paper; recorded by a coordinator."""

    web_may: ClassVar[str] = "append"

    statement = models.OneToOneField(SettlementStatement, on_delete=models.PROTECT, related_name="signature")
    content_hash = models.CharField(max_length=64, help_text="Of the statement that was signed")
    signed_on = models.DateField()
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=500, blank=True, help_text="How it came back")
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return what was signed."""
        return f"Signature under statement {self.statement_id}"


class SettlementAuthorization(models.Model):
    """An attorney's decision that a signed statement is paid: fee and costs up to the amount of its spending authority.

    It ends when everything it allowed is transferred, when the attorney withdraws it, or with the statement.
    """

    web_may_update: ClassVar[tuple[str, ...]] = ("ended_at", "ended_by", "end_reason")

    statement = models.ForeignKey(SettlementStatement, on_delete=models.PROTECT, related_name="authorizations")
    authority = models.OneToOneField(
        SpendingAuthority, on_delete=models.PROTECT, related_name="settlement_authorization"
    )
    ended_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement"], condition=Q(ended_at__isnull=True), name="settlement_authorization_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="settlement_authorization_ended_why",
            ),
        ]

    def __str__(self) -> str:
        """Return what it authorizes."""
        return f"Payment of statement {self.statement_id}"


class SettlementTransfer(models.Model):
    """One transfer of a statement's fee and costs: the entry that paid it. Written by the database with the entry."""

    web_may: ClassVar[str] = "read"

    authorization = models.ForeignKey(SettlementAuthorization, on_delete=models.PROTECT, related_name="transfers")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="settlement_transfer")
    part = models.PositiveSmallIntegerField(help_text="1 for the first transfer of an authorization")
    amount = CentsField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authorization", "part"], name="settlement_transfer_part_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="settlement_transfer_positive"),
        ]

    def __str__(self) -> str:
        """Return which part it is."""
        return f"Part {self.part} of authorization {self.authorization_id}"


class SettledOtherwise(models.Model):
    """What of a lien, or without a line of the client's share, left the matter by a payment that names no statement.

    Recorded with its evidence by one person and confirmed by another: the proposal says by whom. It counts as long as
    the payment is not reversed and two people have not taken it back.
    """

    web_may: ClassVar[str] = "append"

    statement = models.ForeignKey(SettlementStatement, on_delete=models.PROTECT, related_name="settled_otherwise")
    line = models.ForeignKey(SettlementLine, null=True, on_delete=models.PROTECT, related_name="settled_otherwise")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="settled_otherwise")
    amount = CentsField()
    evidence = models.CharField(max_length=500, help_text="How it is known that this was paid by it")
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="settled_otherwise_positive"),
            models.CheckConstraint(condition=~Q(evidence=""), name="settled_otherwise_has_evidence"),
        ]

    def __str__(self) -> str:
        """Return what was settled by what."""
        return f"Settled by entry {self.entry_id}"


class SettledOtherwiseTakenBack(models.Model):
    """That a payment had not settled it after all: one person said why, another confirmed it. It is left to pay."""

    web_may: ClassVar[str] = "append"

    settled = models.OneToOneField(SettledOtherwise, on_delete=models.PROTECT, related_name="taken_back")
    reason = models.CharField(max_length=500)
    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="taken_back_says_why")]

    def __str__(self) -> str:
        """Return what was taken back."""
        return f"{self.settled} taken back"
