"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

from contextlib import nullcontext
from functools import cache
from itertools import count
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import RawCursor

from firms.refusals import translating


def row_of(sql: str, *values: Any) -> Any:
    """Run one statement and return its first row; a refusal rolls back to where it began and leaves as `Refusal`."""
    database = connections[DEFAULT_DB_ALIAS]
    with translating(), transaction.atomic() if database.in_atomic_block else nullcontext():
        return _first(database, sql, values)


def call(sql: str, *values: Any) -> Any:
    """Run one statement and return the first column of its first row."""
    row = row_of(sql, *values)
    return row[0] if row else None


@cache
def _numbered(sql: str) -> str:
    """Return the statement with PostgreSQL's own $1, $2 for %s: so psycopg has nothing to look for in it each time."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${place}{part}" for place, part in zip(count(1), rest, strict=False))


def _first(database: BaseDatabaseWrapper, sql: str, values: tuple[Any, ...]) -> Any:
    """Run it as a prepared statement: parsed and planned once on a connection. Django's own cursors prepare nothing."""
    if database.queries_logged:  # who counts or reads queries; Django's log wants its own cursor and placeholders
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()
    database.ensure_connection()
    kept: RawCursor[Any] | None = vars(database).get("trust_cursor")
    if kept is None or kept.connection is not database.connection:
        kept = vars(database)["trust_cursor"] = RawCursor(database.connection)  # making one costs as much as asking it
    with database.wrap_database_errors:
        return kept.execute(_numbered(sql), values, prepare=True).fetchone()
