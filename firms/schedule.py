"""Scheduled work: beat only ticks; the database says what is due in the firm's zone, and a permit who runs it.

Rule: D24. A job that was missed (workers down, a restart) runs once, for the latest period it missed, if that is not
older than `late_at_most`; earlier periods are not made up for. Two beats, or two workers, run it once.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from firms import audit, permits
from firms.clock import asked


@dataclass(frozen=True)
class Job:
    """Work that is due at times of the firm's day."""

    name: str
    local_times: tuple[dt.time, ...]
    late_at_most: dt.timedelta
    only_business_days: bool = False
    one_transaction: bool = True  # False for long work that makes its own
    scope: str = "firm"


def due_period(job: Job) -> str | None:
    """Return the period for which a job is due now ("2026-03-09 08:00", the firm's time); None when it is not."""
    period: str | None = asked(
        "SELECT due_period(%s::time[], %s, %s)", list(job.local_times), job.only_business_days, job.late_at_most
    )
    return period


def run_if_due(job: Job, work: Callable[[], dict[str, Any]]) -> bool:
    """Do the work if it is due and nobody has taken it; say whether it was done here.

    What the work wrote and the mark that it is done are one transaction, unless the job is too long for one. Work that
    raises is marked failed with its reason and tried again at later ticks, as permits allow.
    """
    period = due_period(job)
    if period is None or not permits.take(job.name, job.scope, period):
        return False
    try:
        with audit.acting(None, source=f"job:{job.name}") if job.one_transaction else _by_itself(job):
            permits.finished(job.name, job.scope, period, work())
    except Exception as error:
        permits.failed(job.name, job.scope, period, f"{type(error).__name__}: {error}"[:2000])
        raise
    return True


@contextmanager
def _by_itself(job: Job) -> Iterator[None]:
    """Let the job be the actor of transactions that it makes itself."""
    audit.become(audit.Actor(None, f"job:{job.name}"))
    try:
        yield
    finally:
        audit.nobody_acts()
