"""The balance check: which open matters have less available than their fee agreement's minimum."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from firms import outbox
from firms.permits import last_finished
from firms.schedule import Job
from ledgers.calls import row_of

CHECK = Job(
    "balance-check",
    local_times=(dt.time(8), dt.time(12), dt.time(16)),
    late_at_most=dt.timedelta(hours=4),
    only_business_days=True,
)


@dataclass(frozen=True)
class Checked:
    """What one check found: matters with a minimum, those below it, episodes that began and that ended."""

    checked: int
    low: int
    opened: int
    closed: int


def check_balances() -> Checked:
    """Check all open matters now, in one statement; episodes that begin are told through the outbox, once each."""
    found = Checked(*row_of("SELECT * FROM check_balances()"))
    if found.opened:
        outbox.wake_after_commit()
    return found


def scheduled_check() -> dict[str, Any]:
    """Check all open matters and return what was found, as the record of the run keeps it."""
    return asdict(check_balances())


def last_check_at() -> dt.datetime | None:
    """Return when the latest scheduled check finished."""
    run = last_finished(CHECK.name)
    return run.finished_at if run else None


def matter_available(matter_id: int) -> int:
    """Return what a matter has available today over all its trust accounts, in cents."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT matter_available(%s)", [matter_id])
        return int(cursor.fetchone()[0])
