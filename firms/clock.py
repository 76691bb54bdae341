"""What time it is: the database's answer, never this machine's."""

import datetime
from typing import Any

from django.db import connection


def asked(sql: str, *values: Any) -> Any:
    """Return the one value of a one-row question to the database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else None


def now() -> datetime.datetime:
    """Return the instant by which every rule goes."""
    instant: datetime.datetime = asked("SELECT firm_now()")
    return instant


def today() -> datetime.date:
    """Return today's date where the firm is."""
    day: datetime.date = asked("SELECT firm_today()")
    return day
