"""Recording a receipt: the deposit slip it goes on, the hold that will follow, the question whether it is a repeat."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from firms.clock import asked as ask_database
from firms.clock import today
from firms.models import Firm, Person
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.accounts import open_deposit_slip
from ledgers.calls import call
from ledgers.models import BankItem, Command, JournalEntry, TrustAccount
from ledgers.money import ZERO, Money
from ledgers.posting import Posted, Share, post_receipt
from ledgers.queries.entries import EntryRow, similar_receipts
from ledgers.refusals import BookRefusal

AUTOMATIC, NO_SLIP = "auto", "none"
GOES_ON_SLIP = frozenset({"check", "cashiers_check", "foreign_check", "cash"})
HOLD_DAYS = {
    "wire": "hold_days_wire", "cash": "hold_days_cash", "ach": "hold_days_ach", "check": "hold_days_check",
    "cashiers_check": "hold_days_cashiers_check", "foreign_check": "hold_days_foreign_check",
}  # fmt: skip


class LikelyDuplicate(BookRefusal):
    """A receipt like this was recorded within a week.

    Rule: SPEC flow Receipt: likely duplicates ask before posting.
    """

    code = "likely_duplicate"
    sentence = (
        "This looks like a receipt that is in the books already: {similar}. "
        "If it is other money, confirm that it is not a repeat and record it again."
    )


@dataclass(frozen=True)
class Receipt:
    """Money received, as somebody says it: for whom, from whom, how, when."""

    account: TrustAccount
    book_date: date
    method: str
    payer: str
    shares: tuple[Share, ...]
    reference: str = ""
    memo: str = ""
    slip: str = AUTOMATIC  # AUTOMATIC, NO_SLIP, or the number of a deposit slip
    is_no_repeat: bool = False

    @property
    def total(self) -> Money:
        """What was received for all matters together."""
        return sum((share.amount for share in self.shares), ZERO)


@retrying
def record_receipt(actor: Person, key: str, receipt: Receipt) -> Posted:
    """Post a receipt, on its deposit slip; ask first when it looks like one that is in the books.

    Raises:
        LikelyDuplicate: it looks like another receipt and nobody said it is not.
        Refusal: what the pen refuses.
    """
    with transaction.atomic():
        first = JournalEntry.objects.filter(command__in=Command.objects.filter(actor=actor, key=key)).first()
        if first is None and not receipt.is_no_repeat:
            refuse_likely_duplicate(actor, receipt)
        slip_id = first.bank_item_id if first and receipt.slip == AUTOMATIC else slip_for(actor, receipt)
        return post_receipt(
            actor,
            key,
            account=receipt.account,
            book_date=receipt.book_date,
            method=receipt.method,
            shares=receipt.shares,
            payer=receipt.payer,
            reference=receipt.reference,
            memo=receipt.memo,
            deposit_slip_id=slip_id,
        )


def likely_duplicates(actor: Person, receipt: Receipt) -> list[EntryRow]:
    """Return receipts within 7 days that may be the same money."""
    return similar_receipts(
        books_of(actor), receipt.account.pk, receipt.total, receipt.payer, receipt.reference, receipt.book_date
    )


def refuse_likely_duplicate(actor: Person, receipt: Receipt) -> None:
    """Ask before posting what looks like a repeat.

    Raises:
        LikelyDuplicate: it does.
    """
    found = likely_duplicates(actor, receipt)
    if found:
        like = f"entry {found[0].id}, {found[0].party}, {found[0].book_date:%b %-d, %Y}"
        raise LikelyDuplicate(similar=like, entries=[row.id for row in found])


def slip_for(actor: Person, receipt: Receipt) -> int | None:
    """Return the deposit slip a receipt goes on, starting one when there is none; wires, ACH and cards go on none."""
    if receipt.slip == NO_SLIP or (receipt.slip == AUTOMATIC and receipt.method not in GOES_ON_SLIP):
        return None
    if receipt.slip != AUTOMATIC:
        return int(receipt.slip)
    return _open_slip(receipt.account) or _start_slip(actor, receipt)


def _open_slip(account: TrustAccount) -> int | None:
    slips = BankItem.objects.filter(trust_account=account, kind=BankItem.Kind.DEPOSIT_SLIP, closed_at__isnull=True)
    return slips.order_by("-date", "-pk").values_list("pk", flat=True).first()


def _start_slip(actor: Person, receipt: Receipt) -> int:
    """Start a slip, one person at a time, so that two receipts at once do not start two."""
    call("SELECT pg_advisory_xact_lock(hashtext('deposit_slip'), %s)", receipt.account.pk)
    return _open_slip(receipt.account) or open_deposit_slip(actor.pk, receipt.account, receipt.book_date).pk


@dataclass(frozen=True)
class ComingHold:
    """The hold a receipt will get: until when (no date: until its payout is matched) and why."""

    until_date: date | None
    business_days: int


def coming_hold(method: str, book_date: date) -> ComingHold | None:
    """Return the hold that follows from method and date; None when the money may be spent at once."""
    if method == "card":
        return ComingHold(None, 0)
    days = int(Firm.objects.values_list(HOLD_DAYS.get(method, "hold_days_foreign_check"), flat=True).get(id=1))
    until: date = ask_database("SELECT add_business_days(%s, %s)", book_date, days)
    return ComingHold(until, days) if days and until > today() else None
