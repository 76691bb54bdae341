"""A check number is given once and what a check says never changes; no payment is undone while its check is out."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from disbursements.check_refusals import CheckIsOut
from disbursements.checks import spoil_check
from disbursements.models import Check, CheckNumbering
from ledgers.posting import reverse
from tests.cast import Cast, key, today
from tests.disbursements.checking import entry_of, issued, numbered, paid, printed
from tests.rules.attack import NOT_THE_WEB_ROLES, reason_of

pytestmark = pytest.mark.django_db
CHANGES = {
    "number = number + 7": "check_fixed",
    "amount = 1": "check_fixed",
    "payee = 'Somebody'": "check_fixed",
    "check_date = check_date - 1": "check_fixed",
    "state = 'issued', reason = 'again'": "check_ended",
    "state = 'void'": "check_ended_why",
    "state = 'cashed', reason = 'x'": "check_ended_why",
}


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and numbers from 1001."""
    cast.receive(cast.smith_matter, 100000)
    numbered(cast)
    return cast


class TestAsTheWebRole:
    @pytest.mark.parametrize("table", [Check, CheckNumbering])
    def test_writes_no_row_itself(self, desk: Cast, table: Any) -> None:
        printed(desk)
        for sql in (
            "UPDATE {} SET trust_account_id = trust_account_id",
            "DELETE FROM {}",
            "INSERT INTO {} DEFAULT VALUES",
        ):
            with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql.format(table._meta.db_table))
            assert reason_of(refused.value) == NOT_THE_WEB_ROLES

    def test_undoes_no_payment_while_its_check_is_out(self, desk: Cast) -> None:
        check = printed(desk)
        entry = entry_of(check)
        with pytest.raises(CheckIsOut) as refused:
            reverse(desk.coordinator, key(), original=entry, book_date=today(), reason="Never true")
        assert "Check 1001" in refused.value.detail
        spoil_check(desk.coordinator, key(), check, "Jam")
        assert reverse(desk.coordinator, key(), original=entry, book_date=today(), reason="Never true").id


@pytest.mark.django_db(transaction=True)
class TestAsTheOwner:
    @pytest.mark.parametrize("change", CHANGES)
    def test_changes_no_check(self, desk: Cast, owner: "psycopg.Connection[Any]", change: str) -> None:
        check = printed(desk)
        with pytest.raises(psycopg.Error) as refused:
            owner.execute(f"UPDATE disbursements_check SET {change} WHERE id = %s", [check.pk])
        assert reason_of(refused.value) == CHANGES[change]

    def test_removes_none(self, desk: Cast, owner: "psycopg.Connection[Any]") -> None:
        printed(desk)
        for sql in ("DELETE FROM disbursements_check", "TRUNCATE disbursements_check CASCADE"):
            with pytest.raises(psycopg.Error) as refused:
                owner.execute(sql)
            assert reason_of(refused.value) == "never_changed"

    def test_gives_no_number_twice_and_no_second_check_in_force(
        self, desk: Cast, owner: "psycopg.Connection[Any]"
    ) -> None:
        first, second = issued(desk, paid(desk, 100), paid(desk, 200))
        copy = """INSERT INTO disbursements_check (trust_account_id, number, origin, entry_id, check_date, amount,
            payee, payee_address, memo, begins_book, state, issued_by_id, issued_at, reason, bank_reference)
            SELECT trust_account_id, %s, origin, entry_id, check_date, amount, payee, '', '', false, state,
              issued_by_id, issued_at, '', '' FROM disbursements_check WHERE id = %s"""
        for number, of_check, reason in ((1001, second.pk, "check_number_taken"), (1009, first.pk, "check_is_there")):
            with pytest.raises(psycopg.Error) as refused:
                owner.execute(copy, [number, of_check])
            assert reason_of(refused.value) == reason

    def test_writes_no_check_that_says_another_amount(self, desk: Cast, owner: "psycopg.Connection[Any]") -> None:
        entry = paid(desk, 100)
        row = """INSERT INTO disbursements_check (trust_account_id, number, origin, entry_id, check_date, amount, payee,
            payee_address, memo, begins_book, state, issued_by_id, issued_at, reason, bank_reference)
            VALUES (%s, 7, 'printed', %s, %s, 101, 'X', '', '', false, 'issued', %s, now(), '', '')"""
        with pytest.raises(psycopg.Error) as refused:
            owner.execute(row, [desk.account.pk, entry.pk, today(), desk.coordinator.pk])
        assert reason_of(refused.value) == "not_paid_by_check"
