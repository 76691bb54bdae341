"""Taking in a file of time entries: every row or none, the same file once."""

from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from django.db import connection
from django.db.models import Sum

from billing.models import TimeEntry, TimeImport
from billing.refusals import TimeFileKnown, TimeFileRefused
from billing.time_files import Reading, Row, Source, chunks, open_file, people_by_name
from firms.access import Capability, may
from firms.clock import now, today
from firms.models import Person
from firms.refusals import NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.commands import once
from ledgers.opening.refusals import FileRefused


@retrying
def import_time(by: Person, key: str, name: str, stream: BinaryIO) -> TimeImport:
    """Take in a CSV of time entries, all of its rows or none; a repeated key answers the first.

    Raises:
        FileRefused: it is no CSV, or a column is missing.
        TimeFileRefused: rows are wrong; the facts name each cell and what to do.
        TimeFileKnown: the same file was imported before.
        NotAllowed, DayTooLong, KeyReused, KeyMissing.

    Rule: SPEC I12.
    """
    if not may(by, Capability.MAKE_INVOICES):
        raise NotAllowed
    source = open_file(name, stream)
    with translating():
        said = {"what": "import_time", "digest": source.digest}
        answer = once(by, key, said, lambda: {"time_import": _take(by, source).pk})
    return TimeImport.objects.get(pk=answer["time_import"])


def _take(by: Person, source: Source) -> TimeImport:
    """Read and write chunk by chunk; anything wrong undoes all of it."""
    _refuse_known(source)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '2min'")
    reading, books = Reading(today(), people_by_name()), books_of(by)
    run = TimeImport(name=source.name, digest=source.digest, row_count=0, imported_by=by, imported_at=now())
    worked: dict[tuple[int, date], Decimal] = {}
    waiting: list[Row] = []
    for chunk in chunks(source):
        rows = [reading.row(line, cells) for line, cells in chunk]
        reading.find_matters(books, rows)
        _look_up_days(rows, worked)
        reading.find_long_days(rows, worked)
        waiting += [] if reading.count else rows
    if reading.count:
        reading.problems.sort(key=lambda problem: problem["line"])
        raise TimeFileRefused(name=source.name, count=reading.count, problems=reading.problems)
    if not waiting:
        raise FileRefused(name=source.name, why="it has no rows below its head.", remedy="Export it again.")
    run.row_count = len(waiting)
    run.save(force_insert=True)
    TimeEntry.objects.bulk_create((_entry(by, run, row) for row in waiting), batch_size=1000)
    return run


def _refuse_known(source: Source) -> None:
    known = TimeImport.objects.select_related("imported_by").filter(digest=source.digest).first()
    if known:
        at = known.imported_at.date()
        raise TimeFileKnown(rows=known.row_count, at=at, by=known.imported_by.full_name)


def _look_up_days(rows: list[Row], worked: dict[tuple[int, date], Decimal]) -> None:
    """Add what people have worked already on days that are new to the reading."""
    days: Any = {(row.person_id, row.date) for row in rows if row.person_id and row.date} - set(worked)
    if not days:
        return
    people, dates = {person for person, _ in days}, {day for _, day in days}
    known = TimeEntry.objects.filter(removed_at__isnull=True, person__in=people, date__in=dates)
    sums = known.order_by().values_list("person", "date").annotate(Sum("hours"))
    worked.update({(person, day): hours for person, day, hours in sums if (person, day) in days})


def _entry(by: Person, run: TimeImport, row: Row) -> TimeEntry:
    assert None not in (row.person_id, row.matter_id), "said with the problems"
    return TimeEntry(
        person_id=row.person_id, matter_id=row.matter_id, date=row.date, hours=row.hours, rate=row.rate,
        narrative=row.narrative, is_billable=row.is_billable, recorded_by=by, recorded_at=run.imported_at,
        imported_from=run,
    )  # fmt: skip
