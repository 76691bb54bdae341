"""What a ledger and a trust account hold: book, held, available; now and as of any date."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F

from ledgers.access import Books
from ledgers.models import Hold, Ledger, TrustAccount
from ledgers.money import Money
from ledgers.queries.rows import fetch, fetch_one

# Holds that were open at the end of a day: placed by then (for money received: from its book date), not released by
# then, its first spendable day not come.
HELD_ON = """coalesce((SELECT sum(h.amount) FROM ledgers_hold h LEFT JOIN ledgers_journalentry he ON he.id = h.entry_id
    WHERE h.ledger_id = l.id AND coalesce(he.book_date, (h.placed_at AT TIME ZONE z.time_zone)::date) <= z.on_date
      AND (h.released_at IS NULL OR (h.released_at AT TIME ZONE z.time_zone)::date > z.on_date)
      AND (h.until_date IS NULL OR h.until_date > z.on_date)), 0)::bigint"""
ZONE = "(SELECT time_zone, %s::date AS on_date FROM firms_firm) z"
# What a ledger, named l, held at the end of z.on_date: the stored balance where nothing is dated later, else its day's.
BALANCE_ON = """LEFT JOIN LATERAL (SELECT x.balance, x.deficit FROM ledgers_ledgerday x
    WHERE l.last_activity_date > z.on_date AND x.ledger_id = l.id AND x.date <= z.on_date
      ORDER BY x.date DESC LIMIT 1) day ON true
  CROSS JOIN LATERAL (SELECT
    CASE WHEN l.last_activity_date <= z.on_date THEN l.balance ELSE coalesce(day.balance, 0) END AS balance,
    CASE WHEN l.last_activity_date <= z.on_date THEN l.deficit ELSE coalesce(day.deficit, 0) END AS deficit) b"""


@dataclass(frozen=True)
class LedgerBalances:
    """A ledger at the end of a day."""

    balance: Money
    deficit: Money
    held: Money

    @property
    def available(self) -> Money:
        """What may be spent voluntarily."""
        return self.balance - self.held


def ledger_balances(ledger: Ledger, on_date: date) -> LedgerBalances:
    """Return what the ledger held at the end of a day, and how much of it could not be spent."""
    sql = f"""SELECT b.balance, b.deficit, {HELD_ON} AS held
      FROM ledgers_ledger l CROSS JOIN {ZONE} {BALANCE_ON} WHERE l.id = %s"""
    return fetch_one(LedgerBalances, sql, [on_date, ledger.pk])


def open_holds(ledger: Ledger, today: date) -> list[Hold]:
    """Return the holds that keep money of a ledger from being spent today, oldest first."""
    found = Hold.objects.filter(ledger=ledger, released_at__isnull=True).select_related("placed_by", "entry")
    return [hold for hold in found.order_by("placed_at", "pk") if hold.until_date is None or hold.until_date > today]


@dataclass(frozen=True)
class AccountBalances:
    """A trust account at the end of a day: the book and, from the ledgers' own records, what it is made of."""

    account_id: int
    book_balance: Money
    ledger_total: Money
    clients: Money
    firm_funds: Money
    unidentified: Money
    interest_due: Money
    deficits: Money
    client_count: int

    @property
    def difference(self) -> Money:
        """Book balance less ledgers: never anything but zero (SPEC I5)."""
        return self.book_balance - self.ledger_total


def account_balances(accounts: list[TrustAccount], on_date: date) -> list[AccountBalances]:
    """Return book balance and make-up of trust accounts at the end of a day."""
    sql = f"""SELECT a.id AS account_id, book_balance(a.id, %s) AS book_balance,
        coalesce(sum(b.balance), 0)::bigint AS ledger_total,
        coalesce(sum(b.balance) FILTER (WHERE l.kind = 'client' AND b.balance > 0), 0)::bigint AS clients,
        coalesce(sum(b.balance) FILTER (WHERE l.kind = 'firm_funds' AND b.balance > 0), 0)::bigint AS firm_funds,
        coalesce(sum(b.balance) FILTER (WHERE l.kind = 'unidentified' AND b.balance > 0), 0)::bigint AS unidentified,
        coalesce(sum(b.balance) FILTER (WHERE l.kind = 'interest_due' AND b.balance > 0), 0)::bigint AS interest_due,
        coalesce(-sum(b.balance) FILTER (WHERE b.balance < 0), 0)::bigint AS deficits,
        count(*) FILTER (WHERE l.kind = 'client' AND b.balance <> 0) AS client_count
      FROM ledgers_trustaccount a CROSS JOIN {ZONE} LEFT JOIN ledgers_ledger l ON l.trust_account_id = a.id {BALANCE_ON}
      WHERE a.id = ANY (%s) GROUP BY a.id ORDER BY a.id"""
    return fetch(AccountBalances, sql, [on_date, on_date, [account.pk for account in accounts]])


def accounts_with_balances(books: Books, on_date: date) -> list[tuple[TrustAccount, AccountBalances | None]]:
    """Return the trust accounts a person may see, by name, each with its balances at the end of a day.

    Whoever sees own matters only is not told what the others hold: no balances.
    """
    accounts = list(books.accounts.order_by(F("closed_date").asc(nulls_first=True), "name", "pk"))
    found = {has.account_id: has for has in account_balances(accounts, on_date)} if books.sees_all else {}
    return [(account, found.get(account.pk)) for account in accounts]
