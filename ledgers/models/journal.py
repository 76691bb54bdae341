"""The journal: ledgers, entries, lines. Written by the pen (`ledgers/sql/`) alone; the web role may only read."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThanOrEqual

from ledgers.models.accounts import BankItem, TrustAccount
from ledgers.money import CentsField

# I3: a deficit is never negative, and covers what the balance lacks. Short: every posting reads a CHECK anew.
COVERED = Q(GreaterThanOrEqual(Least(F("deficit"), F("balance") + F("deficit")), 0))


class Ledger(models.Model):
    """What is held for one matter in one trust account, or one of the account's special ledgers.

    `balance` is the sum of its lines; `deficit` the recorded part of a loss it could not cover; `line_count` and
    `head_hash` are the head of its chain of lines. `available` money is the balance less open holds.
    """

    class Kind(models.TextChoices):
        """A client's ledger or a special one."""

        CLIENT = "client", "Client ledger"
        FIRM_FUNDS = "firm_funds", "Firm funds"
        UNIDENTIFIED = "unidentified", "Unidentified receipts"
        INTEREST_DUE = "interest_due", "Interest due"

    trust_account = models.ForeignKey(TrustAccount, on_delete=models.PROTECT, related_name="ledgers")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    matter = models.ForeignKey("ledgers.Matter", null=True, on_delete=models.PROTECT, related_name="ledgers")
    balance = CentsField(default=0)
    deficit = CentsField(default=0)
    line_count = models.BigIntegerField(default=0)
    head_hash = models.BinaryField(default=b"")
    last_activity_date = models.DateField(null=True)
    opened_at = models.DateTimeField()
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [
            models.Index(fields=["trust_account"], condition=Q(deficit__gt=0), name="ledger_with_deficit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trust_account", "matter"], condition=Q(kind="client"), name="client_ledger_once"
            ),
            models.UniqueConstraint(
                fields=["trust_account", "kind"], condition=~Q(kind="client"), name="special_ledger_once"
            ),
            # Every posting reads its text anew: one CHECK, not two. What a ledger is, a trigger asks at its birth.
            models.CheckConstraint(condition=COVERED, name="client_ledger_not_overdrawn"),
        ]

    def __str__(self) -> str:
        """Return what the ledger is called."""
        return str(self.matter) if self.matter_id else self.get_kind_display()


class LedgerDay(models.Model):
    """A ledger's balance and deficit at the end of a day on which it moved; the rule of I3 holds on every one.

    Of the last such day they are the ledger's own: the day gets its row when the ledger moves on a later one.
    """

    pk = models.CompositePrimaryKey("ledger_id", "date")
    ledger = models.ForeignKey(
        Ledger, on_delete=models.PROTECT, related_name="days", db_index=False, db_constraint=False
    )
    date = models.DateField()
    balance = CentsField()
    deficit = CentsField(default=0)
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=COVERED, name="client_ledger_not_overdrawn_on_any_day"),
        ]

    def __str__(self) -> str:
        """Return ledger and date."""
        return f"{self.ledger_id} {self.date}"


