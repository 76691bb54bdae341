"""The pen: what it posts."""

from datetime import timedelta
from typing import Any

import pytest

from ledgers.holds import available_balance
from ledgers.models import JournalEntry, LedgerDay
from ledgers.money import money
from ledgers.months import book_balance
from ledgers.posting import Share, post_receipt, return_receipt, reverse
from ledgers.refusals import DeficitNeedsSecondPerson, InsufficientFunds, KeyReused
from tests.cast import Cast, key, today

pytestmark = pytest.mark.django_db


class TestPostReceipt:
    """Money in."""

    def test_splits_one_receipt_over_two_matters_as_one_entry(self, cast: Cast) -> None:
        posted = post_receipt(
            cast.coordinator,
            key(),
            account=cast.account,
            book_date=today(),
            method="wire",
            payer="Insurer",
            shares=[Share(cast.smith_matter, money(70000)), Share(cast.doe_matter, money(30000))],
        )
        assert JournalEntry.objects.get(pk=posted.id).bank_amount == money(100000)
        assert (cast.smith_ledger.balance, cast.doe_ledger.balance) == (money(70000), money(30000))
        assert book_balance(cast.account, today()) == money(100000)

    def test_holds_a_check_until_it_is_collected(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 50000, method="check")
        assert cast.smith_ledger.balance == money(50000)
        assert available_balance(cast.smith_ledger) == money(0)

    def test_answers_a_repeated_key_with_the_first_result(self, cast: Cast) -> None:
        same: dict[str, Any] = {"account": cast.account, "book_date": today(), "method": "wire", "payer": "P"}
        first = post_receipt(cast.coordinator, "k", shares=[Share(cast.smith_matter, money(100))], **same)
        again = post_receipt(cast.coordinator, "k", shares=[Share(cast.smith_matter, money(100))], **same)
        assert (again.ids, again.repeated) == (first.ids, True)
        assert JournalEntry.objects.count() == 1
        with pytest.raises(KeyReused):
            post_receipt(cast.coordinator, "k", shares=[Share(cast.smith_matter, money(200))], **same)
        assert cast.smith_ledger.balance == money(100)

    def test_back_dates_through_every_later_day(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10000, on=today())
        cast.receive(cast.smith_matter, 500, on=today() - timedelta(days=9))
        days = dict(LedgerDay.objects.filter(ledger=cast.smith_ledger).values_list("date", "balance"))
        assert days == {today() - timedelta(days=9): money(500), today(): money(10500)}


class TestPostDisbursement:
    """Money out."""

    def test_pays_what_the_attorney_authorized(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10000)
        cast.pay(cast.smith_ledger, 4000)
        assert cast.smith_ledger.balance == money(6000)

    def test_refuses_to_pay_with_another_clients_money(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10000)
        cast.receive(cast.doe_matter, 99999)
        with pytest.raises(InsufficientFunds) as refused:
            cast.pay(cast.smith_ledger, 10001)
        assert refused.value.facts["available"] == money(10000)
        assert "only $100.00 is available" in refused.value.detail
        assert cast.smith_ledger.balance == money(10000)


class TestReturnReceipt:
    """Receipts that come back."""

    def test_records_the_whole_loss_and_leaves_a_deficit(self, cast: Cast) -> None:
        receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10000).id)
        cast.pay(cast.smith_ledger, 4000)
        return_receipt(
            cast.coordinator,
            key(),
            receipt=receipt,
            book_date=today(),
            shares=[Share(cast.smith_ledger, money(10000))],
            advice="Returned item NSF",
            second_person=cast.supervisor,
        )
        assert (cast.smith_ledger.balance, cast.smith_ledger.deficit) == (money(-4000), money(4000))


class TestReverse:
    """Undoing what never was true."""

    def test_puts_back_exactly_what_the_entry_did(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10000)
        paid = JournalEntry.objects.get(pk=cast.pay(cast.smith_ledger, 4000).id)
        reverse(cast.coordinator, key(), original=paid, book_date=today(), reason="Check never left")
        assert cast.smith_ledger.balance == money(10000)

    def test_needs_a_second_person_when_the_money_is_spent(self, cast: Cast) -> None:
        receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10000).id)
        cast.pay(cast.smith_ledger, 4000)
        with pytest.raises(DeficitNeedsSecondPerson):
            reverse(cast.coordinator, key(), original=receipt, book_date=today(), reason="Wrong matter")
        assert cast.smith_ledger.balance == money(6000)
