"""The ledger card: every line of a ledger in the order of its dates, with the balance after each.

A page costs what its lines cost: the balance brought forward comes from the stored day before, and only the page's own
lines are added up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ledgers.models import Ledger
from ledgers.money import ZERO, Money, cents_of
from ledgers.queries.balances import BALANCE_ON
from ledgers.queries.rows import fetch, fetch_one, stream

PAGE = 50


@dataclass(frozen=True)
class CardLine:
    """One line of a ledger card. `amount` is signed; `balance` is the ledger's after this line."""

    line_id: int
    entry_id: int
    seq: int
    book_date: date
    kind: str
    method: str
    party: str
    purpose: str
    reference: str
    memo: str
    amount: Money
    balance: Money
    posted_at: datetime
    reverses_id: int | None
    reversed_by_id: int | None
    note_count: int

    @property
    def money_in(self) -> Money | None:
        """What came in, if money came in."""
        return self.amount if self.amount > ZERO else None

    @property
    def money_out(self) -> Money | None:
        """What went out, as a positive amount, if money went out."""
        return -self.amount if self.amount < ZERO else None

    @property
    def cursor(self) -> str:
        """Where the line stands on the card: for the pages before and after it."""
        return f"{self.book_date.isoformat()}.{self.seq}"


@dataclass(frozen=True)
class CardRange:
    """Which part of a card: dates, both inclusive; nothing is everything."""

    from_date: date | None = None
    to_date: date | None = None

    def sql(self, ledger: Ledger) -> tuple[str, list[Any]]:
        """Return the condition on lines, named l."""
        words = ["l.ledger_id = %s"]
        params: list[Any] = [ledger.pk]
        if self.from_date:
            words.append("l.book_date >= %s")
            params.append(self.from_date)
        if self.to_date:
            words.append("l.book_date <= %s")
            params.append(self.to_date)
        return " AND ".join(words), params


@dataclass(frozen=True)
class CardPage:
    """Some lines of a card, oldest first, the balance before the first, whether there are more on either side."""

    lines: tuple[CardLine, ...]
    brought_forward: Money
    has_older: bool
    has_newer: bool

    @property
    def older(self) -> str:
        """The cursor of the page before, or nothing."""
        return self.lines[0].cursor if self.has_older and self.lines else ""

    @property
    def newer(self) -> str:
        """The cursor of the page after, or nothing."""
        return self.lines[-1].cursor if self.has_newer and self.lines else ""

    @property
    def newest_first(self) -> tuple[CardLine, ...]:
        """The lines as the screen shows them."""
        return self.lines[::-1]


COLUMNS = """l.id AS line_id, l.entry_id, l.seq, l.book_date, e.kind, e.method, t.party, t.purpose, t.reference, t.memo,
  l.amount, l.balance, e.posted_at, e.reverses_id, v.id AS reversed_by_id,
  (SELECT count(*) FROM ledgers_entrynote n WHERE n.entry_id = e.id) AS note_count"""
JOINED = """JOIN ledgers_journalentry e ON e.id = l.entry_id JOIN ledgers_entrytext t ON t.entry_id = e.id
  LEFT JOIN ledgers_journalentry v ON v.reverses_id = e.id"""
# The lines of one page, and the balance before them: the stored balance of the last day before, and the first day's
# earlier lines.
PAGE_SQL = f"""WITH page AS MATERIALIZED (
    SELECT l.* FROM ledgers_journalline l WHERE {{condition}} ORDER BY l.book_date {{way}}, l.seq {{way}} LIMIT %s),
  first AS (SELECT ledger_id, book_date, seq FROM page ORDER BY book_date, seq LIMIT 1),
  before AS (SELECT coalesce((SELECT d.balance FROM ledgers_ledgerday d WHERE d.ledger_id = f.ledger_id
    AND d.date < f.book_date
        ORDER BY d.date DESC LIMIT 1), 0)
      + coalesce((SELECT sum(x.amount) FROM ledgers_journalline x WHERE x.ledger_id = f.ledger_id
        AND x.book_date = f.book_date AND x.seq < f.seq), 0) AS balance FROM first f),
  l AS (SELECT p.*, ((SELECT balance FROM before) + sum(p.amount) OVER (ORDER BY p.book_date,
    p.seq))::bigint AS balance FROM page p)
SELECT {COLUMNS} FROM l {JOINED} ORDER BY l.book_date, l.seq"""


