"""The second witness finds what the first one hides."""

from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection

from ledgers.integrity import Finding, check_and_record, checks, findings
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import Share, return_receipt, reverse
from ledgers.refusals import DisbursementsStopped
from ledgers.seals import seal_books
from tests.cast import Cast, assemble, days_of, key, today

TEST_CLOCK = "function firm_now()"  # tests run on the owner's variant of the clock, which integrity must report


def of_the_books(found: list[Finding]) -> set[str]:
    """Return the checks that found something, but for the clock of the tests."""
    assert any(finding.subject == TEST_CLOCK for finding in found)
    return {finding.check for finding in found if finding.subject != TEST_CLOCK}


def some_history() -> Cast:
    """Return a firm with a bit of everything in its books."""
    cast = assemble()
    cast.receive(cast.smith_matter, 10000, on=date(2026, 2, 3))
    cast.receive(cast.doe_matter, 5000, on=date(2026, 2, 1))
    receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 4000, on=date(2026, 1, 20)).id)
    paid = JournalEntry.objects.get(pk=cast.pay(cast.smith_ledger, 12000).id)
    return_receipt(
        cast.coordinator,
        key(),
        receipt=receipt,
        book_date=today(),
        shares=[Share(cast.smith_ledger, money(4000))],
        advice="NSF",
        second_person=cast.supervisor,
    )
    reverse(cast.coordinator, key(), original=paid, book_date=today(), reason="Never left")
    return cast


@pytest.mark.django_db
def test_finds_nothing_in_books_that_the_pen_wrote() -> None:
    some_history()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert of_the_books(findings()) == set()


OF_FIRST_ENTRY = "WHERE id = (SELECT min(id) FROM ledgers_journalentry)"
OF_FIRST_LINE = "WHERE id = (SELECT min(id) FROM ledgers_journalline)"
FORGERIES = {
    "entry_balanced": f"UPDATE ledgers_journalentry SET bank_amount = bank_amount + 1 {OF_FIRST_ENTRY}",
    "ledger_balance": "UPDATE ledgers_ledger SET balance = balance + 1 WHERE line_count > 0",
    "ledger_day": "UPDATE ledgers_ledgerday SET balance = balance + 1",
    "ledger_known_kind": "UPDATE ledgers_ledger SET kind = 'firm_fund' WHERE kind = 'firm_funds'",
    "ledger_deficit": "UPDATE ledgers_ledger SET deficit = deficit + 5",
    "line_in_its_account": f"UPDATE ledgers_journalline SET book_date = book_date - 1 {OF_FIRST_LINE}",
    "book_equals_ledgers": f"UPDATE ledgers_journalline SET amount = amount + 1 {OF_FIRST_LINE}",
    "entry_hash": f"UPDATE ledgers_journalentry SET book_date = book_date - 1 {OF_FIRST_ENTRY}",
    "entry_in_its_command": "DELETE FROM ledgers_command",
    "entry_text": "UPDATE ledgers_entrytext SET party = 'Somebody else'",
    "ledger_chain": f"DELETE FROM ledgers_journalline {OF_FIRST_LINE}",
    "ledger_head": "UPDATE ledgers_ledger SET line_count = line_count + 1",
    "authority_used": "UPDATE ledgers_spendingauthority SET used_amount = 0",
    "outflow_authorized": "UPDATE ledgers_journalentry SET authority_id = NULL",
    "seal": "UPDATE ledgers_seal SET up_to_line = up_to_line - 1",
    "audit_chain": "UPDATE firms_auditevent SET action = 'nothing' WHERE id = (SELECT min(id) FROM firms_auditevent)",
    "locked_month": "UPDATE ledgers_month SET state = 'locked', locked_at = now(), book_balance = 7,"
    " locked_by_id = (SELECT min(id) FROM firms_person) WHERE first_day = '2026-03-01'",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("check", sorted(FORGERIES))
def test_finds_what_a_superuser_forged_behind_every_guard(check: str, owner: "psycopg.Connection[Any]") -> None:
    some_history()
    assert seal_books() is not None
    tables = [
        row[0]
        for row in owner.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(ledgers|firms)_'")
    ]
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    assert (owner.execute(FORGERIES[check]).rowcount or 0) > 0
    assert check in of_the_books(findings())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("DROP TRIGGER balanced ON ledgers_journalentry", "trigger ledgers_journalentry.balanced"),
        (
            "ALTER TABLE ledgers_ledger DROP CONSTRAINT client_ledger_not_overdrawn",
            "constraint ledgers_ledger.client_ledger_not_overdrawn",
        ),
        ("ALTER TABLE ledgers_journalline DISABLE TRIGGER refuse_change", "trigger ledgers_journalline.refuse_change"),
        (
            "CREATE OR REPLACE FUNCTION is_bearer(payee text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
            "function is_bearer(text)",
        ),
        ("GRANT UPDATE ON ledgers_ledger TO {web}", "table ledgers_ledger"),
    ],
)
def test_finds_rules_that_are_not_as_released(
    change: str, name: str, owner: "psycopg.Connection[Any]", settings: Any
) -> None:
    assemble()
    owner.execute(change.format(web=settings.WEB_ROLE))
    assert name in {finding.subject for finding in findings() if finding.check == "release"}


@pytest.mark.django_db(transaction=True)
def test_a_finding_stops_disbursements_and_not_receipts(owner: "psycopg.Connection[Any]") -> None:
    cast = some_history()
    owner.execute("GRANT UPDATE ON ledgers_ledger TO CURRENT_USER")
    owner.execute("DROP TRIGGER known_kind ON ledgers_ledger")
    assert check_and_record()
    cast.receive(cast.doe_matter, 100)
    with pytest.raises(DisbursementsStopped):
        cast.pay(cast.doe_ledger, 100)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("column", "check"),
    [
        ("ledgers_journalline.entry_id", "line_in_its_account"),
        ("ledgers_journalline.ledger_id", "line_in_its_account"),
        ("ledgers_entrytext.entry_id", "entry_text"),
        ("ledgers_ledgerday.ledger_id", "ledger_day"),
    ],
)
def test_finds_orphans(column: str, check: str, owner: "psycopg.Connection[Any]") -> None:
    some_history()
    table, name = column.split(".")
    owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    owner.execute(f"UPDATE {table} SET {name} = -{name}")
    assert check in of_the_books(findings())


@pytest.mark.django_db(transaction=True)
def test_finds_a_row_for_a_ledgers_last_day_and_the_next_day_heals_it(owner: "psycopg.Connection[Any]") -> None:
    cast = assemble()
    cast.receive(cast.smith_matter, 10000, on=date(2026, 2, 3))
    owner.execute(
        "INSERT INTO ledgers_ledgerday (ledger_id, date, balance, deficit) "
        "SELECT id, last_activity_date, balance, deficit FROM ledgers_ledger WHERE line_count > 0"
    )
    assert of_the_books(findings()) == {"ledger_day"}
    cast.receive(cast.smith_matter, 500)
    assert of_the_books(findings()) == set()
    assert days_of(cast.smith_ledger)[date(2026, 2, 3)] == (money(10000), money(0))


def test_every_check_has_a_forgery() -> None:
    assert set(checks()) | {"audit_chain"} == set(FORGERIES)


@pytest.mark.django_db(transaction=True)
def test_a_seal_waits_for_a_posting_that_is_not_committed_yet(owner: "psycopg.Connection[Any]") -> None:
    some_history()
    with owner.transaction():
        owner.execute("LOCK TABLE ledgers_journalline IN ROW EXCLUSIVE MODE")  # as every posting holds it to its end
        assert seal_books() is None
    assert seal_books() is not None
