"""A file as it comes: bounded, kept byte for byte, decoded, its delimiter and header found. Never wholly in memory."""

import codecs
import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from django.db import transaction

from ledgers.models import OpeningFile, OpeningImport, OpeningPiece
from ledgers.opening.refusals import FileRefused

MOST_BYTES = 50 * 1024 * 1024
PIECE_BYTES = 512 * 1024
DELIMITERS = (",", ";", "\t")
SAMPLE_ROWS = 50
MOST_COLUMNS = 200
ENCODINGS = ("utf-8", "cp1252")
SIGNATURES = (
    (b"PK\x03\x04", "it is a zip or Excel file.", "Open it and save it as CSV, then upload that."),
    (b"\xd0\xcf\x11\xe0", "it is an Excel file.", "Open it and save it as CSV, then upload that."),
    (b"%PDF", "it is a PDF.", "Export the listing as CSV, then upload that."),
    (b"\xff\xfe", "it is written in UTF-16.", "Save it as “CSV UTF-8”, then upload that."),
    (b"\xfe\xff", "it is written in UTF-16.", "Save it as “CSV UTF-8”, then upload that."),
)


@dataclass
class Received:
    """What is known of a file once all its bytes have passed."""

    size: int
    digest: str
    encoding: str


class Reception:
    """Looks at bytes as they pass and refuses early."""

    def __init__(self, name: str) -> None:
        """Start with no byte seen."""
        self.name = name
        self.size = 0
        self.hash = hashlib.sha256()
        self.decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in ENCODINGS}

    def refuse(self, why: str, remedy: str) -> FileRefused:
        """Return the refusal of this file."""
        return FileRefused(name=self.name, why=why, remedy=remedy)

    def take(self, data: bytes) -> None:
        """Look at the next bytes.

        Raises:
            FileRefused: too large, or not text.
        """
        if not self.size:
            for signature, why, remedy in SIGNATURES:
                if data.startswith(signature):
                    raise self.refuse(why, remedy)
        self.size += len(data)
        self.hash.update(data)
        if self.size > MOST_BYTES:
            raise self.refuse("it is larger than 50 MB.", "Split it by trust account and import one after the other.")
        if b"\0" in data:
            raise self.refuse("it is not text (it contains zero bytes).", "Save it as “CSV UTF-8”, then upload that.")
        self._decode(data, final=False)

    def _decode(self, data: bytes, *, final: bool) -> None:
        for name in list(self.decoders):
            try:
                self.decoders[name].decode(data, final)
            except UnicodeDecodeError:
                del self.decoders[name]
        if not self.decoders:
            raise self.refuse("its letters are in no known encoding.", "Save it as “CSV UTF-8”, then upload that.")

    def end(self) -> Received:
        """Return what is known, UTF-8 before Windows' cp1252.

        Raises:
            FileRefused: empty, or cut off inside a character.
        """
        if not self.size:
            raise self.refuse("it is empty.", "Export it again.")
        self._decode(b"", final=True)
        encoding = next(name for name in ENCODINGS if name in self.decoders)
        return Received(self.size, self.hash.hexdigest(), "utf-8-sig" if encoding == "utf-8" else encoding)


def receive(run: OpeningImport, part: str, name: str, stream: BinaryIO) -> OpeningFile:
    """Keep a file of a run as it comes; read twice, never wholly in memory.

    Raises:
        FileRefused: it is no CSV text, or more than 50 MB; nothing is kept.
    """
    reception = Reception(name)
    stream.seek(0)
    for piece in _pieces(stream):
        reception.take(piece)
    received = reception.end()
    delimiter, header, sample = describe(name, stream, received.encoding)
    with transaction.atomic():
        file = OpeningFile.objects.create(
            run=run, part=part, name=name[:200], size=received.size, digest=received.digest, encoding=received.encoding,
            delimiter=delimiter, header=header, sample=sample,
        )  # fmt: skip
        stream.seek(0)
        for seq, piece in enumerate(_pieces(stream)):
            OpeningPiece.objects.create(file=file, seq=seq, data=piece)
    return file


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: stream.read(PIECE_BYTES), b"")


def describe(name: str, stream: BinaryIO, encoding: str) -> tuple[str, list[str], list[list[str]]]:
    """Return delimiter, header and first rows.

    Raises:
        FileRefused: no header with at least two columns, or a name twice.
    """
    stream.seek(0)
    start = stream.read(PIECE_BYTES).decode(encoding, "ignore")
    lines = [line for line in start.splitlines() if line.strip()]
    if not lines:
        raise FileRefused(name=name, why="it has no rows.", remedy="Export it again.")
    delimiter = max(DELIMITERS, key=lambda mark: len(next(csv.reader([lines[0]], delimiter=mark))))
    try:
        rows = list(islice(_filled(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)), SAMPLE_ROWS + 1))
    except csv.Error:
        raise FileRefused(name=name, why="its quotation marks do not match.", remedy="Export it again.") from None
    header = [cell.strip() for cell in rows[0]]
    _check_header(name, header)
    return delimiter, header, [[cell[:200] for cell in row[: len(header)]] for row in rows[1:]]


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if any(cell.strip() for cell in row))


def _check_header(name: str, header: list[str]) -> None:
    named = [cell.lower() for cell in header if cell]
    twice = sorted({cell for cell in named if named.count(cell) > 1})
    if twice:
        remedy = "Give every column a name of its own, then upload it again."
        raise FileRefused(name=name, why=f"two columns are called “{twice[0]}”.", remedy=remedy)
    if not 2 <= len(named) <= MOST_COLUMNS:
        remedy = "The first row must name the columns; they are separated by commas, semicolons or tabs."
        raise FileRefused(name=name, why=f"its first row names {len(named)} columns.", remedy=remedy)


class _Bytes(io.RawIOBase):
    """The bytes of a kept file, piece by piece."""

    def __init__(self, file: OpeningFile, told: Callable[[int], None]) -> None:
        """Begin at the first piece; `told` hears how many bytes were read."""
        self.file, self.told, self.seq, self.left = file, told, 0, memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the next bytes."""
        if not self.left:
            piece = OpeningPiece.objects.filter(file=self.file, seq=self.seq).values_list("data", flat=True).first()
            if piece is None:
                return 0
            self.left, self.seq = memoryview(bytes(piece)), self.seq + 1
            self.told(len(self.left))
        count = min(len(buffer), len(self.left))
        buffer[:count], self.left = self.left[:count], self.left[count:]
        return count


def rows_of(file: OpeningFile, told: Callable[[int], None] = lambda _: None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header with their numbers (the header is row 1); empty rows are left out.

    Raises:
        FileRefused: quotation marks do not match.
    """
    text = io.TextIOWrapper(io.BufferedReader(_Bytes(file, told), PIECE_BYTES), encoding=file.encoding, newline="")
    reader = csv.reader(text, delimiter=file.delimiter, strict=True)
    line, seen_header = 0, False
    try:
        for line, row in enumerate(reader, start=1):
            if not any(cell.strip() for cell in row):
                continue
            if seen_header:
                yield line, row
            seen_header = True
    except csv.Error:
        remedy = "Look at that row, correct the quotation marks, and upload the file again."
        why = f"the quotation marks do not match after row {line}."
        raise FileRefused(name=file.name, why=why, remedy=remedy) from None
