"""How the tests of the rules attack the books: as the web role through Django's own connection, and as the owner.

A refusal is a named reason and nothing written: `refused` runs a statement, compares every row of the books before and
after, and answers the reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from firms.refusals import Refusal, refusal_from

BOOKS = (
    "command", "journalentry", "journalline", "entrytext", "ledger", "ledgerday", "hold", "spendingauthority", "month",
)  # fmt: skip
AUDIT = ("firms_auditevent", "firms_auditdetail")
NOT_THE_WEB_ROLES = "permission denied"


def books() -> dict[str, Any]:
    """Return a digest of every row of the books and of the audit trail, as the web role sees them."""
    tables = [*(f"ledgers_{name}" for name in BOOKS), *AUDIT]
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


@contextmanager
def unchanged() -> Iterator[None]:
    """Assert that the block leaves every row of the books as it was."""
    before = books()
    yield
    after = books()
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    assert not changed, changed


def reason_of(error: Exception) -> str:
    """Return the name of a refusal: the rule's code, the constraint, or whose right is missing."""
    if isinstance(error, Refusal):
        return error.code
    refusal = refusal_from(error)
    if refusal is not None:
        return refusal.code
    driver: Any = error if isinstance(error, psycopg.Error) else error.__cause__
    assert isinstance(driver, psycopg.Error), error
    if driver.sqlstate == "42501":
        return NOT_THE_WEB_ROLES
    return driver.diag.constraint_name or f"{driver.sqlstate} {driver.diag.message_primary}"


def refused(statement: str | Callable[[], Any], *values: Any) -> str:
    """Run SQL as the web role, or call something; assert that it is refused and wrote nothing; answer the reason."""
    with unchanged():
        try:
            with transaction.atomic():
                if callable(statement):
                    statement()
                else:
                    with connection.cursor() as cursor:
                        cursor.execute(statement, values)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except (Refusal, DatabaseError, psycopg.Error) as error:
            return reason_of(error)
    pytest.fail(f"not refused: {statement}")


def refused_to_owner(owner: "psycopg.Connection[Any]", statement: str) -> str:
    """Run SQL as the owner of the tables on committed rows; assert that a trigger refuses; answer the reason."""
    with unchanged():
        try:
            with owner.transaction():
                owner.execute(statement)
        except psycopg.Error as error:
            return reason_of(error)
    pytest.fail(f"not refused: {statement}")
