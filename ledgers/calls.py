"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

from contextlib import nullcontext
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

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


def _first(database: BaseDatabaseWrapper, sql: str, values: tuple[Any, ...]) -> Any:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()
