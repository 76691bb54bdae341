"""The tables of the books as files: what their columns are."""

from ledgers.models import JournalEntry
from ledgers.queries.card import CardLine
from ledgers.queries.entries import EntryRow
from ledgers.queries.journals import JournalRow
from ledgers.queries.ledgers import LedgerRow
from ledgers.queries.trial_balance import TrialRow
from ledgers.queries.trust_listing import ListingRow
from ledgers.reports.writer import Column, Sheet

KINDS = dict(JournalEntry.Kind.choices)
METHODS = dict(JournalEntry.Method.choices)


def parts_text(row: EntryRow | JournalRow) -> str:
    """Return the matters of an entry in one cell, with amounts when there are several."""
    if len(row.parts) == 1:
        return row.parts[0].label
    return "; ".join(f"{part.label} {part.amount.amount:.2f}" for part in row.parts)


CARD_SHEET: Sheet[CardLine] = Sheet(
    "ledger-card",
    "Ledger card",
    (
        Column("Date", lambda line: line.book_date, 12),
        Column("Entry", lambda line: line.entry_id, 9),
        Column("Kind", lambda line: KINDS[line.kind], 20),
        Column("Payer or payee", lambda line: line.party, 32),
        Column("Purpose", lambda line: line.purpose or line.memo, 32),
        Column("Method", lambda line: METHODS[line.method], 14),
        Column("Reference", lambda line: line.reference, 16),
        Column("In", lambda line: line.money_in),
        Column("Out", lambda line: line.money_out),
        Column("Balance", lambda line: line.balance),
        Column("Posted at", lambda line: line.posted_at, 24),
        Column("Reverses", lambda line: line.reverses_id),
        Column("Reversed by", lambda line: line.reversed_by_id),
    ),
)
RECEIPTS_SHEET: Sheet[EntryRow] = Sheet(
    "receipts", "Receipts",
    (
        Column("Date", lambda row: row.book_date, 12), Column("Entry", lambda row: row.id, 9),
        Column("Trust account", lambda row: row.account_name, 20), Column("Received from", lambda row: row.party, 32),
        Column("Method", lambda row: METHODS[row.method], 14), Column("Reference", lambda row: row.reference, 16),
        Column("Matters", parts_text, 40), Column("Amount", lambda row: row.bank_amount),
        Column("Deposit slip", lambda row: row.bank_item_id), Column("Recorded by", lambda row: row.posted_by, 22),
        Column("Posted at", lambda row: row.posted_at, 24), Column("Reversed by", lambda row: row.reversed_by_id),
    ),
)  # fmt: skip
LEDGERS_SHEET: Sheet[LedgerRow] = Sheet(
    "client-ledgers", "Client ledgers",
    (
        Column("Matter", lambda row: row.matter_number, 16), Column("Description", lambda row: row.name, 36),
        Column("Client", lambda row: row.client_name, 28), Column("Trust account", lambda row: row.account_name, 20),
        Column("Balance", lambda row: row.balance), Column("Held", lambda row: row.held),
        Column("Available", lambda row: row.available), Column("Deficit", lambda row: row.deficit),
        Column("Last activity", lambda row: row.last_activity_date, 14),
    ),
)  # fmt: skip


def _journal_sheet(name: str, title: str, party: str) -> Sheet[JournalRow]:
    """Return the columns of a journal; `party` is who paid or was paid."""
    return Sheet(
        name,
        title,
        (
            Column("Date", lambda row: row.book_date, 12),
            Column("Entry", lambda row: row.id, 9),
            Column("Kind", lambda row: KINDS[row.kind], 20),
            Column("Trust account", lambda row: row.account_name, 20),
            Column(party, lambda row: row.party, 32),
            Column("Purpose", lambda row: row.purpose, 32),
            Column("Method", lambda row: METHODS[row.method], 14),
            Column("Reference", lambda row: row.reference, 16),
            Column("Matters", parts_text, 40),
            Column("Clients", lambda row: row.clients),
            Column("Firm funds", lambda row: row.firm_funds),
            Column("Unidentified", lambda row: row.unidentified),
            Column("Interest due", lambda row: row.interest_due),
            Column("Amount", lambda row: row.amount),
            Column("Posted by", lambda row: row.posted_by, 22),
        ),
    )


JOURNAL_SHEETS = {
    "receipts": _journal_sheet("receipts-journal", "Receipts journal", "Received from"),
    "disbursements": _journal_sheet("disbursements-journal", "Disbursements journal", "Paid to"),
}
LISTING_SHEET: Sheet[ListingRow] = Sheet(
    "trust-listing",
    "Trust listing",
    (
        Column("Trust account", lambda row: row.account_name, 20),
        Column("Client", lambda row: row.client_name, 30),
        Column("Matter", lambda row: row.matter_number, 16),
        Column("Description", lambda row: row.name, 36),
        Column("Balance", lambda row: row.balance),
        Column("Deficit", lambda row: row.deficit),
    ),
)
TRIAL_SHEET: Sheet[TrialRow] = Sheet(
    "trial-balance",
    "Trial balance",
    (
        Column("Trust account", lambda row: row.account_name, 20),
        Column("Ledger", lambda row: row.name, 30),
        Column("Debit", lambda row: row.debit),
        Column("Credit", lambda row: row.credit),
    ),
)
