"""What the search box finds: matters, clients and entries."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from ledgers.access import Books
from ledgers.models import Client
from ledgers.money import parse_money
from ledgers.queries.entries import COLUMNS, FROM, EntryRow, hidden_lines
from ledgers.queries.ledgers import LedgerFilter, LedgerRow, MatterOption, ledger_list, matter_options
from ledgers.queries.rows import fetch, like

MOST = 10


@dataclass(frozen=True)
class Found:
    """What a search found, the best of each kind."""

    text: str
    matters: tuple[MatterOption, ...]
    ledgers: tuple[LedgerRow, ...]
    clients: tuple[Client, ...]
    entries: tuple[EntryRow, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.matters or self.ledgers or self.clients or self.entries)


def search(books: Books, text: str) -> Found:
    """Return matters, ledgers and clients by words, entries by number, payer or payee, reference, or amount."""
    typed = text.strip()[:100]
    if not typed:
        return Found("", (), (), (), ())
    clients = books.clients.filter(name__icontains=typed).order_by("name")[:MOST]
    return Found(
        typed,
        tuple(matter_options(books, typed, MOST)),
        tuple(ledger_list(books, LedgerFilter(text=typed), "-activity")[:MOST]),
        tuple(clients),
        tuple(_entries(books, typed)),
    )


def _entries(books: Books, typed: str) -> list[EntryRow]:
    """Return the newest entries whose number or amount it is, or whose payer, payee or reference holds it anywhere."""
    hidden, hidden_params = hidden_lines(books)
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else None
    amount, words = _cents(typed), like(typed)
    of_amount = "UNION SELECT id FROM ledgers_journalentry WHERE abs(bank_amount) = %s"
    sql = f"""SELECT {COLUMNS} {FROM} WHERE e.id IN (
      SELECT entry_id FROM ledgers_entrytext WHERE party ILIKE %s OR reference ILIKE %s
      UNION SELECT %s::bigint {of_amount if amount is not None else ""})
        AND NOT {hidden} ORDER BY e.id DESC LIMIT %s"""
    found = [words, words, number, *([amount] if amount is not None else [])]
    return fetch(EntryRow, sql, [*found, *hidden_params, MOST])


def _cents(typed: str) -> int | None:
    try:
        return abs(int(parse_money(typed).amount * 100))
    except ValidationError:  # not an amount: it finds none
        return None
