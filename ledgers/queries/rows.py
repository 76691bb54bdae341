"""Rows of one SQL statement: counted, sliced for a page, or streamed for a file with flat memory."""

import functools
from collections.abc import Callable, Iterator, Sequence
from types import NoneType
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

from django.db import connection

from ledgers.access import Books
from ledgers.money import Money, money

Row = TypeVar("Row")
Converter = Callable[[Any], Any]


def _converter(kind: Any) -> Converter | None:
    """Return what turns a column into a field of this type; None when the column is the value already."""
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return lambda found: tuple(from_mapping(inner, item) for item in found or ())
    options = [option for option in get_args(kind) if option is not NoneType] or [kind]
    if options == [Money]:
        return lambda cents: None if cents is None else money(int(cents))
    return None


@functools.cache
def _converters(kind: Any) -> dict[str, Converter | None]:
    return {name: _converter(hint) for name, hint in get_type_hints(kind).items()}


def from_mapping(kind: type[Row], found: dict[str, Any]) -> Row:
    """Return a row of `kind` from columns by name; cents become Money, JSON lists tuples of rows."""
    converters = _converters(cast("Any", kind))
    return kind(**{name: convert(found[name]) if convert else found[name] for name, convert in converters.items()})


def fetch(kind: type[Row], sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Return the rows of a statement whose columns are named as the fields of `kind`."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [from_mapping(kind, dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def fetch_one(kind: type[Row], sql: str, params: Sequence[Any] = ()) -> Row:
    """Return the one row of a statement."""
    (row,) = fetch(kind, sql, params)
    return row


def stream(kind: type[Row], sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
    """Give the rows of a statement one after the other, from a cursor of the server: never all in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        names: list[str] = []
        while rows := cursor.fetchmany(1000):
            names = names or [column.name for column in cursor.description]
            for row in rows:
                yield from_mapping(kind, dict(zip(names, row, strict=True)))


class RowSet(Generic[Row]):
    """The rows of one statement. A paginator counts and slices it; a file iterates it.

    `details` joins to the rows, named r, what is only worth asking for the rows shown.
    """

    def __init__(self, kind: type[Row], sql: str, params: Sequence[Any], order: str, *, details: str = "") -> None:
        """Keep the statement."""
        self.kind, self.sql, self.params, self.order, self.details = kind, sql, list(params), order, details
        self.known_count: int | None = None

    def _whole(self, sliced: str = "") -> str:
        rows = f"SELECT * FROM ({self.sql}) q ORDER BY {self.order} {sliced}"
        if not self.details:
            return rows
        return f"SELECT r.*, d.* FROM ({rows}) r {self.details} ORDER BY {self.order}"

    def count(self) -> int:
        """Return how many rows there are."""
        if self.known_count is not None:
            return self.known_count
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) counted", self.params)
            return int(cursor.fetchone()[0])

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.count()

    def __getitem__(self, wanted: slice) -> list[Row]:
        """Return some of the rows."""
        start, stop = wanted.start or 0, wanted.stop
        limit = "" if stop is None else f"LIMIT {int(stop) - int(start)}"
        return fetch(self.kind, self._whole(f"{limit} OFFSET {int(start)}"), self.params)

    def __iter__(self) -> Iterator[Row]:
        """Give all rows, streamed."""
        return stream(self.kind, self._whole(), self.params)


def visible_ledgers(books: Books) -> tuple[str, list[Any]]:
    """Return the ids of the ledgers a person may see, as a subselect and its parameters."""
    sql, params = books.ledgers.values("pk").query.sql_with_params()
    return sql, list(params)


def like(text: str) -> str:
    """Return a pattern that finds a typed text anywhere."""
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
