"""Calling the functions of the database: one round trip, refusals as exceptions, a savepoint inside a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction

from firms.refusals import translating


@contextmanager
def calling(sql: str, *values: Any) -> Iterator[Any]:
    """Run one statement and give its first row; a refusal rolls back to where it began and leaves as `Refusal`."""
    with (
        translating(),
        transaction.atomic() if connection.in_atomic_block else nullcontext(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)
        yield cursor.fetchone()


def call(sql: str, *values: Any) -> Any:
    """Run one statement and return the first column of its first row."""
    with calling(sql, *values) as row:
        return row[0] if row else None
