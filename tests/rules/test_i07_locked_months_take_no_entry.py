"""I7: no entry is dated in a signed month; months are signed in order; corrections are dated in the open month.

Rule: SPEC section 2, I7; Model Rules for Client Trust Account Records, Rule 1(i). (Races: tests/faults/test_races.py.)
"""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from ledgers.accounts import edit_trust_account, open_trust_account
from ledgers.models import JournalEntry, Month, TrustAccount
from ledgers.money import money
from ledgers.months import book_balance, lock_month, reopen_month
from ledgers.posting import post_disbursement, reverse
from tests.cast import Cast, key, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
IN_JANUARY = date(2026, 1, 20)


@pytest.fixture
def locked(cast: Cast) -> Cast:
    """January is locked with 100.00 in it."""
    cast.receive(cast.smith_matter, 10_000, on=IN_JANUARY)
    lock_month(cast.account, JANUARY, cast.coordinator, cast.supervisor)
    return cast


@pytest.mark.django_db
class TestLockedMonth:
    """It stays as it was signed."""

    def test_takes_no_entry_of_any_kind(self, locked: Cast) -> None:
        assert refused(partial(locked.receive, locked.smith_matter, 100, on=IN_JANUARY)) == "month_locked"
        authority = locked.authority(locked.smith_ledger, 100)
        late = partial(post_disbursement, locked.coordinator, key(), authority=authority, book_date=IN_JANUARY)
        assert refused(late) == "month_locked"
        receipt = JournalEntry.objects.first()
        assert receipt is not None
        undo: Any = {"original": receipt, "reason": "Wrong matter"}
        assert refused(partial(reverse, locked.coordinator, key(), book_date=IN_JANUARY, **undo)) == "month_locked"
        reverse(locked.coordinator, key(), book_date=FEBRUARY, **undo)
        assert book_balance(locked.account, JANUARY + timedelta(days=30)) == money(10_000)

    def test_is_not_unlocked_by_sql_or_orm(self, locked: Cast) -> None:
        month = Month.objects.get(trust_account=locked.account, first_day=JANUARY)
        month.state = "open"
        assert refused(month.save) == NOT_THE_WEB_ROLES
        assert refused(lambda: Month.objects.update(state="open")) == NOT_THE_WEB_ROLES
        for statement in (
            "UPDATE ledgers_month SET state = 'open'",
            "DELETE FROM ledgers_month",
            "TRUNCATE ledgers_month",
            "SELECT 1 FROM ledgers_month FOR UPDATE",
        ):
            assert refused(statement) == NOT_THE_WEB_ROLES

    def test_is_not_got_round_by_an_earlier_opening_date(self, locked: Cast) -> None:
        edit = partial(edit_trust_account, locked.account, locked.account.version, opened_date=date(2025, 11, 1))
        assert refused(edit) == "account_opening_fixed"
        assert refused(partial(locked.receive, locked.smith_matter, 100, on=date(2025, 12, 5))) == "month_locked"

    def test_is_reopened_only_with_a_reason_and_a_second_person(self, locked: Cast) -> None:
        reopen = partial(reopen_month, locked.account, JANUARY)
        assert refused(partial(reopen, locked.coordinator, locked.supervisor, " ")) == "reason_missing"
        assert refused(partial(reopen, locked.supervisor, locked.supervisor, "Forgot one")) == "second_person_needed"
        assert (
            refused(partial(reopen, locked.coordinator, locked.second_coordinator, "Forgot one"))
            == "second_person_needed"
        )
        call = f"SELECT reopen_month({locked.account.pk}, '2026-01-01', NULL, {locked.supervisor.pk}, 'Forgot one')"
        assert refused(call) == "second_person_needed"
        reopen(locked.coordinator, locked.supervisor, "Forgot one")
        locked.receive(locked.smith_matter, 100, on=IN_JANUARY)


@pytest.mark.django_db
class TestLocking:
    """In order, when the month is over, by two people."""

    def test_goes_in_order(self, cast: Cast) -> None:
        assert (
            refused(partial(lock_month, cast.account, FEBRUARY, cast.coordinator, cast.supervisor))
            == "earlier_month_open"
        )
        for month in (JANUARY, FEBRUARY):
            lock_month(cast.account, month, cast.coordinator, cast.supervisor)
        assert (
            refused(partial(reopen_month, cast.account, JANUARY, cast.coordinator, cast.supervisor, "x"))
            == "later_month_locked"
        )
        assert (
            refused(partial(lock_month, cast.account, JANUARY, cast.coordinator, cast.supervisor))
            == "month_already_locked"
        )

    def test_waits_for_the_months_end(self, cast: Cast) -> None:
        account = opened_this_month(cast)
        call = partial(lock_month, account, today().replace(day=1), cast.coordinator, cast.supervisor)
        assert refused(call) == "month_not_over"

    def test_needs_two_people_one_of_them_a_supervisor(self, cast: Cast) -> None:
        for preparer, second in (
            (cast.supervisor, cast.supervisor),
            (cast.coordinator, cast.attorney),
            (cast.supervisor, cast.coordinator),
        ):
            assert refused(partial(lock_month, cast.account, JANUARY, preparer, second)) == "second_person_needed"
        call = f"SELECT lock_month({cast.account.pk}, '2026-01-01', NULL, {cast.supervisor.pk})"
        assert refused(call) == "second_person_needed"

    def test_has_months_from_the_opening_until_two_years_ahead(self, cast: Cast) -> None:
        days = list(
            Month.objects.filter(trust_account=cast.account).order_by("first_day").values_list("first_day", flat=True)
        )
        assert days[0] == JANUARY
        assert len(days) == (today().year - 2026) * 12 + today().month + 24
        outside = partial(cast.receive, cast.smith_matter, 100, on=date(2025, 12, 31))
        assert refused(outside) == "month_locked"


def opened_this_month(cast: Cast) -> TrustAccount:
    """Another trust account, opened on the first of this month."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('month', firm_today())::date")
        (first,) = cursor.fetchone()
    return open_trust_account(
        name="Young",
        kind="pooled",
        title="Whitfield & Marsh LLP IOLTA Trust Account Young",
        bank_name="First National",
        routing_number="021000021",
        account_number="55555555",
        state="NY",
        opened_date=first,
    )
