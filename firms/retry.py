"""Trying a unit of work again when the database could not serialize it: nobody sees a deadlock."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg
from django.db import Error as DatabaseError
from django.db import connection

from firms.refusals import sqlstate_of

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5
WORTH_ANOTHER_TRY = frozenset({"40001", "40P01"})  # not 55P03: nobody waits for a lock five times over (FAULTS F017)
FIRST_PAUSE_SECONDS = 0.02


def retrying(work: Callable[P, T]) -> Callable[P, T]:
    """Wrap a whole unit of work (it opens its own transaction): at most 5 tries with growing, random pauses.

    Inside a transaction it does nothing: only the outermost unit can be repeated.
    """

    @functools.wraps(work)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return work(*args, **kwargs)
        for tried in range(1, TRIES):
            try:
                return work(*args, **kwargs)
            except (DatabaseError, psycopg.Error) as error:
                if sqlstate_of(error) not in WORTH_ANOTHER_TRY:
                    raise
                time.sleep(random.uniform(0.5, 1.5) * FIRST_PAUSE_SECONDS * 2**tried)  # noqa: S311 (no secret)
        return work(*args, **kwargs)

    return wrapped
