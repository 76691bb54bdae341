"""Deposit slips and transfer batches: what goes to the bank as one line, with what is on each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ledgers.access import Books
from ledgers.models import BankItem, JournalEntry
from ledgers.money import Money
from ledgers.queries.entries import EntryFilter, EntryRow, entry_list, hidden_lines
from ledgers.queries.rows import RowSet


@dataclass(frozen=True)
class SlipRow:
    """One deposit slip, or one transfer batch, in a list; the amount as it moves at the bank."""

    id: int
    account_id: int
    account_name: str
    reference: str
    date: date
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    receipt_count: int
    amount: Money

    @property
    def state(self) -> str:
        """Open while it gathers receipts, sent once it went to the bank."""
        return "sent" if self.closed_at else "open"


SLIPS = """SELECT i.id, i.trust_account_id AS account_id, a.name AS account_name, i.reference, i.date,
  p.full_name AS opened_by, i.opened_at,
    i.closed_at, coalesce(s.receipt_count, 0) AS receipt_count, coalesce(s.amount, 0)::bigint AS amount
  FROM ledgers_bankitem i JOIN ledgers_trustaccount a ON a.id = i.trust_account_id
    JOIN firms_person p ON p.id = i.opened_by_id
  LEFT JOIN LATERAL (SELECT count(*) AS receipt_count, sum(e.bank_amount) AS amount FROM ledgers_journalentry e WHERE
    e.bank_item_id = i.id) s ON true
  WHERE i.kind = %s AND i.trust_account_id = ANY (%s)
    AND (EXISTS (SELECT FROM ledgers_journalentry e WHERE e.bank_item_id = i.id AND NOT {hidden})
      OR %s AND NOT EXISTS (SELECT FROM ledgers_journalentry e WHERE e.bank_item_id = i.id))"""


def deposit_slips(
    books: Books,
    *,
    account_id: int | None = None,
    only_open: bool = False,
    slip_id: int | None = None,
    kind: str = BankItem.Kind.DEPOSIT_SLIP,
) -> RowSet[SlipRow]:
    """Return the visible deposit slips (or transfer batches), open ones first, then by date.

    They are the empty ones, and those with a visible entry.
    """
    accounts = list(books.accounts.values_list("pk", flat=True))
    hidden, hidden_params = hidden_lines(books)
    wanted = [account_id] if account_id in accounts else [] if account_id else accounts
    params: list[Any] = [kind, wanted, *hidden_params, books.sees_all]
    sql = SLIPS.format(hidden=hidden) + (" AND i.closed_at IS NULL" if only_open else "")
    if slip_id is not None:
        sql += " AND i.id = %s"
        params.append(slip_id)
    return RowSet(SlipRow, sql, params, "closed_at IS NOT NULL, date DESC, id DESC")


def slips_of(books: Books, kind: str = BankItem.Kind.DEPOSIT_SLIP) -> "QuerySet[BankItem]":
    """Return the deposit slips (or transfer batches) with a visible entry; to whoever sees all also the empty ones."""
    seen = Q(Exists(books.entries.filter(bank_item=OuterRef("pk"))))
    if books.sees_all:
        seen |= Q(~Exists(JournalEntry.objects.filter(bank_item=OuterRef("pk"))))
    slips = BankItem.objects.filter(kind=kind, trust_account__in=books.accounts)
    return slips.filter(seen).select_related("trust_account")


def receipts_on(books: Books, slip_id: int) -> list[EntryRow]:
    """Return the visible receipts on a slip, or fees in a batch, in the order they were recorded."""
    return list(entry_list(books, EntryFilter(bank_item_id=slip_id), "posted")[:])
