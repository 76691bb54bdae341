"""The bank calendar: business days are the days on which the Federal Reserve is open."""

import datetime as dt

from firms.clock import asked


def is_business_day(day: dt.date) -> bool:
    """Say whether the Federal Reserve is open on a day."""
    return bool(asked("SELECT is_business_day(%s)", day))


def add_business_days(day: dt.date, days: int) -> dt.date:
    """Return the day that lies so many business days after `day`, which first moves to a business day itself.

    Rule: 12 CFR 229.19(a): money received on a day that is no banking day counts as received on the next.
    """
    result: dt.date = asked("SELECT add_business_days(%s, %s)", day, days)
    return result


def business_days_between(first_day: dt.date, last_day: dt.date) -> int:
    """Return how many business days lie after `first_day`, up to and including `last_day`."""
    return int(asked("SELECT business_days_between(%s, %s)", first_day, last_day))
