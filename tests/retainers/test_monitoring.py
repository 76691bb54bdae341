"""The balance check finds what is low, once per episode, for open matters only."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from firms.clock import today
from firms.models import AuditEvent, OutboxEvent
from ledgers.closing import close_matter
from ledgers.holds import place_hold
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.parties import edit_matter
from ledgers.posting import Share, return_receipt
from retainers.models import LowBalanceEpisode
from retainers.monitoring import check_balances, matter_available
from retainers.queries import as_row, low_balances
from tests.cast import Cast, key

At = Callable[[str], None]


@pytest.fixture
def smith_needs_1000(cast: Cast) -> Cast:
    """Smith's fee agreement asks for $1,000.00 in trust."""
    edit_matter(cast.smith_matter, cast.smith_matter.version, minimum_balance=money(100_000))
    return cast


def low_events() -> int:
    return OutboxEvent.objects.filter(kind="balance.low").count()


class TestCheckBalances:
    def test_begins_an_episode_where_less_than_the_minimum_is_available(self, smith_needs_1000: Cast) -> None:
        cast = smith_needs_1000
        cast.receive(cast.smith_matter, 99_999)
        found = check_balances()
        assert (found.checked, found.low, found.opened, found.closed) == (1, 1, 1, 0)
        episode = LowBalanceEpisode.objects.get()
        assert (episode.matter, episode.available, episode.minimum) == (
            cast.smith_matter,
            money(99_999),
            money(100_000),
        )

    def test_leaves_a_matter_alone_that_has_exactly_its_minimum(self, smith_needs_1000: Cast) -> None:
        smith_needs_1000.receive(smith_needs_1000.smith_matter, 100_000)
        assert check_balances().low == 0
        assert low_events() == 0

    def test_counts_money_of_all_trust_accounts_together(self, smith_needs_1000: Cast) -> None:
        cast = smith_needs_1000
        cast.receive(cast.smith_matter, 60_000)
        cast.receive(cast.smith_matter, 40_000, account=cast.second_account)
        assert check_balances().low == 0
        assert matter_available(cast.smith_matter.pk) == 100_000

    def test_adds_large_amounts_and_deficits_to_the_cent(self, cast: Cast) -> None:
        large = 2**40 + 2**30 - 1
        cast.receive(cast.smith_matter, large)
        cast.receive(cast.smith_matter, 2**30 + 5, account=cast.second_account)
        edit_matter(cast.smith_matter, 1, minimum_balance=money(large + 2**30 + 6))
        receipt = cast.receive(cast.doe_matter, 80_000)
        cast.pay(cast.doe_ledger, 50_000)
        return_receipt(
            cast.coordinator,
            key(),
            receipt=JournalEntry.objects.get(pk=receipt.id),
            book_date=today(),
            shares=[Share(cast.doe_ledger, money(80_000))],
            advice="NSF",
            second_person=cast.supervisor,
        )
        edit_matter(cast.doe_matter, 1, minimum_balance=money(1))
        assert check_balances().low == 2
        found = {episode.matter_id: episode.available for episode in LowBalanceEpisode.objects.all()}
        assert found == {cast.smith_matter.pk: money(large + 2**30 + 5), cast.doe_matter.pk: money(-50_000)}
        assert {pk: money(matter_available(pk)) for pk in found} == found

    def test_does_not_count_money_on_hold(self, smith_needs_1000: Cast) -> None:
        cast = smith_needs_1000
        cast.receive(cast.smith_matter, 100_000)
        place_hold(cast.coordinator, cast.smith_ledger, "disputed", money(1), "The fee", disputed_by="Client")
        assert check_balances().low == 1

    def test_counts_held_money_again_from_the_day_the_hold_ends(self, smith_needs_1000: Cast, at: At) -> None:
        cast = smith_needs_1000
        at("2027-03-01 10:00-05")
        cast.receive(cast.smith_matter, 100_000)
        place_hold(cast.coordinator, cast.smith_ledger, "manual", money(500), "Until Friday", date(2027, 3, 5))
        at("2027-03-04 23:59-05")
        assert check_balances().low == 1
        at("2027-03-05 00:01-05")
        assert check_balances().low == 0

    def test_finds_a_matter_that_never_received_anything(self, smith_needs_1000: Cast) -> None:
        assert check_balances().low == 1

    def test_leaves_matters_without_a_minimum_alone(self, cast: Cast) -> None:
        assert check_balances().checked == 0

    def test_leaves_closed_matters_alone_and_ends_their_episode(self, smith_needs_1000: Cast) -> None:
        check_balances()
        matter = smith_needs_1000.smith_matter
        matter.refresh_from_db()
        close_matter(smith_needs_1000.coordinator, matter, matter.version)
        assert check_balances().closed == 1
        assert LowBalanceEpisode.objects.get().closed_at is not None

    def test_tells_once_however_often_it_runs_within_two_weeks(self, smith_needs_1000: Cast, at: At) -> None:
        for day in range(2, 16):
            for hour in (8, 12, 16):
                at(f"2026-03-{day:02} {hour}:00-05")
                check_balances()
        assert low_events() == 1
        assert LowBalanceEpisode.objects.count() == 1

    def test_ends_the_episode_on_recovery_and_tells_of_the_next_one(self, smith_needs_1000: Cast) -> None:
        cast = smith_needs_1000
        check_balances()
        cast.receive(cast.smith_matter, 120_000)
        assert check_balances().closed == 1
        assert LowBalanceEpisode.objects.get().closed_available == money(120_000)
        cast.pay(cast.smith_ledger, 50_000)
        assert check_balances().opened == 1
        assert low_events() == 2

    def test_is_one_statement_however_many_matters(
        self, smith_needs_1000: Cast, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(3):  # a savepoint around the one statement, because a test is a transaction
            check_balances()

    def test_leaves_a_trace_in_the_audit_trail(self, smith_needs_1000: Cast) -> None:
        call_command("check_balances", verbosity=0)
        event = AuditEvent.objects.filter(subject_type="retainers_lowbalanceepisode").get()
        assert event.source == "command:check_balances"

    def test_lets_the_web_role_write_no_episode_by_itself(self, smith_needs_1000: Cast) -> None:
        from django.db import ProgrammingError, transaction

        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE retainers_lowbalanceepisode SET closed_at = now()")


class TestLowBalances:
    def test_shows_what_is_short_now_and_not_at_the_check(self, smith_needs_1000: Cast) -> None:
        cast = smith_needs_1000
        check_balances()
        cast.receive(cast.smith_matter, 25_000)
        row = as_row(low_balances(cast.coordinator).get())
        assert (row.available, row.minimum, row.short_by) == (money(25_000), money(100_000), money(75_000))

    def test_hides_matters_of_other_attorneys(self, smith_needs_1000: Cast) -> None:
        check_balances()
        assert low_balances(smith_needs_1000.attorney).count() == 1
        assert low_balances(smith_needs_1000.administrator).count() == 0
        assert low_balances(smith_needs_1000.stranger).count() == 0
