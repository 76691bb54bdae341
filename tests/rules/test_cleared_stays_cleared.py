"""What was said of the bank stands: once for an entry, true of a posted one, undone with a reason, never removed."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from disbursements.check_ending import stop_payment, void_payment
from disbursements.check_refusals import CheckCleared, CheckNotInForce, PaymentCleared
from disbursements.checks import issue_checks, spoil_check
from ledgers.clearing import clear_entries
from ledgers.models import Clearance
from tests.cast import Cast, key, today
from tests.disbursements.checking import entry_of, numbered, paid, printed
from tests.rules.attack import NOT_THE_WEB_ROLES, reason_of

CHANGES = {
    "bank_date = bank_date - 1": "clearance_fixed",
    "reference = 'x', undone_at = now(), undone_by_id = recorded_by_id, undo_reason = 'x'": "clearance_fixed",
    "undone_at = now(), undone_by_id = recorded_by_id": "clearance_fixed",
    "recorded_by_id = recorded_by_id": "clearance_fixed",
}


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and numbers from 1001."""
    cast.receive(cast.smith_matter, 100000)
    numbered(cast)
    return cast


def seen(desk: Cast, entry: int | None) -> Clearance:
    """Mark an entry as cleared today."""
    return clear_entries(desk.coordinator, key(), [entry or 0], today(), "Online bank")[0]


@pytest.mark.django_db
class TestAsTheWebRole:
    def test_writes_no_row_itself(self, desk: Cast) -> None:
        seen(desk, paid(desk).pk)
        for sql in ("UPDATE {} SET bank_date = bank_date", "DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES"):
            with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql.format("ledgers_clearance"))
            assert reason_of(refused.value) == NOT_THE_WEB_ROLES

    def test_a_check_that_cleared_is_not_spoiled_stopped_or_undone(self, desk: Cast) -> None:
        check, who = printed(desk), desk.coordinator
        seen(desk, check.entry_id)
        with pytest.raises(CheckCleared) as refused:
            spoil_check(who, key(), check, "Jam")
        assert "Check 1001 was paid by the bank on" in refused.value.detail
        with pytest.raises(CheckCleared):
            stop_payment(who, key(), check, "Lost", "SP-1")
        with pytest.raises(CheckCleared):
            void_payment(who, key(), check, today(), "Never cashed")
        check.refresh_from_db()
        assert check.state == "issued"

    def test_a_payment_that_cleared_gets_no_other_check(self, desk: Cast) -> None:
        entry = paid(desk)
        seen(desk, entry.pk)
        with pytest.raises(PaymentCleared):
            issue_checks(desk.coordinator, key(), desk.account, [entry.pk])

    def test_a_payment_whose_check_is_stopped_does_not_clear(self, desk: Cast) -> None:
        check = printed(desk)
        stop_payment(desk.coordinator, key(), check, "Lost", "SP-1")
        with pytest.raises(CheckNotInForce) as refused:
            seen(desk, check.entry_id)
        assert "Check 1001" in refused.value.detail
        issue_checks(desk.coordinator, key(), desk.account, [check.entry_id or 0])
        assert seen(desk, entry_of(check).pk)


@pytest.mark.django_db(transaction=True)
class TestAsTheOwner:
    @pytest.mark.parametrize("change", CHANGES)
    def test_changes_nothing_that_was_said(self, desk: Cast, owner: "psycopg.Connection[Any]", change: str) -> None:
        seen(desk, paid(desk).pk)
        with pytest.raises(psycopg.Error) as refused:
            owner.execute(f"UPDATE ledgers_clearance SET {change}")
        assert reason_of(refused.value) == CHANGES[change]

    def test_removes_none_and_writes_none_twice(self, desk: Cast, owner: "psycopg.Connection[Any]") -> None:
        seen(desk, paid(desk).pk)
        copy = """INSERT INTO ledgers_clearance (entry_id, bank_date, source, reference, recorded_by_id, recorded_at,
            undo_reason) SELECT entry_id, bank_date, source, reference, recorded_by_id, now(), ''
            FROM ledgers_clearance"""
        for sql, reason in (
            ("DELETE FROM ledgers_clearance", "never_changed"),
            ("TRUNCATE ledgers_clearance", "never_changed"),
            (copy, "cleared_already"),
        ):
            with pytest.raises(psycopg.Error) as refused:
                owner.execute(sql)
            assert reason_of(refused.value) == reason
