"""The connection dies before any statement of a deed: its first, its second, and so on, until it comes through."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

from tests.faults.crowd import FULL

LOST = (OperationalError, InterfaceError)


def crashes(
    owner: "psycopg.Connection[Any]", deed: Callable[[], Any], most: int = 150, every: int = 3
) -> Iterator[int]:
    """Do a deed until it comes through, each time with the connection lost later; yield after each loss.

    Between two yields nothing else is done: what the caller sees then is what a crash has left behind. ./check loses it
    before every third statement (`every`: of a long deed before fewer), `scripts/faults races` before each.
    """
    for number in itertools.count(1, 1 if FULL else every):
        assert number <= most, "it never comes through"
        if not is_lost_before(owner, deed, number):
            assert number > 1, "the deed asked the database nothing"
            return
        yield number


def is_lost_before(owner: "psycopg.Connection[Any]", deed: Callable[[], Any], number: int) -> bool:
    """Do a deed and end its connection before a statement; whether it came to that, and ended as a lost connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
    statements = itertools.count(1)

    def count(execute: Callable[..., Any], *statement: Any) -> Any:
        if next(statements) == number:
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
        return execute(*statement)

    try:
        with connection.execute_wrapper(count):
            deed()
    except LOST:
        connection.close()
        return True
    assert next(statements) <= number, "a lost connection was swallowed"
    return False
