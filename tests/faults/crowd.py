"""A crowd: threads that hold a connection of the web role each and all begin at the same moment."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from firms.refusals import Refusal

# ./check runs a part of the rounds, `scripts/faults races` all of them
FULL = os.environ.get("FAULTS") == "full"


class Crowd:
    """So many people who do things at once."""

    def __init__(self, size: int) -> None:
        """Hire them; their connections open with their first question."""
        self.size = size
        self.pool = ThreadPoolExecutor(size)

    def at_once(self, deeds: Sequence[Callable[[], Any]]) -> list[Any]:
        """Let them do the deeds, as many at a time as they are; return what each answered: a result or a refusal."""
        gate = threading.Barrier(min(self.size, len(deeds)))
        first = threading.local()

        def do(deed: Callable[[], Any]) -> Any:
            if not getattr(first, "passed", False):
                first.passed = True
                gate.wait(30)
            try:
                return deed()
            except Refusal as refusal:
                return refusal

        return list(self.pool.map(do, deeds))

    def go_home(self) -> None:
        """Close every connection and end the threads."""
        gate = threading.Barrier(self.size)

        def leave() -> None:
            gate.wait(30)
            connections.close_all()

        for leaving in [self.pool.submit(leave) for _ in range(self.size)]:
            leaving.result(60)
        self.pool.shutdown()


@contextmanager
def crowd(size: int) -> Iterator[Crowd]:
    """Assemble a crowd for a while."""
    people = Crowd(size)
    try:
        yield people
    finally:
        people.go_home()


_gathered: dict[int, Crowd] = {}


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do the deeds at the same moment; return what each gave or refused.

    Whoever does them stays for the next time: a new connection compiles every function of the pen anew.
    """
    people = _gathered.get(len(deeds)) or _gathered.setdefault(len(deeds), Crowd(len(deeds)))
    return people.at_once(deeds)


def everybody_goes_home() -> None:
    """Close the connections of whoever did something at once; before a database is thrown away."""
    while _gathered:
        _gathered.popitem()[1].go_home()


def outcomes(answers: Sequence[Any]) -> Counter[str]:
    """Count what came of it: `done`, or the code of the refusal."""
    return Counter(answer.code if isinstance(answer, Refusal) else "done" for answer in answers)


def faults_of_the_books() -> list[str]:
    """Re-add everything and verify all chains; the clock that tests move is no fault."""
    from ledgers.integrity import findings

    return [str(finding) for finding in findings() if finding.check != "release"]


def deadlocks() -> int:
    """Return how many deadlocks the server has broken in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
