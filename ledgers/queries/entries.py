"""Journal entries: lists of them, and one with everything that is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from ledgers.access import Books
from ledgers.models import Hold, JournalEntry, JournalLine
from ledgers.money import Money, cents_of
from ledgers.queries.ledgers import KIND_NAMES, order_of
from ledgers.queries.rows import RowSet, fetch, fetch_one, like, visible_ledgers

LINES_SQL = """(SELECT json_agg(json_build_object('ledger_id', l.id, 'kind', l.kind, 'matter_number',
  coalesce(m.number, ''),
    'name', coalesce(m.description, ''), 'client_name', coalesce(c.name, ''), 'amount', x.amount)
      ORDER BY m.number NULLS LAST, l.id)
  FROM ledgers_journalline x JOIN ledgers_ledger l ON l.id = x.ledger_id LEFT
    JOIN ledgers_matter m ON m.id = l.matter_id
  LEFT JOIN ledgers_client c ON c.id = m.client_id WHERE x.entry_id = e.id)"""


@dataclass(frozen=True)
class Part:
    """What an entry did to one ledger."""

    ledger_id: int
    kind: str
    matter_number: str
    name: str
    client_name: str
    amount: Money

    @property
    def label(self) -> str:
        """What the ledger is called in a list."""
        return self.matter_number or KIND_NAMES.get(self.kind, self.kind)


@dataclass(frozen=True)
class EntryRow:
    """One entry in a list."""

    id: int
    kind: str
    account_id: int
    account_name: str
    book_date: date
    bank_amount: Money
    method: str
    party: str
    purpose: str
    reference: str
    bank_item_id: int | None
    posted_at: datetime
    posted_by: str
    reverses_id: int | None
    reversed_by_id: int | None
    parts: tuple[Part, ...]

    @property
    def state(self) -> str:
        """The one word worth a pill."""
        return "reversed" if self.reversed_by_id else ""


COLUMNS = f"""e.id, e.kind, e.trust_account_id AS account_id, a.name AS account_name, e.book_date, e.bank_amount,
  e.method, t.party,
  t.purpose, t.reference, e.bank_item_id, e.posted_at, p.full_name AS posted_by, e.reverses_id,
  (SELECT v.id FROM ledgers_journalentry v WHERE v.reverses_id = e.id) AS reversed_by_id, {LINES_SQL} AS parts"""
FROM = """FROM ledgers_journalentry e JOIN ledgers_trustaccount a ON a.id = e.trust_account_id
  JOIN ledgers_entrytext t ON t.entry_id = e.id JOIN firms_person p ON p.id = e.actor_id"""
SORTS = {
    "date": "book_date {way}, id {way}",
    "amount": "bank_amount {way}, id",
    "payer": "party {way}, id",
    "posted": "posted_at {way}, id {way}",
}


@dataclass(frozen=True)
class EntryFilter:
    """Which entries: of kinds, of an account, of a range of dates, found by a text, in one deposit slip."""

    kinds: Sequence[str] = ()
    account_id: int | None = None
    from_date: date | None = None
    to_date: date | None = None
    text: str = ""
    method: str = ""
    bank_item_id: int | None = None
    reference: str = ""

    def sql(self) -> tuple[str, list[Any]]:
        """Return the conditions."""
        asked: list[tuple[str, Any]] = [
            ("e.kind = ANY (%s)", list(self.kinds) or None),
            ("e.trust_account_id = %s", self.account_id),
            ("e.book_date >= %s", self.from_date),
            ("e.book_date <= %s", self.to_date),
            ("e.method = %s", self.method or None),
            ("e.bank_item_id = %s", self.bank_item_id),
            ("t.reference = %s", self.reference or None),
            (
                f"concat_ws(' ', t.party, t.purpose, t.reference, {PARTS_TEXT}) ILIKE ALL (%s)",
                [like(w) for w in self.text.split()] or None,
            ),
        ]
        given = [(words, value) for words, value in asked if value is not None]
        return " AND ".join(["true", *(words for words, _ in given)]), [value for _, value in given]


PARTS_TEXT = """(SELECT string_agg(concat_ws(' ', m.number, m.description, c.name), ' ') FROM ledgers_journalline x
  JOIN ledgers_ledger l ON l.id = x.ledger_id JOIN ledgers_matter m ON m.id = l.matter_id
    JOIN ledgers_client c ON c.id = m.client_id
  WHERE x.entry_id = e.id)"""


def hidden_lines(books: Books) -> tuple[str, list[Any]]:
    """Return the condition that an entry, named e, touches a ledger the person may not see."""
    visible, params = visible_ledgers(books)
    # NOT EXISTS, not NOT IN: with more ledgers than fit into memory the latter is read anew for every line.
    seen = f"SELECT FROM ({visible}) v (ledger_id) WHERE v.ledger_id = h.ledger_id"
    return f"EXISTS (SELECT FROM ledgers_journalline h WHERE h.entry_id = e.id AND NOT EXISTS ({seen}))", params


def entry_list(books: Books, wanted: EntryFilter, sort: str = "") -> RowSet[EntryRow]:
    """Return the visible entries that fit a filter: every line of theirs is in a visible ledger."""
    condition, params = wanted.sql()
    hidden, hidden_params = hidden_lines(books)
    sql = f"SELECT {COLUMNS} {FROM} WHERE {condition} AND NOT {hidden}"
    return RowSet(EntryRow, sql, [*params, *hidden_params], order_of(sort, SORTS, "-date"))


@dataclass(frozen=True)
class EntryTotals:
    """How many entries fit a filter, and the sum of their bank amounts."""

    entry_count: int
    amount: Money


def entry_totals(books: Books, wanted: EntryFilter) -> EntryTotals:
    """Return count and sum of the visible entries that fit a filter."""
    condition, params = wanted.sql()
    hidden, hidden_params = hidden_lines(books)
    sql = f"""SELECT count(*) AS entry_count, coalesce(sum(e.bank_amount), 0)::bigint AS amount
        {FROM} WHERE {condition} AND NOT {hidden}"""
    return fetch_one(EntryTotals, sql, [*params, *hidden_params])


def latest_receipts(books: Books, limit: int = 8) -> list[EntryRow]:
    """Return the receipts that were posted last, newest first."""
    hidden, params = hidden_lines(books)
    sql = f"SELECT {COLUMNS} {FROM} WHERE e.kind = 'receipt' AND NOT {hidden} ORDER BY e.id DESC LIMIT %s"
    return fetch(EntryRow, sql, [*params, limit])


def similar_receipts(
    books: Books, account_id: int, amount: Money, payer: str, reference: str, day: date
) -> list[EntryRow]:
    """Return receipts within 7 days of a date that may be the same money: same amount and payer, or same reference."""
    hidden, params = hidden_lines(books)
    sql = f"""SELECT {COLUMNS} {FROM} WHERE e.kind = 'receipt' AND e.trust_account_id = %s
        AND e.book_date BETWEEN %s::date - 7 AND %s::date + 7
        AND NOT EXISTS (SELECT FROM ledgers_journalentry v WHERE v.reverses_id = e.id)
        AND ((e.bank_amount = %s AND lower(t.party) = lower(%s)) OR (%s <> '' AND lower(t.reference) = lower(%s)))
        AND NOT {hidden} ORDER BY e.id DESC LIMIT 5"""
    payer, reference = payer.strip(), reference.strip()
    return fetch(EntryRow, sql, [account_id, day, day, cents_of(amount), payer, reference, reference, *params])


def entry_in_full(books: Books, entry_id: int) -> JournalEntry | None:
    """Return a visible entry with its text, lines, holds, notes, authority and relations; None when there is none."""
    related = (
        "text",
        "trust_account",
        "actor",
        "second_person",
        "bank_item",
        "operating_account",
        "reverses",
        "reversed_by",
        "relates_to",
        "linked_to",
        "linked_from",
        "authority__requester",
        "authority__approver",
        "command",
    )
    lines = JournalLine.objects.select_related("ledger__matter__client", "ledger__trust_account").order_by("ledger_id")
    holds = Hold.objects.select_related("ledger__matter", "released_by").order_by("pk")
    found = books.entries.select_related(*related).prefetch_related(
        Prefetch("lines", lines),
        Prefetch("holds", holds),
        "notes__author",
        "followed_by__text",
        "clearances__recorded_by",
    )
    return found.filter(pk=entry_id).first()
