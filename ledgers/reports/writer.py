"""Tables as files. One description of the columns makes CSV and XLSX; text can never become a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Generic, TypeVar

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ledgers.money import Money

Row = TypeVar("Row")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
AMOUNT_FORMAT = '"$"#,##0.00;[Red]("$"#,##0.00)'
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its head, what it takes from a row, how wide it is in a spreadsheet."""

    label: str
    value: Callable[[Row], Any]
    width: int = 14


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """A table that can become a file; `name` is the file's."""

    name: str
    title: str
    columns: tuple[Column[Row], ...]

    def heads(self) -> list[str]:
        """Return the labels of the columns."""
        return [column.label for column in self.columns]


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Rule: OWASP CSV injection: cells that begin with = + - @ TAB CR (and NUL) get an apostrophe.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _plain(value: Any) -> str:
    """Return a value as CSV holds it: amounts as 1250.00, dates as 2026-11-20."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return f"{value.amount:.2f}"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_cell(value: Any) -> str:
    """Return one cell of a CSV file; only text can hold a formula, amounts and dates are ours."""
    return safe_text(value) if isinstance(value, str) else _plain(value)


def csv_lines(sheet: Sheet[Row], rows: Iterable[Row]) -> Iterator[str]:
    """Give the lines of a CSV file, one after the other, beginning with a byte-order mark so that Excel reads UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(safe_text(label) for label in sheet.heads())
    yield "\ufeff" + _taken(buffer)
    for number, row in enumerate(rows, 1):
        writer.writerow(csv_cell(column.value(row)) for column in sheet.columns)
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _xlsx_cell(page: Any, value: Any) -> Any:
    """Return one typed cell: amounts are numbers, dates are dates, text is text."""
    if isinstance(value, Money):
        cell = WriteOnlyCell(page, value=float(value.amount))
        cell.number_format = AMOUNT_FORMAT
        return cell
    if isinstance(value, datetime):
        return WriteOnlyCell(page, value=timezone.localtime(value).replace(tzinfo=None))
    if isinstance(value, str):
        cell = WriteOnlyCell(page, value=_without_control(safe_text(value)))
        cell.data_type = "s"
        return cell
    return value


def _without_control(text: str) -> str:
    """Return the text without the characters that a spreadsheet file cannot hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")


def xlsx_file(sheet: Sheet[Row], rows: Iterable[Row]) -> IO[bytes]:
    """Return an XLSX file, written row by row; it lives on disk when it is large."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.title[:31])
    page.freeze_panes = "A2"
    for place, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(place)].width = column.width
    heads = [WriteOnlyCell(page, value=label) for label in sheet.heads()]
    for head in heads:
        head.font = Font(bold=True)
    page.append(heads)
    for row in rows:
        page.append([_xlsx_cell(page, column.value(row)) for column in sheet.columns])
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the answer closes it)
    book.save(file)
    file.seek(0)
    return file
