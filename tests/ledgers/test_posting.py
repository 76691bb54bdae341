"""The pen: what it posts."""

from datetime import timedelta
from typing import Any

import pytest

from ledgers.holds import available_balance
from ledgers.models import EntryText, Hold, JournalEntry, JournalLine, Ledger, Matter
from ledgers.money import money
from ledgers.months import book_balance
from ledgers.posting import Share, entry, post_entries, post_receipt, return_receipt, reverse
from ledgers.refusals import DeficitNeedsSecondPerson, InsufficientFunds, KeyReused
from tests.cast import Cast, days_of, key, today
from tests.faults.crowd import faults_of_the_books

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
        nothing = money(0)
        assert days_of(cast.smith_ledger) == {
            today() - timedelta(days=9): (money(500), nothing),
            today(): (money(10500), nothing),
        }

    @pytest.mark.parametrize("method", ["wire", "check", "card"])
    @pytest.mark.parametrize("days_back", [0, 3])
    def test_of_one_ledger_goes_a_shorter_way_to_the_same_entry(self, cast: Cast, method: str, days_back: int) -> None:
        """The pen has a way of its own for a receipt of one ledger; a word more takes the general one."""
        written = []
        for matter, more in ((cast.smith_matter, {}), (cast.doe_matter, {"purpose": ""})):
            for back in (9, 2, days_back):  # a first day, a later one, and one between or after
                words = {"party": "O’Neil", "reference": "R-1", "memo": "Retainer"} | more
                lines = [{"matter": matter.pk, "amount": 100 + back}]
                asked = entry("receipt", cast.account, today() - timedelta(days=back), lines, method, text=words)
                posted = post_entries(cast.coordinator, key(), [asked])
            written.append((rows_of(posted.id, matter, cast), days_of(cast.ledger(matter))))
        assert written[0] == written[1]
        assert faults_of_the_books() == []


def rows_of(entry_id: int, matter: Matter, cast: Cast) -> tuple[dict[str, Any], ...]:
    """Return what the books hold of an entry for one ledger, but for its numbers, instants and hashes."""
    one = JournalEntry.objects.filter(pk=entry_id).values()[0]
    text = EntryText.objects.filter(pk=entry_id).values()[0]
    (line,) = JournalLine.objects.filter(entry=entry_id).values()
    holds = list(Hold.objects.filter(entry=entry_id).values())
    of_ledger = Ledger.objects.filter(pk=cast.ledger(matter).pk).values()[0]
    own = {"id", "command_id", "posted_at", "text_commitment", "hash", "entry_id", "salt", "ledger_id", "matter_id"}
    own |= {"placed_at", "head_hash", "opened_at"}
    every: list[Any] = [one, text, line, of_ledger, *holds]
    return tuple({name: row[name] for name in row if name not in own} for row in every)


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
