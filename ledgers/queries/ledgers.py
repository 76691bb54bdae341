"""The list of ledgers, and what one finds by typing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from ledgers.access import Books
from ledgers.money import ZERO, Money
from ledgers.queries.rows import RowSet, fetch, fetch_one, like, visible_ledgers

KIND_NAMES = {"firm_funds": "Firm funds", "unidentified": "Unidentified receipts", "interest_due": "Interest due"}
NAME_SQL = (
    "CASE l.kind "
    + " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, name in KIND_NAMES.items())
    + " ELSE m.description END"
)


@dataclass(frozen=True)
class LedgerRow:
    """One ledger in a list."""

    id: int
    kind: str
    matter_id: int | None
    matter_number: str
    name: str
    client_name: str
    matter_status: str
    account_id: int
    account_name: str
    balance: Money
    deficit: Money
    last_activity_date: date | None
    held: Money

    @property
    def available(self) -> Money:
        """What may be spent voluntarily."""
        return self.balance - self.held

    @property
    def status(self) -> str:
        """The one word worth a pill: a deficit first, then what is held, then a matter that closes."""
        if self.deficit > ZERO:
            return "deficit"
        return "held" if self.held > ZERO else ""


@dataclass(frozen=True)
class LedgerFilter:
    """Which ledgers: of one account, found by a text, with money or not."""

    account_id: int | None = None
    text: str = ""
    holding: str = ""  # "", with_money, zero, deficit
    status: str = ""  # of the matter
    client_id: int | None = None
    matter_id: int | None = None
    ledger_id: int | None = None

    def sql(self) -> tuple[str, list[Any]]:
        """Return the conditions."""
        words: list[str] = ["true"]
        params: list[Any] = []
        for column, value in (
            ("l.trust_account_id", self.account_id),
            ("m.status", self.status or None),
            ("m.client_id", self.client_id),
            ("l.matter_id", self.matter_id),
            ("l.id", self.ledger_id),
        ):
            if value is not None:
                words.append(f"{column} = %s")
                params.append(value)
        if self.text.strip():
            words.append(f"concat_ws(' ', m.number, {NAME_SQL}, c.name) ILIKE ALL (%s)")
            params.append([like(word) for word in self.text.split()])
        words.append(
            {"with_money": "l.balance <> 0", "zero": "l.balance = 0", "deficit": "l.deficit > 0"}.get(
                self.holding, "true"
            )
        )
        return " AND ".join(words), params


SORTS = {
    "matter": "matter_number = '', matter_number {way}, kind, id",
    "client": "client_name {way}, matter_number, id",
    "balance": "balance {way}, id",
    "activity": "last_activity_date {way} NULLS LAST, id",
    "account": "account_name {way}, matter_number, id",
}
FROM = """FROM ledgers_ledger l JOIN ledgers_trustaccount a ON a.id = l.trust_account_id
  LEFT JOIN ledgers_matter m ON m.id = l.matter_id LEFT JOIN ledgers_client c ON c.id = m.client_id"""


def order_of(sort: str, sorts: dict[str, str], default: str) -> str:
    """Return the ORDER BY of a `?sort=` value; an unknown one is the default."""
    asked = sort or default
    name = asked.removeprefix("-")
    if name not in sorts:
        asked, name = default, default.removeprefix("-")
    return sorts[name].format(way="DESC" if asked.startswith("-") else "ASC")


def ledger_list(books: Books, wanted: LedgerFilter, sort: str = "") -> RowSet[LedgerRow]:
    """Return the visible ledgers that fit a filter; what is held is asked only for those shown."""
    visible, visible_params = visible_ledgers(books)
    condition, params = wanted.sql()
    sql = f"""SELECT l.id, l.kind, l.matter_id, coalesce(m.number, '') AS matter_number, {NAME_SQL} AS name,
        coalesce(c.name, '') AS client_name, coalesce(m.status, '') AS matter_status, a.id AS account_id,
          a.name AS account_name,
        l.balance, l.deficit, l.last_activity_date {FROM} WHERE {condition} AND l.id IN ({visible})"""
    details = "CROSS JOIN LATERAL (SELECT held_amount(r.id) AS held) d"
    return RowSet(LedgerRow, sql, [*params, *visible_params], order_of(sort, SORTS, "matter"), details=details)


@dataclass(frozen=True)
class LedgerTotals:
    """What the ledgers of a filter hold together; deficits apart."""

    ledger_count: int
    positive: Money
    deficits: Money

    @property
    def total(self) -> Money:
        """Positive ledgers less deficits."""
        return self.positive - self.deficits


def ledger_totals(books: Books, wanted: LedgerFilter) -> LedgerTotals:
    """Return count and sums of the ledgers that fit a filter."""
    visible, visible_params = visible_ledgers(books)
    condition, params = wanted.sql()
    sql = f"""SELECT count(*) AS ledger_count, coalesce(sum(l.balance) FILTER (WHERE l.balance > 0),
      0)::bigint AS positive,
        coalesce(-sum(l.balance) FILTER (WHERE l.balance < 0), 0)::bigint AS deficits {FROM}
        WHERE {condition} AND l.id IN ({visible})"""
    return fetch_one(LedgerTotals, sql, [*params, *visible_params])


@dataclass(frozen=True)
class Held:
    """What one account holds for a matter."""

    account: str
    balance: Money


@dataclass(frozen=True)
class MatterOption:
    """A matter that a picker offers."""

    id: int
    number: str
    description: str
    client_name: str
    status: str
    held_in: tuple[Held, ...]


def matter_options(books: Books, typed: str, limit: int = 20) -> list[MatterOption]:
    """Return the visible matters that fit what was typed: number, description or client; open ones first."""
    visible, visible_params = books.matters.values("pk").query.sql_with_params()
    words = [like(word) for word in typed.split()] or ["%"]
    sql = f"""SELECT m.id, m.number, m.description, c.name AS client_name, m.status, coalesce((
          SELECT json_agg(json_build_object('account', a.name, 'balance', l.balance)
            ORDER BY a.name) FROM ledgers_ledger l
          JOIN ledgers_trustaccount a ON a.id = l.trust_account_id WHERE l.matter_id = m.id), '[]') AS held_in
      FROM ledgers_matter m JOIN ledgers_client c ON c.id = m.client_id
      WHERE m.id IN ({visible}) AND concat_ws(' ', m.number, m.description, c.name) ILIKE ALL (%s)
      ORDER BY lower(m.number) <> %s, m.status <> 'open', m.number LIMIT %s"""
    return fetch(MatterOption, sql, [*visible_params, words, typed.strip().lower(), limit])
