"""How far long work has come. Told through the cache: the work's own transaction shows nothing until it is done.

A cache that does not answer stops no work and no page: it is only not told, or reads as nothing yet.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Progress:
    """So much of so much."""

    done: int = 0
    total: int = 0


class Teller:
    """Tells the progress of one run, about every hundredth part."""

    def __init__(self, run_id: int, total: int) -> None:
        """Begin at nothing."""
        self.key, self.total, self.done, self.told = f"opening:{run_id}", total, 0, -1
        self.add(0)

    def add(self, count: int) -> None:
        """Some more is done."""
        self.done += count
        part = self.done * 100 // max(1, self.total)
        if part != self.told:
            self.told = part
            with suppress(RedisError):
                cache.set(self.key, (min(self.done, self.total), self.total), KEPT_SECONDS)


def progress_of(run_id: int) -> Progress:
    """Return how far the work on a run has come."""
    with suppress(RedisError):
        return Progress(*cache.get(f"opening:{run_id}", (0, 0)))
    return Progress()
