"""A file of time entries: whole or not at all, every wrong cell named, once."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import TimeEntry, TimeImport
from billing.refusals import TimeFileKnown, TimeFileRefused
from billing.time_import import import_time
from firms.refusals import NotAllowed
from ledgers.money import money
from ledgers.opening.refusals import FileRefused
from ledgers.parties import raise_wall
from tests.billing.working import csv_of, row, worked
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


def imported(cast: Cast, content: bytes, intent: str = "") -> TimeImport:
    return import_time(cast.coordinator, intent or key(), "time.csv", io.BytesIO(content))


class TestAGoodFile:
    def test_is_taken_in_whole(self, cast: Cast) -> None:
        rows = [row(today() - timedelta(days=day), "0.5", narrative=f"Day {day}, “O’Hara”") for day in range(1200)]
        run = imported(cast, csv_of(*rows))
        assert (run.row_count, TimeEntry.objects.filter(imported_from=run).count()) == (1200, 1200)
        assert TimeEntry.objects.filter(narrative="Day 7, “O’Hara”").get().amount == money(15000)

    @pytest.mark.parametrize("mark", [";", "\t"])
    def test_may_be_written_as_other_programs_do(self, cast: Cast, mark: str) -> None:
        head = mark.join(["Work Date", "Timekeeper", "Matter Number", "Quantity", "Hourly Rate", "Description"])
        line = mark.join(
            [f"{today():%m/%d/%Y}", "maya.okafor@whitfieldmarsh.example", "2026-0142", "1.25", "$1200", "Ä"]
        )
        imported(cast, f"\ufeff{head}\r\n{line}\r\n".encode())
        entry = TimeEntry.objects.get()
        assert (entry.date, entry.hours, entry.rate) == (today(), Decimal("1.25"), money(120000))
        assert entry.is_billable

    def test_is_the_one_we_export_ourselves(self, cast: Cast) -> None:
        worked(cast, "0.7", narrative="=cmd|' /C calc'!A0", is_billable=False)
        answer = browser_of(cast.coordinator).get("/time/?format=csv")
        exported = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        imported(cast, exported)
        first, second = TimeEntry.objects.order_by("pk")
        for name in ("person", "matter", "date", "hours", "rate", "narrative", "is_billable"):
            assert getattr(first, name) == getattr(second, name), name

    def test_is_taken_once(self, cast: Cast) -> None:
        content, intent = csv_of(row(today())), key()
        assert imported(cast, content, intent) == imported(cast, content, intent)
        with pytest.raises(TimeFileKnown, match="1 time entries"):
            imported(cast, content)
        assert TimeEntry.objects.count() == 1


class TestAWrongRow:
    @pytest.mark.parametrize(
        ("changes", "column", "said"),
        [
            ({"person": "Nobody"}, "Person", "Nobody of the firm is called"),
            ({"matter": "9999"}, "Matter", "There is no matter “9999”"),
            ({"hours": "1,5"}, "Hours", "no time of a day"),
            ({"hours": "0"}, "Hours", "no time of a day"),
            ({"hours": "1.255"}, "Hours", "no time of a day"),
            ({"hours": "25"}, "Hours", "no time of a day"),
            ({"rate": "cheap"}, "Rate", "is not an amount"),
            ({"rate": "(300.00)"}, "Rate", "below zero"),
            ({"narrative": " "}, "Narrative", "does not say what was done"),
            ({"billable": "maybe"}, "Billable", "neither yes nor no"),
        ],
    )
    def test_is_named_with_what_to_do(self, cast: Cast, changes: dict[str, str], column: str, said: str) -> None:
        with pytest.raises(TimeFileRefused) as refused:
            imported(cast, csv_of(row(today()), row(today(), **changes)))
        (problem,) = refused.value.problems
        assert (problem["line"], problem["column"]) == (3, column)
        assert said in problem["wrong"]
        assert problem["remedy"]
        assert not TimeEntry.objects.exists()

    @pytest.mark.parametrize("day", ["14.3.2026", "3/14/26", "2026-02-30", "31/12/2025", "2199-01-01"])
    def test_with_a_date_that_cannot_be(self, cast: Cast, day: Any) -> None:
        with pytest.raises(TimeFileRefused) as refused:
            imported(cast, csv_of(row(day)))
        assert refused.value.problems[0]["column"] == "Date"

    def test_that_makes_a_day_too_long_is_named(self, cast: Cast) -> None:
        worked(cast, "20")
        with pytest.raises(TimeFileRefused) as refused:
            imported(cast, csv_of(row(today(), "4"), row(today(), "0.1")))
        (problem,) = refused.value.problems
        assert (problem["line"], "24.1" in problem["wrong"]) == (3, True)

    def test_of_a_walled_matter_is_of_no_matter(self, cast: Cast) -> None:
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Conflict")
        with pytest.raises(TimeFileRefused) as refused:
            imported(cast, csv_of(row(today())))
        assert refused.value.problems[0]["wrong"] == "There is no matter “2026-0142”."

    def test_among_thousands_are_counted_and_the_first_told(self, cast: Cast) -> None:
        with pytest.raises(TimeFileRefused, match="300 things") as refused:
            imported(cast, csv_of(*(row(today(), "0.01", matter=f"N{place}") for place in range(300))))
        assert len(refused.value.problems) == 200


class TestAFileThatIsNone:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "it is empty"),
            (b"PK\x03\x04 zip", "Excel"),
            (b"Date,Hours\r\n1,2\r\n", "no column Person, Matter, Rate, Narrative"),
            (csv_of(), "no rows below its head"),
            (csv_of() + b'2026-01-01,"Maya', "quotation marks"),
        ],
    )
    def test_is_refused_with_a_sentence(self, cast: Cast, content: bytes, said: str) -> None:
        with pytest.raises(FileRefused) as refused:
            imported(cast, content)
        assert said in refused.value.detail
        assert not TimeEntry.objects.exists()

    def test_is_not_an_attorneys_to_import(self, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            import_time(cast.attorney, key(), "time.csv", io.BytesIO(csv_of(row(today()))))
