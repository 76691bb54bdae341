"""The ledger card as rows."""

import random
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from ledgers.models import JournalLine
from ledgers.money import ZERO, Money, money
from ledgers.queries.balances import ledger_balances
from ledgers.queries.card import CardLine, CardRange, card_totals, ledger_card, whole_card
from tests.cast import Cast, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def scattered(cast: Cast) -> Cast:
    """Sixty receipts and payments in an order that is not that of their dates."""
    chance = random.Random(7)
    cast.receive(cast.smith_matter, 500000, on=today() - timedelta(days=60))
    for _ in range(59):
        on = today() - timedelta(days=chance.randrange(40))
        if chance.random() < 0.4:
            cast.pay(cast.smith_ledger, chance.randrange(1, 5000), on)
        else:
            cast.receive(cast.smith_matter, chance.randrange(1, 5000), on)
    return cast


def expected(cast: Cast) -> list[tuple[int, Money]]:
    """Add the lines up once more, one by one."""
    total = ZERO
    found: list[tuple[int, Money]] = []
    for line in JournalLine.objects.filter(ledger=cast.smith_ledger).order_by("book_date", "seq"):
        total += line.amount
        found.append((line.pk, total))
    return found


def shown(lines: "tuple[CardLine, ...] | list[CardLine]") -> list[tuple[int, Money]]:
    return [(line.line_id, line.balance) for line in lines]


class TestLedgerCard:
    def test_every_page_carries_the_true_balance_after_each_line(self, scattered: Cast) -> None:
        truth = expected(scattered)
        page = ledger_card(scattered.smith_ledger, size=7)
        found = shown(page.lines)
        assert not page.has_newer
        while page.has_older:
            page = ledger_card(scattered.smith_ledger, before=page.older, size=7)
            found = shown(page.lines) + found
        assert found == truth
        assert page.brought_forward == ZERO

    def test_pages_forward_as_it_pages_back(self, scattered: Cast) -> None:
        last = ledger_card(scattered.smith_ledger, size=7)
        older = ledger_card(scattered.smith_ledger, before=last.older, size=7)
        assert ledger_card(scattered.smith_ledger, after=older.newer, size=7).lines == last.lines

    def test_the_whole_card_is_the_same_rows(self, scattered: Cast) -> None:
        assert shown(list(whole_card(scattered.smith_ledger))) == expected(scattered)

    def test_a_range_begins_with_what_was_brought_forward(self, scattered: Cast) -> None:
        within = CardRange(today() - timedelta(days=20), today() - timedelta(days=10))
        page, totals = (
            ledger_card(scattered.smith_ledger, within, size=99),
            card_totals(scattered.smith_ledger, within),
        )
        assert page.lines == tuple(whole_card(scattered.smith_ledger, within))
        assert totals.opening == page.brought_forward
        assert totals.closing == page.lines[-1].balance == totals.opening + totals.money_in - totals.money_out

    def test_asks_little_however_long_the_card_is(
        self, scattered: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        ledger = scattered.smith_ledger
        with django_assert_max_num_queries(1):
            ledger_card(ledger, size=50)

    def test_an_empty_ledger_has_an_empty_card(self, cast: Cast) -> None:
        page = ledger_card(cast.special("firm_funds"))
        assert (page.lines, page.brought_forward, page.older, page.newer) == ((), ZERO, "", "")


class TestLedgerBalances:
    def test_tells_what_was_held_and_available_on_a_past_day(self, cast: Cast) -> None:
        earlier = today() - timedelta(days=2)
        cast.receive(cast.smith_matter, 10000, on=earlier, method="check")
        cast.receive(cast.smith_matter, 5000)
        then, now = ledger_balances(cast.smith_ledger, earlier), ledger_balances(cast.smith_ledger, today())
        assert (then.balance, then.held, then.available) == (money(10000), money(10000), ZERO)
        assert (now.balance, now.held, now.available) == (money(15000), money(10000), money(5000))
        assert ledger_balances(cast.smith_ledger, earlier - timedelta(days=1)).balance == ZERO
