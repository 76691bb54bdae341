"""I5: at every date, book balance = sum of ledgers. I6: stored balances equal the re-added journal.

Rule: SPEC section 2, I5, I6; Model Rules for Client Trust Account Records, Rule 1(i): three-way agreement.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, models

from ledgers.integrity import check_and_record, findings
from ledgers.models import Ledger, LedgerDay, TrustAccount
from ledgers.money import money
from ledgers.months import book_balance
from tests.cast import Cast, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

DAY = timedelta(days=1)
SUM_OF_LEDGERS = """SELECT coalesce(sum(l.amount), 0) FROM ledgers_journalline l
    JOIN ledgers_ledger g ON g.id = l.ledger_id WHERE g.trust_account_id = %s AND l.book_date <= %s"""


def busy_week(cast: Cast) -> None:
    """Some entries, dated forwards and backwards."""
    cast.receive(cast.smith_matter, 10_000, on=today() - 5 * DAY)
    cast.receive(cast.doe_matter, 7_000, on=today() - 2 * DAY)
    cast.pay(cast.smith_ledger, 2_500, on=today() - 4 * DAY)
    cast.receive(cast.smith_matter, 99, on=today() - 9 * DAY)
    cast.pay(cast.doe_ledger, 7_000)


@pytest.mark.django_db
class TestBalances:
    """At every date, from their own records."""

    def test_of_book_and_ledgers_agree_on_every_day(self, cast: Cast) -> None:
        busy_week(cast)
        for days in range(11):
            on = today() - days * DAY
            with connection.cursor() as cursor:
                cursor.execute(SUM_OF_LEDGERS, [cast.account.pk, on])
                (total,) = cursor.fetchone()
            assert book_balance(cast.account, on) == money(int(total))

    def test_are_whole_for_the_second_witness(self, cast: Cast) -> None:
        busy_week(cast)
        clock_of_tests = "function firm_now()"
        assert [finding for finding in findings() if finding.subject != clock_of_tests] == []

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledgers_ledger SET balance = balance + 1",
            "UPDATE ledgers_ledger SET deficit = 0",
            "DELETE FROM ledgers_ledger",
            "UPDATE ledgers_ledgerday SET balance = 0",
            "TRUNCATE ledgers_ledgerday",
            "INSERT INTO ledgers_ledger SELECT * FROM ledgers_ledger",
            "UPDATE ledgers_ledger SET head_hash = '', line_count = 0",
            "MERGE INTO ledgers_ledger l USING ledgers_ledger x ON false WHEN MATCHED THEN UPDATE SET balance = 0",
            "COPY ledgers_ledgerday FROM STDIN",
        ],
    )
    def test_are_not_the_web_roles_to_write(self, cast: Cast, statement: str) -> None:
        busy_week(cast)
        assert refused(statement) == NOT_THE_WEB_ROLES

    @pytest.mark.parametrize("model", [Ledger, LedgerDay])
    def test_are_not_written_by_the_orm(self, cast: Cast, model: type[models.Model]) -> None:
        busy_week(cast)
        manager: Any = model._default_manager
        row = manager.first()
        assert refused(lambda: manager.update(balance=money(1))) == NOT_THE_WEB_ROLES
        assert refused(lambda: manager.bulk_update([row], ["balance"])) == NOT_THE_WEB_ROLES
        assert refused(row.save) == NOT_THE_WEB_ROLES
        assert refused(lambda: manager.filter(pk=row.pk)._raw_delete("default")) == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
class TestDifference:
    """Forged behind every guard: found, and nothing is spent until two people let it go on."""

    @pytest.fixture
    def forged(self, cast: Cast, owner: "psycopg.Connection[Any]") -> Cast:
        """One cent too much in a stored balance."""
        busy_week(cast)
        owner.execute("UPDATE ledgers_ledger SET balance = balance + 1 WHERE id = %s", [cast.smith_ledger.pk])
        return cast

    def test_is_found_with_what_was_expected(self, forged: Cast) -> None:
        found = {finding.check: finding for finding in findings()}
        assert (found["ledger_balance"].expected, found["ledger_balance"].found) == ("7599", "7600")

    def test_stops_disbursements_and_the_web_role_does_not_lift_the_stop(self, forged: Cast) -> None:
        check_and_record()
        assert refused(partial(forged.pay, forged.smith_ledger, 1)) == "disbursements_stopped"
        assert refused("UPDATE firms_firm SET disbursements_stopped_at = NULL") == "stop_is_lifted_by_two_people"
        lift = TrustAccount.objects.filter(pk=forged.account.pk)
        assert refused(lambda: lift.update(disbursements_stopped_at=None)) == NOT_THE_WEB_ROLES
        me = forged.coordinator.pk
        for actor, second in ((me, me), ("NULL", forged.supervisor.pk), (me, forged.stranger.pk)):
            assert refused(f"SELECT resume_disbursements({actor}, {second}, 'Looked at it')") == "second_person_needed"
        forged.receive(forged.smith_matter, 1)
