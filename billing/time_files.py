"""A CSV of time entries: read row by row, taken in whole or not at all, every wrong cell named with what to do."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from billing.models import MOST_HOURS
from firms.models import Person
from ledgers.access import Books
from ledgers.money import ZERO, Money, parse_money
from ledgers.opening.files import PIECE_BYTES, Reception, describe
from ledgers.opening.refusals import FileRefused

MOST_ROWS = 20_000
MOST_PROBLEMS = 200
CHUNK = 500
HEADS = {
    "date": ("date", "work date", "activity date"),
    "person": ("person", "timekeeper", "person e-mail", "user", "attorney", "email"),
    "matter": ("matter", "matter number", "matter no", "case number"),
    "hours": ("hours", "quantity", "duration"),
    "rate": ("rate", "hourly rate", "price"),
    "narrative": ("narrative", "description", "note", "activity description"),
    "billable": ("billable", "is billable"),
}
OPTIONAL = {"billable"}
YES, NO = {"yes", "y", "true", "1", "billable", ""}, {"no", "n", "false", "0", "not billable", "non-billable"}
ISO, US = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII), re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


@dataclass(frozen=True)
class Source:
    """A file as it is read: how it is written, and where each field stands."""

    name: str
    stream: BinaryIO
    digest: str
    encoding: str
    delimiter: str
    places: dict[str, int]

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the number of each row (the head is row 1) and its cells by field; empty rows are left out.

        Raises:
            FileRefused: quotation marks do not match, or more rows than a file may have.
        """
        self.stream.seek(0)
        text = io.TextIOWrapper(self.stream, encoding=self.encoding, newline="")
        line = 0
        try:
            for line, cells in enumerate(csv.reader(text, delimiter=self.delimiter, strict=True), 1):
                if line > MOST_ROWS + 1:
                    why = f"it has more than {MOST_ROWS:,} rows."
                    raise FileRefused(name=self.name, why=why, remedy="Import it in parts.")
                if line > 1 and any(cell.strip() for cell in cells):
                    yield line, {name: _cell(cells, place) for name, place in self.places.items()}
        except csv.Error:
            remedy = "Look at that row, correct the quotation marks, and import the file again."
            why = f"the quotation marks do not match after row {line}."
            raise FileRefused(name=self.name, why=why, remedy=remedy) from None
        finally:
            text.detach()


def _cell(cells: list[str], place: int) -> str:
    """Return a cell, one space between words, without the apostrophe that keeps our own export from being a formula."""
    cell = " ".join(cells[place].split()) if place < len(cells) else ""
    return cell[1:] if re.match(r"'[=+\-@]", cell) else cell


def open_file(name: str, stream: BinaryIO) -> Source:
    """Look at a file and find its columns.

    Raises:
        FileRefused: no CSV text, too large, or a column that is needed is missing.
    """
    reception = Reception(name)
    stream.seek(0)
    for piece in iter(lambda: stream.read(PIECE_BYTES), b""):
        reception.take(piece)
    received = reception.end()
    delimiter, header, _ = describe(name, stream, received.encoding)
    heads = [head.casefold() for head in header]
    found = {part: next((heads.index(head) for head in known if head in heads), -1) for part, known in HEADS.items()}
    missing = [HEADS[part][0].capitalize() for part, place in found.items() if place < 0 and part not in OPTIONAL]
    if missing:
        remedy = "Its first row must name: Date, Person, Matter, Hours, Rate, Narrative; Billable if you like."
        raise FileRefused(name=name, why=f"it has no column {', '.join(missing)}.", remedy=remedy)
    places = {part: place for part, place in found.items() if place >= 0}
    return Source(name[:200], stream, received.digest, received.encoding, delimiter, places)


@dataclass
class Row:
    """One row as it is understood (a number, text, date, Decimal, Money); None where a cell is wrong."""

    line: int
    person_id: Any
    matter: str
    date: Any
    hours: Any
    rate: Any
    narrative: str
    is_billable: bool
    matter_id: Any = None


