"""The balance check runs at 8, 12 and 16 o'clock of the firm's business days, once each, whatever the clocks do."""

import datetime as dt
from collections.abc import Callable

import pytest

from firms.models import Firm, JobRun
from firms.schedule import due_period, run_if_due
from retainers.monitoring import CHECK
from retainers.tasks import check_balances_if_due
from tests.cast import Cast

At = Callable[[str], None]


def periods_between(at: At, first: dt.datetime, last: dt.datetime, step: dt.timedelta) -> list[str]:
    """Let beat tick from first to last and return the periods for which the check ran, in order."""
    moment = first
    while moment <= last:
        at(moment.isoformat())
        check_balances_if_due()
        moment += step
    return list(JobRun.objects.filter(job=CHECK.name).order_by("id").values_list("period", flat=True))


class TestCheckBalancesIfDue:
    def test_runs_three_times_on_a_business_day(self, cast: Cast, at: At) -> None:
        first = dt.datetime(2026, 3, 2, 5, tzinfo=dt.UTC)
        ran = periods_between(at, first, first + dt.timedelta(hours=23), dt.timedelta(minutes=5))
        assert ran == ["2026-03-02 08:00", "2026-03-02 12:00", "2026-03-02 16:00"]

    @pytest.mark.parametrize("day", ["2026-03-07", "2026-03-08", "2026-07-03", "2026-11-26", "2026-12-25"])
    def test_does_not_run_on_weekends_and_holidays(self, cast: Cast, at: At, day: str) -> None:
        is_holiday_observed_by_banks = day != "2026-07-03"  # July 4, 2026 is a Saturday: the Fed is open on Friday
        at(f"{day} 12:30-05")
        assert (due_period(CHECK) is None) == is_holiday_observed_by_banks

    @pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix"])
    @pytest.mark.parametrize("change", ["2026-03-08", "2026-11-01"])
    def test_keeps_to_local_hours_when_the_clocks_change(self, cast: Cast, at: At, zone: str, change: str) -> None:
        Firm.objects.update(time_zone=zone)
        sunday = dt.datetime.fromisoformat(change).replace(tzinfo=dt.UTC)
        friday, monday = (sunday + dt.timedelta(days=n) for n in (-2, 1))
        ran = periods_between(at, friday, monday + dt.timedelta(hours=30), dt.timedelta(minutes=20))
        wanted = [f"{day:%Y-%m-%d} {hour}:00" for day in (friday, monday) for hour in ("08", "12", "16")]
        assert [period for period in ran if period[:10] in {f"{friday:%Y-%m-%d}", f"{monday:%Y-%m-%d}"}] == wanted
        weekend = {f"{sunday - dt.timedelta(days=n):%Y-%m-%d}" for n in (0, 1)}
        assert not [period for period in ran if period[:10] in weekend]

    def test_runs_only_the_latest_after_days_without_a_worker(self, cast: Cast, at: At) -> None:
        at("2026-03-02 08:01-05")
        check_balances_if_due()
        at("2026-03-05 13:00-05")
        check_balances_if_due()
        check_balances_if_due()
        ran = JobRun.objects.filter(job=CHECK.name).order_by("id").values_list("period", flat=True)
        assert list(ran) == ["2026-03-02 08:00", "2026-03-05 12:00"]

    def test_makes_nothing_up_in_the_night(self, cast: Cast, at: At) -> None:
        at("2026-03-02 20:30-05")
        assert check_balances_if_due() is False

    def test_is_done_by_one_of_two_workers(self, cast: Cast, at: At) -> None:
        at("2026-03-02 08:01-05")
        assert [check_balances_if_due(), check_balances_if_due()] == [True, False]

    def test_records_what_it_found(self, cast: Cast, at: At) -> None:
        at("2026-03-02 08:01-05")
        check_balances_if_due()
        run = JobRun.objects.get(job=CHECK.name)
        assert run.result == {"checked": 0, "low": 0, "opened": 0, "closed": 0}
        assert run.finished_at is not None

    def test_marks_a_run_that_raised_and_tries_again(self, cast: Cast, at: At) -> None:
        def broken() -> dict[str, object]:
            raise RuntimeError("the disk is full")

        at("2026-03-02 08:01-05")
        with pytest.raises(RuntimeError):
            run_if_due(CHECK, broken)
        assert "the disk is full" in JobRun.objects.get(job=CHECK.name).problem
        assert check_balances_if_due() is True
        assert JobRun.objects.get(job=CHECK.name).tries == 2
