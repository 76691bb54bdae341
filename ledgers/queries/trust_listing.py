"""The trust listing: what every ledger held at the end of a day, positive ledgers and deficits apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledgers.access import Books
from ledgers.models import TrustAccount
from ledgers.money import ZERO, Money
from ledgers.queries.balances import BALANCE_ON, ZONE
from ledgers.queries.ledgers import FROM, NAME_SQL
from ledgers.queries.rows import RowSet, fetch, visible_ledgers


@dataclass(frozen=True)
class ListingRow:
    """One ledger that held money, or was in deficit, at the end of the day. `balance` is negative in a deficit."""

    ledger_id: int
    account_name: str
    kind: str
    client_name: str
    matter_number: str
    name: str
    balance: Money

    @property
    def deficit(self) -> Money:
        """What the ledger could not cover."""
        return max(-self.balance, ZERO)


def trust_listing(books: Books, accounts: Sequence[TrustAccount], on_date: date) -> RowSet[ListingRow]:
    """Return the visible ledgers that held anything at the end of a day: positive ones by client, then deficits."""
    visible, params = visible_ledgers(books)
    sql = f"""SELECT l.id AS ledger_id, a.name AS account_name, l.kind, coalesce(c.name, '') AS client_name,
        coalesce(m.number, '') AS matter_number, {NAME_SQL} AS name, b.balance
      {FROM} CROSS JOIN {ZONE} {BALANCE_ON}
      WHERE l.trust_account_id = ANY (%s) AND b.balance <> 0 AND l.id IN ({visible})"""
    order = "balance < 0, account_name, kind <> 'client', client_name, matter_number, ledger_id"
    return RowSet(ListingRow, sql, [on_date, [account.pk for account in accounts], *params], order)


@dataclass(frozen=True)
class ListingTotals:
    """One account of the listing: what visible ledgers hold, what the others hold, the book."""

    account_id: int
    account_name: str
    ledger_count: int
    positive: Money
    deficit_count: int
    deficits: Money
    walled_count: int
    walled: Money
    book_balance: Money

    @property
    def ledger_total(self) -> Money:
        """Every ledger of the account, seen or not."""
        return self.positive - self.deficits + self.walled

    @property
    def difference(self) -> Money:
        """Book balance less ledgers: never anything but zero (SPEC I5)."""
        return self.book_balance - self.ledger_total


def listing_totals(books: Books, accounts: Sequence[TrustAccount], on_date: date) -> list[ListingTotals]:
    """Return the totals of the listing, one account after the other, each held against its book balance."""
    visible, params = visible_ledgers(books)
    sql = f"""SELECT a.id AS account_id, a.name AS account_name,
        count(*) FILTER (WHERE seen AND balance > 0) AS ledger_count,
        coalesce(sum(balance) FILTER (WHERE seen AND balance > 0), 0)::bigint AS positive,
        count(*) FILTER (WHERE seen AND balance < 0) AS deficit_count,
        coalesce(-sum(balance) FILTER (WHERE seen AND balance < 0), 0)::bigint AS deficits,
        count(*) FILTER (WHERE NOT seen AND balance <> 0) AS walled_count,
        coalesce(sum(balance) FILTER (WHERE NOT seen), 0)::bigint AS walled, book_balance(a.id, %s) AS book_balance
      FROM ledgers_trustaccount a LEFT JOIN (
        SELECT l.trust_account_id, b.balance, l.id IN ({visible}) AS seen
        FROM ledgers_ledger l CROSS JOIN {ZONE} {BALANCE_ON}) x ON x.trust_account_id = a.id
      WHERE a.id = ANY (%s) GROUP BY a.id ORDER BY a.name, a.id"""
    return fetch(ListingTotals, sql, [on_date, *params, on_date, [account.pk for account in accounts]])