def parse_cursor(text: str) -> tuple[date, int] | None:
    """Return date and place of a cursor; None when it is none."""
    day, _, place = text.partition(".")
    try:
        return date.fromisoformat(day), int(place)
    except ValueError:
        return None


def ledger_card(
    ledger: Ledger, within: CardRange | None = None, *, before: str = "", after: str = "", size: int = PAGE
) -> CardPage:
    """Return the newest lines of a card, or those before or after a cursor."""
    condition, params = (within or CardRange()).sql(ledger)
    at_before, at_after = parse_cursor(before), parse_cursor(after)
    way = "DESC"
    if at_before:
        condition += " AND (l.book_date, l.seq) < (%s, %s)"
        params += at_before
    elif at_after:
        condition += " AND (l.book_date, l.seq) > (%s, %s)"
        params += at_after
        way = "ASC"
    found = fetch(CardLine, PAGE_SQL.format(condition=condition, way=way), [*params, size + 1])
    has_more = len(found) > size
    if way == "ASC":
        lines = found[:size]
        return CardPage(tuple(lines), _before(lines), bool(at_after), has_more)
    lines = found[1:] if has_more else found
    return CardPage(tuple(lines), _before(lines), has_more, bool(at_before))


def _before(lines: list[CardLine]) -> Money:
    return lines[0].balance - lines[0].amount if lines else ZERO


def whole_card(ledger: Ledger, within: CardRange | None = None) -> Iterator[CardLine]:
    """Give all lines of a card, oldest first, streamed."""
    condition, params = (within or CardRange()).sql(ledger)
    forward = _brought_forward(ledger, within)
    sql = f"""SELECT {COLUMNS} FROM (SELECT l.*, (%s + sum(l.amount) OVER (ORDER BY l.book_date,
      l.seq))::bigint AS balance
        FROM ledgers_journalline l WHERE {condition}) l {JOINED} ORDER BY l.book_date, l.seq"""
    return stream(CardLine, sql, [forward, *params])


def _brought_forward(ledger: Ledger, within: CardRange | None) -> int:
    start = within.from_date if within else None
    return cents_of(balance_before(ledger, start)) if start else 0


@dataclass(frozen=True)
class CardTotals:
    """What a part of a card adds up to: opening + money in - money out = closing."""

    opening: Money
    money_in: Money
    money_out: Money
    closing: Money
    line_count: int


@dataclass(frozen=True)
class _Balance:
    balance: Money


def balance_before(ledger: Ledger, day: date) -> Money:
    """Return the ledger's balance at the start of a day."""
    sql = f"""SELECT b.balance FROM ledgers_ledger l CROSS JOIN (SELECT %s::date - 1 AS on_date) z {BALANCE_ON}
      WHERE l.id = %s"""
    return fetch_one(_Balance, sql, [day, ledger.pk]).balance


def card_totals(ledger: Ledger, within: CardRange) -> CardTotals:
    """Return what the part of a card adds up to."""
    condition, params = within.sql(ledger)
    sql = f"""SELECT %s::bigint AS opening, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0)::bigint AS money_in,
        coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0)::bigint AS money_out,
        (%s + coalesce(sum(l.amount), 0))::bigint AS closing, count(*) AS line_count
        FROM ledgers_journalline l WHERE {condition}"""
    opening = _brought_forward(ledger, within)
    return fetch_one(CardTotals, sql, [opening, opening, *params])
