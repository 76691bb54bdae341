"""Where the money of a request comes from and where it may go."""

from disbursements import queries
from disbursements.models import TRANSFERS, Kind
from firms.models import Person
from ledgers.access import books_of
from ledgers.authorities import Spending
from ledgers.models import JournalEntry, Ledger, OperatingAccount
from ledgers.money import ZERO, Money, cents_of
from ledgers.refusals import BookRefusal, NoSuchLedger

PLACES = {
    Kind.DISBURSEMENT: {Ledger.Kind.CLIENT},
    Kind.RETURN: {Ledger.Kind.CLIENT, Ledger.Kind.UNIDENTIFIED},
    Kind.FIRM_FUNDS_WITHDRAWAL: {Ledger.Kind.FIRM_FUNDS},
    Kind.MATTER_TRANSFER: {Ledger.Kind.CLIENT, Ledger.Kind.UNIDENTIFIED},
    Kind.ACCOUNT_TRANSFER: {Ledger.Kind.CLIENT},
}


class DestinationUnfit(BookRefusal):
    """The money cannot go there."""

    code = "destination_unfit"
    sentence = "The money cannot go there: {why}"


class ReceiptSpent(BookRefusal):
    """More is asked of an unidentified receipt than is left of it."""

    code = "receipt_spent"
    sentence = "Of this receipt {available} is left; {asked} is too much. Ask for what is left."


class ReceiptUnnamed(BookRefusal):
    """Money nobody has placed goes out by the receipt it came with; other money belongs to none."""

    code = "receipt_unnamed"
    sentence = (
        "Unidentified money goes out by the receipt it came with, and money of a matter by none. Open the unidentified "
        "receipt and ask from there."
    )


def source_of(person: Person, spending: Spending) -> Ledger:
    """Return the ledger the money comes from, as the requester may see it.

    Raises:
        NoSuchLedger: it is not there, not visible, or not one that such money comes from.
    """
    ledger = books_of(person).ledgers.select_related("matter", "trust_account").filter(pk=spending.ledger_id).first()
    if ledger is None or ledger.kind not in PLACES.get(Kind(spending.kind), set()):
        raise NoSuchLedger
    return ledger


def refuse_unfit_destination(person: Person, spending: Spending, source: Ledger) -> None:
    """Hold that the money goes where money of its kind goes.

    Raises:
        DestinationUnfit.
    """
    if spending.kind == Kind.FIRM_FUNDS_WITHDRAWAL or spending.operating_account_id is not None:
        own = OperatingAccount.objects.filter(pk=spending.operating_account_id or 0, closed_date__isnull=True)
        if spending.kind != Kind.FIRM_FUNDS_WITHDRAWAL or not own.exists():
            raise DestinationUnfit(why="only firm money goes to an operating account, and only to an open one of ours.")
        return
    if spending.kind not in TRANSFERS:
        return
    into = books_of(person).ledgers.filter(pk=spending.destination_ledger_id or 0, kind=Ledger.Kind.CLIENT).first()
    if into is None or into.pk == source.pk:
        raise DestinationUnfit(why="choose another matter's ledger, or the matter's ledger in another account.")
    same_account = into.trust_account_id == source.trust_account_id
    if spending.kind == Kind.MATTER_TRANSFER and not same_account:
        raise DestinationUnfit(why="a transfer between matters stays in one trust account.")
    if spending.kind == Kind.ACCOUNT_TRANSFER and (same_account or into.matter_id != source.matter_id):
        raise DestinationUnfit(why="an account transfer goes to the same matter's ledger in another trust account.")


def refuse_beyond_receipt(person: Person, receipt: JournalEntry, amount: Money) -> None:
    """Hold that so much is left of an unidentified receipt.

    Raises:
        ReceiptSpent.
    """
    found = queries.unidentified_receipts(books_of(person)).filter(pk=receipt.pk).first()
    left: Money = getattr(found, "left", ZERO)
    if amount > left:
        raise ReceiptSpent(asked=cents_of(amount), available=cents_of(left))
