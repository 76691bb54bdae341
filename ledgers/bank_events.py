"""What the bank has done and what the firm puts right: posted at once where one person may, else proposed."""

from datetime import date

from django.db.models import Sum

from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed
from ledgers.accounts import special_ledger
from ledgers.models import JournalEntry, Ledger, TrustAccount
from ledgers.money import ZERO, Money
from ledgers.posting import (
    Posted,
    cure_deficit,
    post_bank_charge,
    post_firm_funds_deposit,
    post_interest,
    put_fee_back,
    reverse,
    sweep_interest,
)
from ledgers.refusals import BookRefusal, InsufficientFunds


class FirmFundsShort(BookRefusal):
    """The cushion does not hold what a cure asks for."""

    code = "firm_funds_short"
    sentence = (
        "{asked} was asked for, but the firm funds of the account hold only {available} that may be used. Deposit firm "
        "money from the operating account first, or let the cure come from the operating account itself."
    )


def _refuse_unless_recorder(person: Person) -> None:
    if not may(person, Capability.RECORD_MONEY):
        raise NotAllowed


def record_bank_charge(
    person: Person, key: str, *, ledger: Ledger, book_date: date, amount: Money, advice: str
) -> Posted:
    """Record a charge that the cushion (on an individual account, the client's money) covers.

    Raises:
        DeficitNeedsSecondPerson: it does not; propose it (`proposals.propose_bank_charge`).
        LedgerNotForKind, MonthLocked, DatedInFuture, WordsMissing, NotAllowed.

    Rule: SPEC I11.
    """
    _refuse_unless_recorder(person)
    return post_bank_charge(person, key, ledger=ledger, book_date=book_date, amount=amount, advice=advice)


def record_interest(person: Person, key: str, *, ledger: Ledger, book_date: date, amount: Money, advice: str) -> Posted:
    """Record interest the bank credited."""
    _refuse_unless_recorder(person)
    return post_interest(person, key, ledger=ledger, book_date=book_date, amount=amount, advice=advice)


def record_sweep(person: Person, key: str, *, ledger: Ledger, book_date: date, amount: Money, advice: str) -> Posted:
    """Record that the bank sent the interest due to the bar foundation."""
    _refuse_unless_recorder(person)
    return sweep_interest(person, key, ledger=ledger, book_date=book_date, amount=amount, advice=advice)


def record_firm_funds(
    person: Person,
    key: str,
    *,
    account: TrustAccount,
    book_date: date,
    amount: Money,
    method: str,
    reference: str,
    operating_account_id: int | None,
) -> Posted:
    """Record firm money put into the cushion of a trust account."""
    _refuse_unless_recorder(person)
    ledger = special_ledger(account, Ledger.Kind.FIRM_FUNDS)
    return post_firm_funds_deposit(
        person,
        key,
        ledger=ledger,
        book_date=book_date,
        amount=amount,
        method=method,
        reference=reference,
        operating_account_id=operating_account_id,
    )


def record_cure(
    person: Person,
    key: str,
    *,
    ledger: Ledger,
    book_date: date,
    amount: Money,
    reason: str,
    reference: str,
    operating_account_id: int | None,
) -> Posted:
    """Make a deficit good: from an operating account, or (none given) from the account's firm funds.

    Raises:
        CureExceedsDeficit: the firm puts in at most the deficit.
        FirmFundsShort: the cushion does not hold as much.

    Rule: SPEC I3.
    """
    _refuse_unless_recorder(person)
    cushion = None if operating_account_id else special_ledger(ledger.trust_account, Ledger.Kind.FIRM_FUNDS)
    try:
        return cure_deficit(
            person,
            key,
            ledger=ledger,
            book_date=book_date,
            amount=amount,
            reason=reason,
            reference=reference,
            from_firm_funds=cushion,
            operating_account_id=operating_account_id,
        )
    except InsufficientFunds as short:
        raise FirmFundsShort(**short.facts) from short


def left_of_fee(fee: JournalEntry) -> Money:
    """Return what of an earned fee has not been put back."""
    back = JournalEntry.objects.filter(relates_to=fee, kind=JournalEntry.Kind.FEE_PUT_BACK, reversed_by__isnull=True)
    put_back: Money = back.aggregate(total=Sum("bank_amount"))["total"] or ZERO
    return -fee.bank_amount - put_back


def record_fee_put_back(
    person: Person,
    key: str,
    *,
    fee: JournalEntry,
    book_date: date,
    amount: Money,
    method: str,
    reference: str,
    reason: str,
    operating_account_id: int,
) -> Posted:
    """Return to the client's ledger what was taken as a fee, whole or in part, from an operating account.

    Raises:
        PutBackMoreThanTaken: less than that is left of the fee.
        AlreadyReversed, DatedBeforeOriginal, MonthLocked, DatedInFuture, WordsMissing, NotAllowed.

    Rule: SPEC I10.
    """
    _refuse_unless_recorder(person)
    return put_fee_back(
        person,
        key,
        fee=fee,
        ledger=fee.lines.select_related("ledger").get().ledger,
        book_date=book_date,
        amount=amount,
        method=method,
        reference=reference,
        reason=reason,
        operating_account_id=operating_account_id,
    )


def record_reversal(person: Person, key: str, *, entry: JournalEntry, book_date: date, reason: str) -> Posted:
    """Undo an entry that never was true; both sides of an account transfer together.

    Raises:
        AlreadyReversed, AlreadyReturned, ReversalOfReversal, DatedBeforeOriginal, MonthLocked.
        DeficitNeedsSecondPerson: the money has been spent; propose it (`proposals.propose_reversal`).

    Rule: SPEC I1.
    """
    _refuse_unless_recorder(person)
    return reverse(person, key, original=entry, book_date=book_date, reason=reason)
