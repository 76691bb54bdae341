"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

import re
from contextlib import nullcontext
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import errors, pq

from firms.refusals import translating

NOTHING = nullcontext()
GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def row_of(sql: str, *values: Any) -> Any:
    """Run one statement and return its first row; a refusal rolls back to where it began and leaves as `Refusal`."""
    database = connections[DEFAULT_DB_ALIAS]
    with (
        translating(),
        transaction.atomic() if database.in_atomic_block else nullcontext(),
        database.cursor() as cursor,
    ):
        cursor.execute(sql, values)
        return cursor.fetchone()


def call(sql: str, *values: Any) -> Any:
    """Run one statement and return the first column of its first row."""
    row = row_of(sql, *values)
    return row[0] if row else None


def text_of(sql: str, *values: int | str) -> str:
    """Run one statement of numbers and texts that answers one text, as `call` does, by the shortest way there is.

    That is libpq itself (`psycopg.pq`) and a prepared statement: for the pen, whose callers wait for little else
    (DECISIONS 74). `sql` has PostgreSQL's own placeholders, $1, $2.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.queries_logged or database.execute_wrappers:  # who counts or interrupts queries sees cursors only
        return str(call(re.sub(r"\$\d", "%s", sql), *values))
    database.close_if_health_check_failed()  # as Django's cursor does first
    database.ensure_connection()
    with transaction.atomic() if database.in_atomic_block else NOTHING:
        try:
            return _text(database.connection, sql, [str(value) for value in values])
        except psycopg.Error:
            with translating(), database.wrap_database_errors:
                raise


def _text(connection: "psycopg.Connection[Any]", sql: str, values: list[str]) -> str:
    """Run a statement that is prepared under its own name the first time; return the text it answers."""
    if "\0" in "".join(values):  # libpq would read a text up to it
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    libpq, prepared = connection.pgconn, vars(connection).setdefault("trust_prepared", {})
    if sql not in prepared:
        name = f"trust_{len(prepared)}".encode()
        _checked(libpq, libpq.prepare(name, sql.encode()))
        prepared[sql] = name
    result = _checked(libpq, libpq.exec_prepared(prepared[sql], [value.encode() for value in values]))
    return (result.get_value(0, 0) or b"").decode()


def _checked(libpq: pq.abc.PGconn, result: pq.abc.PGresult) -> pq.abc.PGresult:
    """Return a result that is one; raise the error it is otherwise, as psycopg's cursors do."""
    if result.status in GOOD:
        return result
    if libpq.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError(result.get_error_message())
    raise errors.error_from_result(result)
