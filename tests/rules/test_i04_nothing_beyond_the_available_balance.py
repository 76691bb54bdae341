"""I4: nothing voluntary is paid beyond the available balance; two at once: tests/faults/test_races.py.

Rule: SPEC section 2, I4; Model Rule 1.15(e): disputed money is kept apart until the dispute is resolved.
"""

from functools import partial
from typing import Any

import pytest
from django.db import connection

from ledgers.holds import DisputeUnnamed, available_balance, end_reservation, place_hold, release_hold
from ledgers.models import Hold
from ledgers.money import money
from tests.cast import Cast, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused


@pytest.mark.django_db
class TestHeldMoney:
    """It is there and may not be spent."""

    @pytest.mark.parametrize("kind", ["reserved", "disputed", "manual"])
    def test_is_not_spent(self, cast: Cast, kind: str) -> None:
        cast.receive(cast.smith_matter, 10_000)
        by = "Jane Smith" if kind == "disputed" else ""
        place_hold(cast.coordinator, cast.smith_ledger, kind, money(4_000), "Because", disputed_by=by)
        assert refused(partial(cast.pay, cast.smith_ledger, 6_001)) == "insufficient_funds"
        cast.pay(cast.smith_ledger, 6_000)

    def test_is_disputed_by_somebody(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        ask = partial(place_hold, cast.coordinator, cast.smith_ledger)
        assert refused(partial(ask, "disputed", money(4_000), "The fee of May")) == "dispute_unnamed"
        named = partial(ask, "manual", money(4_000), "Because", disputed_by="Jane Smith")
        assert refused(named) == "dispute_unnamed"
        assert "nobody when it is held for another reason" in DisputeUnnamed().detail
        hold = ask("disputed", money(4_000), "The fee of May", disputed_by="Jane Smith")
        assert (hold.disputed_by, available_balance(cast.smith_ledger)) == ("Jane Smith", money(6_000))

    def test_is_not_spent_while_uncollected(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000, method="check")
        assert refused(partial(cast.pay, cast.smith_ledger, 1)) == "insufficient_funds"

    def test_is_not_held_twice(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        place_hold(cast.coordinator, cast.smith_ledger, "reserved", money(6_000), "First request")
        again = partial(place_hold, cast.coordinator, cast.smith_ledger, "reserved", money(4_001), "Second request")
        assert refused(again) == "insufficient_funds"

    def test_is_not_held_by_nobody_or_a_stranger(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        for who in (cast.stranger, cast.auditor, cast.administrator):
            assert (
                refused(partial(place_hold, who, cast.smith_ledger, "manual", money(1), "No role"))
                == "actor_may_not_post"
            )
        call = f"SELECT place_hold(NULL, {cast.smith_ledger.pk}, 'manual', 1, 'Nobody')"
        assert refused(call) == "actor_may_not_post"


@pytest.mark.django_db
class TestRelease:
    """Before its time only on evidence and by two people, one of them a trust supervisor."""

    @pytest.fixture
    def hold(self, cast: Cast) -> Hold:
        """An uncollected check of Smith's."""
        cast.receive(cast.smith_matter, 10_000, method="check")
        return Hold.objects.get()

    def test_needs_evidence_a_second_person_and_a_supervisor(self, cast: Cast, hold: Hold) -> None:
        release = partial(release_hold, cast.coordinator, hold)
        assert refused(partial(release, cast.supervisor, " ")) == "evidence_missing"
        for second in (cast.coordinator, cast.second_coordinator, cast.stranger, cast.auditor):
            assert refused(partial(release, second, "Letter of the bank")) == "second_person_needed"
        release(cast.supervisor, "Letter of the bank")
        assert available_balance(cast.smith_ledger) == money(10_000)
        assert refused(partial(release, cast.supervisor, "Letter of the bank")) == "hold_already_released"

    def test_by_nobody_with_a_supervisor_is_one_person_only(self, cast: Cast, hold: Hold) -> None:
        call = f"SELECT release_hold(NULL, {hold.pk}, {cast.supervisor.pk}, 'Letter')"
        assert refused(call) == "second_person_needed"

    def test_does_not_happen_by_ending_it_as_a_reservation(self, cast: Cast, hold: Hold) -> None:
        end_reservation(cast.coordinator, hold, "Not a reservation")
        assert available_balance(cast.smith_ledger) == money(0)

    def test_does_not_happen_by_orm_or_sql(self, cast: Cast, hold: Hold) -> None:
        hold.until_date = today()
        assert refused(hold.save) == NOT_THE_WEB_ROLES
        assert refused(lambda: Hold.objects.update(released_at=hold.placed_at)) == NOT_THE_WEB_ROLES
        assert refused(lambda: Hold.objects.filter(pk=hold.pk).delete()) == NOT_THE_WEB_ROLES
        assert refused("UPDATE ledgers_hold SET until_date = '2000-01-01'") == NOT_THE_WEB_ROLES
        assert refused("INSERT INTO ledgers_hold SELECT * FROM ledgers_hold") == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_no_older_snapshot_overlooks_a_hold(cast: Cast, level: str) -> None:
    """A lock without a change does not fail an older snapshot: it would spend what was reserved meanwhile."""
    cast.receive(cast.smith_matter, 10_000)
    authority = cast.authority(cast.smith_ledger, 10_000)

    def attempt(statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            cursor.execute(statement, values)

    call = "SELECT post_entries(%s, 'k', '[]', '{}')"
    assert refused_fresh(partial(attempt, call, cast.coordinator.pk)) == "isolation_not_read_committed"
    hold = f"SELECT place_hold({cast.coordinator.pk}, {authority.ledger_id}, 'manual', 1, 'x')"
    assert refused_fresh(partial(attempt, hold)) == "isolation_not_read_committed"
    month = f"SELECT lock_month({cast.account.pk}, '2026-01-01', {cast.coordinator.pk}, {cast.supervisor.pk})"
    assert refused_fresh(partial(attempt, month)) == "isolation_not_read_committed"


def refused_fresh(attempt: Any) -> str:
    """Like `refused`, in a transaction that has asked nothing yet."""
    return refused(attempt)
