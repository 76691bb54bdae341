"""The receipts journal and the disbursements journal: what moved at the bank, in and out, by the ledgers it concerned.

An entry is in the receipts journal when money came in, in the disbursements journal when money went out: so the book
balance before, plus one journal, less the other, is the book balance after. Transfers within an account are in neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ledgers.access import Books
from ledgers.models import TrustAccount
from ledgers.money import Money
from ledgers.queries.entries import LINES_SQL, Part, hidden_lines
from ledgers.queries.rows import RowSet, fetch_one

IN, OUT = 1, -1
SUMS = """JOIN LATERAL (SELECT coalesce(sum(x.amount) FILTER (WHERE l.kind = 'client'), 0) AS clients,
    coalesce(sum(x.amount) FILTER (WHERE l.kind = 'firm_funds'), 0) AS firm_funds,
    coalesce(sum(x.amount) FILTER (WHERE l.kind = 'unidentified'), 0) AS unidentified,
    coalesce(sum(x.amount) FILTER (WHERE l.kind = 'interest_due'), 0) AS interest_due
  FROM ledgers_journalline x JOIN ledgers_ledger l ON l.id = x.ledger_id WHERE x.entry_id = e.id) s ON true"""
PERIOD = "e.trust_account_id = ANY (%s) AND e.book_date BETWEEN %s AND %s AND sign(e.bank_amount) = %s"


@dataclass(frozen=True)
class Span:
    """Which journal: of these accounts, from one day to another, both inclusive."""

    accounts: Sequence[TrustAccount]
    from_date: date
    to_date: date

    @property
    def account_ids(self) -> list[int]:
        """The ids of the accounts."""
        return [account.pk for account in self.accounts]

    def params(self, way: int) -> list[Any]:
        """Return the values of PERIOD."""
        return [self.account_ids, self.from_date, self.to_date, way]


@dataclass(frozen=True)
class JournalRow:
    """One entry of a journal; all amounts as the journal counts them (money out is positive in its own journal)."""

    id: int
    kind: str
    account_name: str
    book_date: date
    party: str
    purpose: str
    method: str
    reference: str
    bank_item_id: int | None
    posted_by: str
    parts: tuple[Part, ...]
    clients: Money
    firm_funds: Money
    unidentified: Money
    interest_due: Money
    amount: Money


def journal(books: Books, span: Span, way: int) -> RowSet[JournalRow]:
    """Return the visible entries of a journal (IN or OUT) in the order of their dates."""
    hidden, hidden_params = hidden_lines(books)
    sql = f"""SELECT e.id, e.kind, a.name AS account_name, e.book_date, t.party, t.purpose, e.method, t.reference,
        e.bank_item_id, p.full_name AS posted_by, {LINES_SQL} AS parts, ({way} * s.clients)::bigint AS clients,
        ({way} * s.firm_funds)::bigint AS firm_funds, ({way} * s.unidentified)::bigint AS unidentified,
        ({way} * s.interest_due)::bigint AS interest_due, {way} * e.bank_amount AS amount
      FROM ledgers_journalentry e JOIN ledgers_trustaccount a ON a.id = e.trust_account_id
        JOIN ledgers_entrytext t ON t.entry_id = e.id JOIN firms_person p ON p.id = e.actor_id {SUMS}
      WHERE {PERIOD} AND NOT {hidden}"""
    return RowSet(JournalRow, sql, [*span.params(way), *hidden_params], "book_date, id")


@dataclass(frozen=True)
class JournalTotals:
    """What a journal adds up to, its proof against the lines, and what the reader may not see."""

    entry_count: int
    walled_count: int
    walled: Money
    clients: Money
    firm_funds: Money
    unidentified: Money
    interest_due: Money
    amount: Money
    opening: Money
    closing: Money
    other_way: Money

    @property
    def footing(self) -> Money:
        """The columns and the walled matters added up: what the ledgers say."""
        return self.clients + self.firm_funds + self.unidentified + self.interest_due + self.walled

    @property
    def cross_foots(self) -> bool:
        """Whether the columns add up to what moved at the bank."""
        return bool(self.footing == self.amount)


def journal_totals(books: Books, span: Span, way: int) -> JournalTotals:
    """Return the totals of a journal, the book balance before and after, and the sum of the other journal."""
    hidden, hidden_params = hidden_lines(books)
    shown = ", ".join(
        f"coalesce({way} * sum(s.{name}) FILTER (WHERE NOT j.hidden), 0)::bigint AS {name}"
        for name in ("clients", "firm_funds", "unidentified", "interest_due")
    )
    sql = f"""WITH j AS MATERIALIZED (
        SELECT e.id, e.bank_amount, {hidden} AS hidden FROM ledgers_journalentry e WHERE {PERIOD})
      SELECT count(*) FILTER (WHERE NOT j.hidden) AS entry_count, count(*) FILTER (WHERE j.hidden) AS walled_count,
        coalesce({way} * sum(s.clients + s.firm_funds + s.unidentified + s.interest_due)
          FILTER (WHERE j.hidden), 0)::bigint AS walled,
        {shown}, coalesce({way} * sum(j.bank_amount), 0)::bigint AS amount,
        (SELECT coalesce(sum(book_balance(i, %s)), 0)::bigint FROM unnest(%s::bigint[]) i) AS opening,
        (SELECT coalesce(sum(book_balance(i, %s)), 0)::bigint FROM unnest(%s::bigint[]) i) AS closing,
        (SELECT coalesce({-way} * sum(e.bank_amount), 0)::bigint FROM ledgers_journalentry e
          WHERE {PERIOD}) AS other_way
      FROM j {SUMS.replace("e.id", "j.id")}"""
    ids, before = span.account_ids, span.from_date - timedelta(days=1)
    params = [*hidden_params, *span.params(way), before, ids, span.to_date, ids, *span.params(-way)]
    return fetch_one(JournalTotals, sql, params)
