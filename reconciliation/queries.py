"""The months of trust accounts with what moved in them."""

from dataclasses import dataclass
from datetime import date, datetime

from ledgers.access import Books
from ledgers.models import TrustAccount
from ledgers.money import Money
from ledgers.queries.rows import fetch


@dataclass(frozen=True)
class MonthRow:
    """A month of a trust account: what came in, what went out, what it held at its end."""

    first_day: date
    state: str
    money_in: Money
    money_out: Money
    entry_count: int
    balance: Money
    prepared_by: str
    locked_by: str
    locked_at: datetime | None
    is_over: bool


def months(account: TrustAccount) -> list[MonthRow]:
    """Return the months of an account up to the firm's, newest first; one statement."""
    sql = """WITH moved AS (
        SELECT date_trunc('month', book_date)::date AS first_day, count(*) AS entry_count, sum(bank_amount) AS net,
               sum(bank_amount) FILTER (WHERE bank_amount > 0) AS money_in,
               sum(bank_amount) FILTER (WHERE bank_amount < 0) AS money_out
          FROM ledgers_journalentry WHERE trust_account_id = %s GROUP BY 1)
      SELECT m.first_day, m.state, coalesce(v.entry_count, 0) AS entry_count,
             coalesce(v.money_in, 0)::bigint AS money_in, coalesce(v.money_out, 0)::bigint AS money_out,
             (sum(coalesce(v.net, 0)) OVER (ORDER BY m.first_day))::bigint AS balance,
             coalesce(p.full_name, '') AS prepared_by, coalesce(k.full_name, '') AS locked_by, m.locked_at,
             m.first_day < date_trunc('month', firm_today())::date AS is_over
        FROM ledgers_month m LEFT JOIN moved v USING (first_day) LEFT JOIN firms_person p ON p.id = m.prepared_by_id
             LEFT JOIN firms_person k ON k.id = m.locked_by_id
       WHERE m.trust_account_id = %s AND m.first_day <= coalesce(
               (SELECT a.closed_date FROM ledgers_trustaccount a WHERE a.id = m.trust_account_id), firm_today())
       ORDER BY m.first_day DESC"""
    return fetch(MonthRow, sql, [account.pk, account.pk])


@dataclass(frozen=True)
class AccountMonths:
    """How far an account is locked."""

    account_id: int
    locked_through: date | None
    earliest_open: date | None
    behind_count: int


def months_behind(books: Books) -> list[tuple[TrustAccount, AccountMonths]]:
    """Return the visible accounts, by name, with the months that are over and open."""
    accounts = list(books.accounts.order_by("name", "pk"))
    sql = """SELECT a.id AS account_id, max(m.first_day) FILTER (WHERE m.state = 'locked') AS locked_through,
             min(m.first_day) FILTER (WHERE m.state = 'open' AND m.first_day <= coalesce(a.closed_date, m.first_day))
               AS earliest_open,
             count(*) FILTER (WHERE m.state = 'open' AND m.first_day < date_trunc('month', firm_today())
               AND m.first_day <= coalesce(a.closed_date, m.first_day)) AS behind_count
        FROM ledgers_trustaccount a JOIN ledgers_month m ON m.trust_account_id = a.id
       WHERE a.id = ANY (%s) GROUP BY 1"""
    found = {row.account_id: row for row in fetch(AccountMonths, sql, [[account.pk for account in accounts]])}
    return [(account, found[account.pk]) for account in accounts]