@dataclass
class Reading:
    """Reads rows and notes what is wrong with them."""

    today: date
    people: dict[str, set[int]]
    problems: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def wrong(self, line: int, column: str, value: str, wrong: str, remedy: str) -> None:
        """Note what is wrong; of many, the first are told."""
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            told = {"line": line, "column": column, "value": value[:100], "wrong": wrong, "remedy": remedy}
            self.problems.append(told)

    def row(self, line: int, cells: dict[str, str]) -> Row:
        """Return a row as it is understood."""
        return Row(
            line, self._person(line, cells["person"]), cells["matter"], self._date(line, cells["date"]),
            self._hours(line, cells["hours"]), self._rate(line, cells["rate"]),
            self._narrative(line, cells["narrative"]), self._billable(line, cells.get("billable", "")),
        )  # fmt: skip

    def _person(self, line: int, text: str) -> int | None:
        known = self.people.get(text.casefold(), set())
        if len(known) == 1:
            return next(iter(known))
        what = "Nobody of the firm" if not known else "More than one person"
        self.wrong(line, "Person", text, f"{what} is called “{text}”.", "Write the person’s e-mail address.")
        return None

    def _date(self, line: int, text: str) -> date | None:
        iso, us = ISO.fullmatch(text), US.fullmatch(text)
        try:
            if iso:
                read = date(int(iso[1]), int(iso[2]), int(iso[3]))
            elif us:
                read = date(int(us[3]), int(us[1]), int(us[2]))
            else:
                raise ValueError(text)
        except ValueError:
            self.wrong(line, "Date", text, f"“{text}” is no date.", "Write it like 2026-03-14 or 3/14/2026.")
            return None
        if read > self.today:
            self.wrong(line, "Date", text, "It is after today.", "Use the day on which the work was done.")
        return read

    def _hours(self, line: int, text: str) -> Decimal | None:
        try:
            hours = Decimal(text) if re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text, re.ASCII) else Decimal("NaN")
        except InvalidOperation:
            hours = Decimal("NaN")
        if hours.is_nan() or hours != hours.quantize(Decimal("0.01")) or not 0 < hours <= MOST_HOURS:
            remedy = "Write tenths or hundredths of hours, like 0.4 or 1.25; more than 0, at most 24."
            self.wrong(line, "Hours", text, f"“{text}” is no time of a day.", remedy)
            return None
        return hours

    def _rate(self, line: int, text: str) -> Money | None:
        try:
            rate = parse_money(text)
        except ValidationError as error:
            self.wrong(line, "Rate", text, str(error.messages[0]), "Correct the rate in the file.")
            return None
        if rate < ZERO:
            self.wrong(line, "Rate", text, "The rate is below zero.", "Write 0.00 for work that is not charged.")
        return rate

    def _narrative(self, line: int, text: str) -> str:
        if not text:
            self.wrong(line, "Narrative", "", "It does not say what was done.", "Fill it in.")
        if len(text) > 1000:
            self.wrong(line, "Narrative", text, "It is longer than 1,000 characters.", "Shorten it.")
        return text

    def _billable(self, line: int, text: str) -> bool:
        if text.casefold() not in YES | NO:
            self.wrong(line, "Billable", text, f"“{text}” is neither yes nor no.", "Write yes or no.")
        return text.casefold() not in NO

    def find_matters(self, books: Books, rows: list[Row]) -> None:
        """Find the matters of rows by number, among those the importer sees; closed ones take no time."""
        wanted = {row.matter.lower() for row in rows}
        found = {
            lowered: (pk, status)
            for pk, lowered, status in books.matters.annotate(lowered=Lower("number"))
            .filter(lowered__in=wanted)
            .values_list("pk", "lowered", "status")
        }
        for row in rows:
            pk, status = found.get(row.matter.lower(), (None, ""))
            row.matter_id = pk
            if pk is None:
                remedy = "Write its number as it stands under Matters."
                self.wrong(row.line, "Matter", row.matter, f"There is no matter “{row.matter}”.", remedy)
            elif status == "closed":
                remedy = "Re-open the matter first, or take the row out."
                self.wrong(row.line, "Matter", row.matter, "The matter is closed.", remedy)

    def find_long_days(self, rows: list[Row], worked: dict[tuple[int, date], Decimal]) -> None:
        """Add the rows to what each person has worked on each day already, and find where it is more than 24 hours."""
        for row in rows:
            if row.person_id is None or row.date is None or row.hours is None:
                continue
            day = (row.person_id, row.date)
            worked[day] = worked.get(day, Decimal(0)) + row.hours
            if worked[day] > MOST_HOURS:
                wrong = f"With this row the person would have {worked[day]} hours on that day; a day has 24."
                self.wrong(row.line, "Hours", str(row.hours), wrong, "Correct the hours, the date or the person.")


def people_by_name() -> dict[str, set[int]]:
    """Return the active people by e-mail and by full name, as a file may call them."""
    found: dict[str, set[int]] = {}
    for pk, email, name in Person.objects.filter(is_active=True).values_list("pk", "email", "full_name"):
        for text in (email, " ".join(name.split())):
            found.setdefault(text.casefold(), set()).add(pk)
    return found


def chunks(source: Source) -> Iterator[list[tuple[int, dict[str, str]]]]:
    """Yield the rows of a file some hundred at a time."""
    rows = source.rows()
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
