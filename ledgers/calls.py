"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

from contextlib import nullcontext
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor

from firms.refusals import translating

_CURSOR: Any = ServerBindingCursor  # Any: as the stubs have it, it takes no connection


def row_of(sql: str, *values: Any) -> Any:
    """Run one statement and return its first row; a refusal rolls back to where it began and leaves as `Refusal`."""
    database = connections[DEFAULT_DB_ALIAS]
    with translating(), transaction.atomic() if database.in_atomic_block else nullcontext():
        return _first(database, sql, values)


def call(sql: str, *values: Any) -> Any:
    """Run one statement and return the first column of its first row."""
    row = row_of(sql, *values)
    return row[0] if row else None


def _first(database: BaseDatabaseWrapper, sql: str, values: tuple[Any, ...]) -> Any:
    """Run it as a prepared statement: parsed and planned once on a connection. Django's own cursors prepare nothing."""
    database.ensure_connection()
    connection = database.connection
    with database.wrap_database_errors, _CURSOR(connection) as cursor:
        connection.prepare_threshold = 0  # for this statement: psycopg would remember the texts of all others
        try:
            (database.make_debug_cursor(cursor) if database.queries_logged else cursor).execute(sql, values)
        finally:
            connection.prepare_threshold = None
        return cursor.fetchone()
