"""How the tests record time."""

from datetime import date
from decimal import Decimal
from typing import Any

from billing.models import TimeEntry
from billing.timekeeping import Work, record_time
from firms.models import Person
from ledgers.money import money
from tests.cast import Cast, key, today


def work(cast: Cast, hours: str = "1.5", rate: int = 30000, **changes: Any) -> Work:
    """Return an hour and a half of Maya Okafor for Smith, today."""
    said: dict[str, Any] = {
        "person": cast.attorney, "matter": cast.smith_matter, "date": today(), "narrative": "Call with O’Hara & Sons",
    }  # fmt: skip
    return Work(hours=Decimal(hours), rate=money(rate), **(said | changes))


def worked(cast: Cast, hours: str = "1.5", rate: int = 30000, by: Person | None = None, **changes: Any) -> TimeEntry:
    """Record time, by default by the coordinator."""
    return record_time(by or cast.coordinator, key(), work(cast, hours, rate, **changes))


def csv_of(*rows: tuple[Any, ...], head: str = "Date,Person,Matter,Hours,Rate,Narrative,Billable") -> bytes:
    """Return a file of time entries."""
    return "\r\n".join([head, *(",".join(f'"{cell}"' for cell in row) for row in rows), ""]).encode()


def row(day: date, hours: str = "1.0", **changes: str) -> tuple[Any, ...]:
    """Return one row of a file."""
    said = {"person": "Maya Okafor", "matter": "2026-0142", "rate": "300.00", "narrative": "Draft", "billable": "yes"}
    said |= changes
    return day, said["person"], said["matter"], hours, said["rate"], said["narrative"], said["billable"]
