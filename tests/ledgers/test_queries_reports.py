"""Trust listing, trial balance and journals: they agree with each other on every date."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from ledgers.access import books_of
from ledgers.models import JournalEntry
from ledgers.money import ZERO, money
from ledgers.months import book_balance
from ledgers.posting import Share, post_firm_funds_deposit, return_receipt
from ledgers.queries.journals import IN, OUT, Span, journal, journal_totals
from ledgers.queries.trial_balance import trial_balance
from ledgers.queries.trust_listing import listing_totals, trust_listing
from tests.cast import Cast, key, today
from tests.ledgers.walls import wall_off

pytestmark = pytest.mark.django_db
DAYS = (30, 20, 10, 5, 0)


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """A month with receipts, payments, firm money and a bounced check that leaves a deficit."""
    on = [today() - timedelta(days=days) for days in DAYS]
    cast.receive(cast.smith_matter, 100000, on=on[0])
    bounced = cast.receive(cast.doe_matter, 50000, on=on[0])
    cast.pay(cast.smith_ledger, 30000, on[1])
    cast.pay(cast.doe_ledger, 20000, on[1])
    post_firm_funds_deposit(
        cast.coordinator,
        key(),
        ledger=cast.special("firm_funds"),
        book_date=on[2],
        amount=money(10000),
        method="ach",
        reference="FF",
    )
    return_receipt(
        cast.coordinator, key(), receipt=JournalEntry.objects.get(pk=bounced.id), book_date=on[3],
        shares=[Share(cast.doe_ledger, money(50000))], advice="NSF", second_person=cast.supervisor,
    )  # fmt: skip
    cast.receive(cast.smith_matter, 5000)
    return cast


class TestTrustListing:
    @pytest.mark.parametrize("days", [40, *DAYS])
    def test_equals_the_book_on_every_day(self, busy: Cast, days: int) -> None:
        books, on = books_of(busy.coordinator), today() - timedelta(days=days)
        (totals,) = listing_totals(books, [busy.account], on)
        rows = trust_listing(books, [busy.account], on)
        assert totals.difference == ZERO
        assert totals.book_balance == book_balance(busy.account, on) == sum((row.balance for row in rows), ZERO)

    def test_shows_deficits_apart(self, busy: Cast) -> None:
        books = books_of(busy.coordinator)
        (totals,) = listing_totals(books, [busy.account], today())
        rows = trust_listing(books, [busy.account], today())[:]
        assert (totals.positive, totals.deficits, totals.deficit_count) == (money(85000), money(20000), 1)
        assert [(row.matter_number, row.deficit) for row in rows][-1] == ("2026-0143", money(20000))

    def test_labels_what_is_behind_a_wall_instead_of_showing_it(self, busy: Cast) -> None:
        wall_off(busy)
        books = books_of(busy.coordinator)
        (totals,) = listing_totals(books, [busy.account], today())
        assert (totals.walled_count, totals.walled, totals.difference) == (1, money(-20000), ZERO)
        assert "2026-0143" not in {row.matter_number for row in trust_listing(books, [busy.account], today())}

    def test_asks_two_questions(self, busy: Cast, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        books, on = books_of(busy.coordinator), today()
        with django_assert_max_num_queries(2):
            listing_totals(books, [busy.account], on)
            trust_listing(books, [busy.account], on)[0:100]


class TestTrialBalance:
    @pytest.mark.parametrize("days", [40, *DAYS])
    def test_is_in_balance_on_every_day(self, busy: Cast, days: int) -> None:
        found = trial_balance([busy.account, busy.second_account], today() - timedelta(days=days))
        assert found.difference == ZERO

    def test_names_deficits_as_the_firms_debt(self, busy: Cast) -> None:
        rows = {row.name: (row.debit, row.credit) for row in trial_balance([busy.account], today()).rows}
        assert rows == {
            "Cash at the bank": (money(65000), ZERO),
            "Deficits owed by the firm": (money(20000), ZERO),
            "Client ledgers (2)": (ZERO, money(75000)),
            "Firm funds": (ZERO, money(10000)),
        }


class TestJournals:
    def test_cross_foot_and_lead_from_the_book_before_to_the_book_after(self, busy: Cast) -> None:
        books = books_of(busy.coordinator)
        span = Span([busy.account], today() - timedelta(days=25), today())
        into, out = journal_totals(books, span, IN), journal_totals(books, span, OUT)
        assert into.cross_foots
        assert out.cross_foots
        assert (into.amount, out.amount) == (money(15000), money(100000))
        assert into.opening + into.amount - out.amount == into.closing == book_balance(busy.account, today())
        assert (into.other_way, out.other_way) == (out.amount, into.amount)

    def test_count_every_entry_in_its_column(self, busy: Cast) -> None:
        span = Span([busy.account], today() - timedelta(days=60), today())
        for way in (IN, OUT):
            for row in journal(books_of(busy.coordinator), span, way):
                assert row.clients + row.firm_funds + row.unidentified + row.interest_due == row.amount
                assert row.amount > ZERO

    def test_sum_walled_matters_under_their_own_label(self, busy: Cast) -> None:
        wall_off(busy)
        books = books_of(busy.coordinator)
        span = Span([busy.account], today() - timedelta(days=60), today())
        totals = journal_totals(books, span, OUT)
        assert (totals.walled_count, totals.walled, totals.cross_foots) == (2, money(70000), True)
        assert [row.party for row in journal(books, span, OUT)] == ["Court Clerk"]
