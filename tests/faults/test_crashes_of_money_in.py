"""A connection lost in the middle of recording a receipt: it is in the books whole, or not at all.

Rule: SPEC section 2, I2, I6, I12.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from ledgers.models import BankItem, Hold, JournalEntry
from ledgers.money import money
from ledgers.posting import Share
from ledgers.receipts import AUTOMATIC, Receipt, record_receipt
from tests.cast import Cast, days_of, key, today
from tests.faults.crashing import crashes
from tests.faults.crowd import faults_of_the_books

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receipt_is_recorded_with_its_slip_its_hold_and_the_day_before_or_not_at_all(
    owner: "psycopg.Connection[Any]", cast: Cast
) -> None:
    before = today() - timedelta(days=1)
    cast.receive(cast.smith_matter, 10_000, on=before)
    receipt = Receipt(
        account=cast.account,
        book_date=today(),
        method="check",
        shares=(Share(cast.smith_matter, money(2_500)),),
        payer="Somebody",
        slip=AUTOMATIC,
    )
    nothing = money(0)
    for _ in crashes(owner, partial(record_receipt, cast.coordinator, key(), receipt), every=1):
        assert (JournalEntry.objects.count(), BankItem.objects.count(), Hold.objects.count()) == (1, 0, 0)
        assert days_of(cast.smith_ledger) == {before: (money(10_000), nothing)}
    assert (JournalEntry.objects.count(), BankItem.objects.count(), Hold.objects.count()) == (2, 1, 1)
    assert days_of(cast.smith_ledger) == {before: (money(10_000), nothing), today(): (money(12_500), nothing)}
    assert faults_of_the_books() == []
