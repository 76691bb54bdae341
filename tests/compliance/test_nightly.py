"""The night: months ahead, a seal, the second witness; once, and once late after an outage."""

from collections.abc import Callable

from compliance.tasks import do_the_night_if_due
from firms.models import AuditEvent, JobRun
from ledgers.models import Month, Seal
from tests.cast import Cast

At = Callable[[str], None]


class TestNightly:
    def test_runs_once_after_three_oclock(self, cast: Cast, at: At) -> None:
        at("2027-03-02 03:00-05")
        assert do_the_night_if_due() is True
        assert do_the_night_if_due() is False
        at("2027-03-02 23:00-05")
        assert do_the_night_if_due() is False

    def test_runs_once_late_after_an_outage(self, cast: Cast, at: At) -> None:
        at("2027-03-05 21:00-05")
        do_the_night_if_due()
        assert JobRun.objects.get(job="nightly-integrity").period == "2027-03-05 03:00"

    def test_adds_months_and_records_the_check(self, cast: Cast, at: At) -> None:
        last = Month.objects.order_by("-first_day").values_list("first_day", flat=True)[0]
        at("2027-08-02 04:00-04")
        do_the_night_if_due()
        assert Month.objects.order_by("-first_day").values_list("first_day", flat=True)[0] > last
        assert AuditEvent.objects.filter(action="integrity_checked").count() == 1
        run = JobRun.objects.get(job="nightly-integrity")
        assert run.result is not None
        assert run.result["months"] == 2
        assert Seal.objects.count() <= 1
