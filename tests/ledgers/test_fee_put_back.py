"""An earned fee that goes back to the client's ledger: whole or in part, at most what was taken, by page and API."""

from typing import Any

import pytest

from ledgers.bank_events import left_of_fee
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import reverse
from tests.cast import Cast, key, today
from tests.disbursements.earning import fee as earned
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def fee(cast: Cast) -> JournalEntry:
    """Return a fee of $300.00 out of Smith's $1,000.00."""
    cast.receive(cast.smith_matter, 100000)
    return earned(cast)


def typed(cast: Cast, amount: str, **changes: Any) -> dict[str, Any]:
    """Return what somebody types to put a fee back."""
    return {
        "amount": amount, "operating_account": cast.operating.pk, "book_date": f"{today()}", "method": "wire",
        "reference": "W-77", "reason": "Invoice 12 was reduced", "confirmed": "1", "idempotency_key": key(), **changes,
    }  # fmt: skip


class TestFeePutBack:
    def test_returns_to_the_ledger_it_was_taken_from_at_most_what_was_taken(
        self, cast: Cast, fee: JournalEntry
    ) -> None:
        browser, address = browser_of(cast.coordinator), f"/entries/{fee.pk}/put-back/"
        assert address in browser.get(f"/entries/{fee.pk}/").content.decode()
        assert browser.post(address, typed(cast, "100.00")).status_code == 302
        entry = JournalEntry.objects.select_related("text").get(kind="fee_put_back")
        assert (cast.smith_ledger.balance, left_of_fee(fee)) == (money(80000), money(20000))
        assert (entry.method, entry.operating_account, entry.text.reference) == ("wire", cast.operating, "W-77")
        assert 'value="200.00"' in browser.get(address).content.decode()
        refused = browser.post(address, typed(cast, "200.01"))
        assert refused.status_code == 409
        assert "$100.00 of it was put back before" in refused.content.decode()
        assert 'value="200.01"' in refused.content.decode()
        reverse(cast.coordinator, key(), original=entry, book_date=today(), reason="Wrong fee")
        assert left_of_fee(fee) == money(30000)

    def test_counts_once_per_key_and_says_so_through_the_api(self, cast: Cast, fee: JournalEntry) -> None:
        said = typed(cast, "300.00")
        given = said.pop("idempotency_key")
        for repeated in (False, True):
            answer = browser_of(cast.coordinator).post(
                f"/api/v1/journal-entries/{fee.pk}/put-back", said, "application/json",
                headers={"Idempotency-Key": given},
            )  # fmt: skip
            assert (answer.status_code, answer.json()["repeated"]) == (201, repeated)
        assert cast.smith_ledger.balance == money(100000)

    def test_is_of_a_fee_only_and_for_whoever_records_money(self, cast: Cast, fee: JournalEntry) -> None:
        receipt = JournalEntry.objects.get(kind="receipt")
        assert browser_of(cast.coordinator).get(f"/entries/{receipt.pk}/put-back/").status_code == 404
        assert browser_of(cast.auditor).get(f"/entries/{fee.pk}/put-back/").status_code == 403
