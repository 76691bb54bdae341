"""From the files to rows in the database: streamed, in batches of COPY, whatever the size."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from ledgers.models import OpeningFile, OpeningImport
from ledgers.opening.files import rows_of
from ledgers.opening.mapping import Mapping
from ledgers.opening.progress import Teller
from ledgers.opening.reading import Directory, Problem, Reader
from ledgers.opening.refusals import FileRefused

BATCH = 2000
TEXTS = (
    "client_name",
    "client_email",
    "matter_number",
    "description",
    "account_text",
    "item",
    "item_number",
    "payee",
    "purpose",
)
OTHERS = ("amount", "last_activity_date", "opened_date", "item_date", "attorney_id", "trust_account_id")
ROW_COLUMNS = ("run_id", "part", "line", "is_total", "ledger_kind", *TEXTS, *OTHERS)
PROBLEM_COLUMNS = ("run_id", "part", "line", "column", "value", "wrong", "remedy", "is_warning")


class Batch:
    """Rows and problems on their way into the database."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: list[tuple[Any, ...]] = []
        self.problems: list[tuple[Any, ...]] = []

    def write(self) -> None:
        """Copy what has gathered."""
        for table, columns, rows in (
            ("ledgers_openingrow", ROW_COLUMNS, self.rows),
            ("ledgers_openingproblem", PROBLEM_COLUMNS, self.problems),
        ):
            if rows:
                names = ", ".join(f'"{name}"' for name in columns)
                with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                rows.clear()


def row_of(run: OpeningImport, part: str, line: int, values: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values of a row in the order of ROW_COLUMNS."""
    texts = (values.get(name, "") for name in TEXTS)
    others = (values.get(name) for name in OTHERS)
    return (run.pk, part, line, values.get("is_total", False), values.get("ledger_kind", "client"), *texts, *others)


def problem_of(run: OpeningImport, part: str, line: int | None, problem: Problem) -> tuple[Any, ...]:
    """Return a problem in the order of PROBLEM_COLUMNS."""
    return (run.pk, part, line, problem.column, problem.value, problem.wrong[:400], problem.remedy[:400], False)


def stage(run: OpeningImport, files: list[OpeningFile], mapping: Mapping, teller: Teller) -> None:
    """Read the files of a run into its rows, with what is wrong in each; earlier rows of the run go."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledgers_openingrow WHERE run_id = %s", [run.pk])
        cursor.execute("DELETE FROM ledgers_openingproblem WHERE run_id = %s", [run.pk])
    directory = Directory.of_the_firm()
    for file in files:
        _stage_file(run, file, Reader(run, file, mapping, directory), teller)


def _stage_file(run: OpeningImport, file: OpeningFile, reader: Reader, teller: Teller) -> None:
    batch = Batch()
    for line, record in _readable(run, file, teller, batch):
        values, problems = reader.read(record)
        batch.rows.append(row_of(run, file.part, line, values))
        batch.problems.extend(problem_of(run, file.part, line, problem) for problem in problems)
        if len(batch.rows) >= BATCH:
            batch.write()
    batch.write()


def _readable(run: OpeningImport, file: OpeningFile, teller: Teller, batch: Batch) -> Iterator[tuple[int, list[str]]]:
    """Yield the records; where the file can no longer be read, that is a problem of the run."""
    try:
        yield from rows_of(file, teller.add)
    except FileRefused as refused:
        problem = Problem("", "", f"{file.name}: {refused.facts['why']}", refused.facts["remedy"])
        batch.problems.append(problem_of(run, file.part, None, problem))
