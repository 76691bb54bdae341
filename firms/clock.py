"""What time it is: the database's answer, never this machine's."""

import datetime as dt
import zoneinfo
from typing import Any

from django.db import connection


def asked(sql: str, *values: Any) -> Any:
    """Return the one value of a one-row question to the database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else None


def now() -> dt.datetime:
    """Return the instant by which every rule goes."""
    instant: dt.datetime = asked("SELECT firm_now()")
    return instant


def today() -> dt.date:
    """Return today's date where the firm is."""
    day: dt.date = asked("SELECT firm_today()")
    return day


def zone() -> zoneinfo.ZoneInfo:
    """Return the time zone where the firm is; UTC before it is founded."""
    return zoneinfo.ZoneInfo(asked("SELECT time_zone FROM firms_firm WHERE id = 1") or "UTC")