class Command(models.Model):
    """One intent: an actor's idempotency key, the hash of what was asked, and what came of it. Kept for ever."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=200)
    content_hash = models.BinaryField()
    given_at = models.DateTimeField()
    result = models.JSONField(null=True, help_text="For commands that post no entry")
    web_may: ClassVar[str] = "read"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="command_key_once"),
            models.CheckConstraint(condition=Q(key__gt=""), name="command_has_key"),
        ]

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class JournalEntry(models.Model):
    """One posted event. Immutable.

    What the pen writes has no foreign keys (DECISIONS 10, 73): the triggers that balance an entry ask for its lines,
    their ledgers, its text, and whatever else it names; nobody may remove a row.
    """

    class Kind(models.TextChoices):
        """SPEC section 1, kinds of entry."""

        RECEIPT = "receipt", "Receipt"
        DISBURSEMENT = "disbursement", "Disbursement"
        EARNED_FEE = "earned_fee", "Earned fee"
        MATTER_TRANSFER = "matter_transfer", "Matter transfer"
        ACCOUNT_TRANSFER = "account_transfer", "Account transfer"
        RETURN = "return", "Return to client or sender"
        RETURNED_RECEIPT = "returned_receipt", "Returned receipt"
        BANK_CHARGE = "bank_charge", "Bank charge"
        INTEREST = "interest", "Interest"
        INTEREST_SWEEP = "interest_sweep", "Interest sweep"
        FIRM_FUNDS_DEPOSIT = "firm_funds_deposit", "Firm-funds deposit"
        FIRM_FUNDS_WITHDRAWAL = "firm_funds_withdrawal", "Firm-funds withdrawal"
        DEFICIT_CURE = "deficit_cure", "Deficit cure"
        FEE_PUT_BACK = "fee_put_back", "Fee put back"
        OPENING_BALANCE = "opening_balance", "Opening balance"
        OPENING_CHECK = "opening_check", "Opening check"
        BANK_EVENT = "bank_event", "Bank event"
        REVERSAL = "reversal", "Reversal"

    class Method(models.TextChoices):
        """How the money moved."""

        CHECK = "check", "Check"
        CASHIERS_CHECK = "cashiers_check", "Cashier's check"
        FOREIGN_CHECK = "foreign_check", "Out-of-state or foreign check"
        WIRE = "wire", "Wire"
        ACH = "ach", "ACH"
        CARD = "card", "Card"
        CASH = "cash", "Cash"
        INTERNAL = "internal", "In the books"

    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="entries", db_constraint=False)
    kind = models.CharField(max_length=22, choices=Kind.choices)
    trust_account = models.ForeignKey(
        TrustAccount, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    book_date = models.DateField()
    bank_amount = CentsField()
    method = models.CharField(max_length=16, choices=Method.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    second_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    posted_at = models.DateTimeField()
    source_address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    # The indexes of these two hold no empty keys (migration 0007): nearly every entry has none.
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by", db_constraint=False
    )
    relates_to = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="followed_by", db_index=False, db_constraint=False
    )
    linked_to = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="linked_from", db_constraint=False
    )
    authority = models.ForeignKey(
        "ledgers.SpendingAuthority",
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    bank_item = models.ForeignKey(
        BankItem, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    operating_account = models.ForeignKey(
        "ledgers.OperatingAccount",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    text_commitment = models.BinaryField()
    hash = models.BinaryField()
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [
            models.Index(fields=["trust_account", "book_date", "id"], name="entry_by_date"),
            # Most entries have none of these; an index of the empty ones is one page that every posting writes to.
            models.Index(fields=["relates_to"], condition=Q(relates_to__isnull=False), name="entry_that_follows"),
            models.Index(fields=["authority"], condition=Q(authority__isnull=False), name="entry_of_authority"),
            models.Index(fields=["bank_item"], condition=Q(bank_item__isnull=False), name="entry_of_bank_item"),
            # Whoever numbers a check asks whether an opening check has its number.
            models.Index(fields=["trust_account"], condition=Q(kind="opening_check"), name="entry_opening_check"),
        ]

    def __str__(self) -> str:
        """Return kind and number."""
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def party_label(self) -> str:
        """What the other side of the entry is to the books: who paid, or who was paid."""
        kind = self.Kind
        if self.kind in {kind.RECEIPT, kind.RETURNED_RECEIPT, kind.FIRM_FUNDS_DEPOSIT, kind.FEE_PUT_BACK}:
            return "Received from"
        paid = {kind.DISBURSEMENT, kind.EARNED_FEE, kind.RETURN, kind.FIRM_FUNDS_WITHDRAWAL, kind.OPENING_CHECK}
        return "Paid to" if self.kind in paid else "Payer or payee"


class EntryText(models.Model):
    """The free text of an entry, beside the chain: the entry holds a salted commitment of it (SPEC I14)."""

    entry = models.OneToOneField(
        JournalEntry, primary_key=True, on_delete=models.PROTECT, related_name="text", db_constraint=False
    )
    party = models.CharField(max_length=200, blank=True, help_text="Payer or payee")
    purpose = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=100, blank=True, help_text="Check number, wire or slip reference")
    memo = models.CharField(max_length=500, blank=True)
    advice = models.CharField(max_length=300, blank=True, help_text="The bank's line or advice")
    reason = models.CharField(max_length=500, blank=True)
    salt = models.BinaryField()
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [
            GinIndex(
                fields=["party", "reference"], opclasses=["gin_trgm_ops", "gin_trgm_ops"], name="entry_text_anywhere"
            )
        ]

    def __str__(self) -> str:
        """Return the party."""
        return self.party


class JournalLine(models.Model):
    """An entry's effect on one ledger: the `seq`-th link of that ledger's hash chain."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines", db_constraint=False)
    ledger = models.ForeignKey(
        Ledger, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    seq = models.BigIntegerField()
    amount = CentsField()
    book_date = models.DateField()
    hash = models.BinaryField()
    web_may: ClassVar[str] = "read"

    class Meta:
        indexes = [models.Index(fields=["ledger", "book_date", "seq"], name="line_by_date")]
        constraints = [
            models.UniqueConstraint(fields=["ledger", "seq"], name="line_chain_link_once"),
        ]

    def __str__(self) -> str:
        """Return ledger and place in its chain."""
        return f"{self.ledger_id}#{self.seq}"


class EntryNote(models.Model):
    """A remark appended to an entry; never edited."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    text = models.CharField(max_length=1000)
    web_may: ClassVar[str] = "append"

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="entry_note_not_empty")]

    def __str__(self) -> str:
        """Return the note."""
        return self.text


class Seal(models.Model):
    """A hash over the lines and audit links written since the seal before, older than every running transaction."""

    sealed_at = models.DateTimeField()
    up_to_line = models.BigIntegerField()
    up_to_audit = models.BigIntegerField()
    line_total = models.BigIntegerField(help_text="How many lines the seal covers")
    hash = models.BinaryField()
    web_may: ClassVar[str] = "read"

    def __str__(self) -> str:
        """Return number and time."""
        return f"Seal {self.pk} of {self.sealed_at}"
