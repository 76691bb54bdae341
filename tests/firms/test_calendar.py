"""The clock and the bank calendar."""

import datetime as dt
from collections.abc import Callable

import pytest

from firms import calendar, clock
from tests.firms.cast import Cast, found_firm

D = dt.date.fromisoformat


class TestIsBusinessDay:
    @pytest.mark.parametrize(("day", "open_"), [
        ("2026-11-20", True), ("2026-11-21", False), ("2026-11-26", False),
        ("2026-07-03", True), ("2026-07-04", False),  # a holiday on Saturday is not kept on Friday
        ("2027-07-05", False), ("2027-07-04", False),  # one on Sunday is kept on Monday
        ("2022-06-20", False), ("2020-06-19", True),  # Juneteenth is a holiday since 2021
        ("1990-01-01", False), ("2100-12-31", True),
    ])  # fmt: skip
    def test_follows_the_federal_reserve(self, db: None, day: str, open_: bool) -> None:
        assert calendar.is_business_day(D(day)) is open_


class TestAddBusinessDays:
    @pytest.mark.parametrize(("day", "days", "expected"), [
        ("2026-11-20", 0, "2026-11-20"), ("2026-11-21", 0, "2026-11-23"), ("2026-11-21", 1, "2026-11-24"),
        ("2026-11-25", 1, "2026-11-27"), ("2026-11-20", 5, "2026-11-30"), ("2026-11-23", -1, "2026-11-20"),
        ("2026-01-01", 252, "2027-01-05"),
    ])  # fmt: skip
    def test_counts_only_days_on_which_banks_are_open(self, db: None, day: str, days: int, expected: str) -> None:
        assert calendar.add_business_days(D(day), days) == D(expected)

    def test_is_undone_by_business_days_between(self, db: None) -> None:
        day = D("2026-11-20")
        for days in range(1, 60):
            assert calendar.business_days_between(day, calendar.add_business_days(day, days)) == days


class TestToday:
    @pytest.mark.parametrize(
        ("zone", "expected"), [("America/New_York", "2026-12-31"), ("Europe/Berlin", "2027-01-01")]
    )
    def test_is_the_date_where_the_firm_is(self, db: None, at: Callable[[str], None], zone: str, expected: str) -> None:
        found_firm(time_zone=zone)
        at("2026-12-31 23:59:59-05")
        assert clock.today() == D(expected)

    def test_is_known_before_there_is_a_firm(self, db: None, at: Callable[[str], None]) -> None:
        at("2026-12-31 23:59:59-05")
        assert clock.today() == D("2026-12-31")


class TestNow:
    def test_is_the_databases_time(self, cast: Cast) -> None:
        assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)
