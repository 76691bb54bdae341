"""The bank calendar: business days are the days on which the Federal Reserve is open."""

import datetime

from firms.clock import asked


def is_business_day(day: datetime.date) -> bool:
    """Say whether the Federal Reserve is open on a day."""
    return bool(asked("SELECT is_business_day(%s)", day))


def add_business_days(day: datetime.date, days: int) -> datetime.date:
    """Return the day that lies so many business days after `day`, which first moves to a business day itself.

    Rule: 12 CFR 229.19(a): money received on a day that is no banking day counts as received on the next.
    """
    result: datetime.date = asked("SELECT add_business_days(%s, %s)", day, days)
    return result


def business_days_between(first_day: datetime.date, last_day: datetime.date) -> int:
    """Return how many business days lie after `first_day`, up to and including `last_day`."""
    return int(asked("SELECT business_days_between(%s, %s)", first_day, last_day))
