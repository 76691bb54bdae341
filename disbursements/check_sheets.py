"""The check register and the outstanding checks as files."""

from disbursements.check_register import STATES, Outstanding, RegisterLine
from ledgers.queries.entries import Part
from ledgers.reports.writer import Column, Sheet


def paid_for(parts: tuple[Part, ...]) -> str:
    """Return for whom a payment is, in one cell."""
    return "; ".join(f"{part.label} {part.name} {part.client_name}".strip() for part in parts)


REGISTER_SHEET: Sheet[RegisterLine] = Sheet(
    "check-register",
    "Check register",
    (
        Column("Date", lambda row: row.on_date, 12),
        Column("Check", lambda row: row.number, 12),
        Column("Payee", lambda row: row.payee, 36),
        Column("Matter and client", lambda row: paid_for(row.parts), 44),
        Column("Purpose or reason", lambda row: row.purpose, 32),
        Column("State", lambda row: row.state_label, 16),
        Column("Cleared", lambda row: row.cleared_on, 12),
        Column("Amount", lambda row: row.amount),
        Column("In the books", lambda row: row.effect),
        Column("Balance", lambda row: row.balance),
        Column("Entry", lambda row: row.entry_id, 9),
    ),
)
OUTSTANDING_SHEET: Sheet[Outstanding] = Sheet(
    "outstanding-checks",
    "Outstanding checks",
    (
        Column("Date", lambda row: row.on_date, 12),
        Column("Check", lambda row: row.number, 12),
        Column("Payee", lambda row: row.payee, 36),
        Column("Matter and client", lambda row: paid_for(row.parts), 44),
        Column("State", lambda row: STATES[row.state], 14),
        Column("Days", lambda row: row.days, 8),
        Column("Up to 90 days", lambda row: row.amount if row.age == 0 else None),
        Column("91 to 180 days", lambda row: row.amount if row.age == 90 else None),
        Column("Over 180 days", lambda row: row.amount if row.age == 180 else None),
        Column("Entry", lambda row: row.entry_id, 9),
    ),
)
