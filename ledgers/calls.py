"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from firms.refusals import refusal_from


def row_of(sql: str, *values: Any) -> Any:
    """Run one statement and return its first row; a refusal rolls back to where it began and leaves as `Refusal`."""
    database = connections[DEFAULT_DB_ALIAS]
    try:
        if not database.in_atomic_block:
            return _first(database, sql, values)
        with transaction.atomic():
            return _first(database, sql, values)
    except (DatabaseError, psycopg.Error) as error:
        refusal = refusal_from(error)
        if refusal is None:
            raise
        raise refusal from error


def call(sql: str, *values: Any) -> Any:
    """Run one statement and return the first column of its first row."""
    row = row_of(sql, *values)
    return row[0] if row else None


def _first(database: BaseDatabaseWrapper, sql: str, values: tuple[Any, ...]) -> Any:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()
