"""Transfer batches: the fees of a day that go from one trust account to one account of the firm, one line at the bank.

A batch opens with its first fee (`open_transfer_batch`) and gathers those that follow until it is sent, with the one
reference that the bank gave it. Rule: SPEC flow *Earned fee*; section 1, bank item.
"""

from datetime import date

from django.db import transaction

from disbursements.fee_refusals import BatchReferenceMissing
from firms.access import Capability, may
from firms.clock import asked
from firms.models import Person
from firms.refusals import NotAllowed, translating
from firms.retry import retrying
from ledgers.access import Books
from ledgers.models import BankItem
from ledgers.queries.deposit_slips import SlipRow, deposit_slips, slips_of
from ledgers.queries.rows import RowSet

BATCH = BankItem.Kind.TRANSFER_BATCH


def batches(books: Books, batch_id: int | None = None) -> RowSet[SlipRow]:
    """Return the transfer batches with a visible fee, open ones first; the amount as it leaves the trust account."""
    return deposit_slips(books, slip_id=batch_id, kind=BATCH)


def batch_of(books: Books, batch_id: int) -> BankItem | None:
    """Return one batch, if the person may see it."""
    return slips_of(books, BATCH).filter(pk=batch_id).first()


@retrying
def close_batch(by: Person, batch: BankItem, reference: str, on_date: date) -> None:
    """Say that a batch went to the bank, by the bank's reference and on its day; it takes no more fees.

    Raises:
        NotAllowed, BatchReferenceMissing; BankItemClosed: it went before.
    """
    if not may(by, Capability.RECORD_MONEY):
        raise NotAllowed
    if not reference.strip():
        raise BatchReferenceMissing
    with translating(), transaction.atomic():
        sent = {"reference": reference.strip()[:100], "date": on_date, "closed_at": asked("SELECT firm_now()")}
        BankItem.objects.filter(pk=batch.pk, kind=BATCH).update(**sent)
