"""Time and invoices as files: what their columns are."""

from billing.models import TimeEntry
from ledgers.reports.writer import Column, Sheet


def state_of(entry: TimeEntry) -> str:
    """Return where a time entry stands, in words."""
    if entry.removed_at:
        return "Taken out"
    return "Unbilled" if entry.is_billable else "Not billable"


TIME_SHEET: Sheet[TimeEntry] = Sheet(
    "time-entries", "Time entries",
    (
        Column("Date", lambda row: row.date, 12), Column("Person", lambda row: row.person.full_name, 24),
        Column("Matter", lambda row: row.matter.number, 16),
        Column("Matter name", lambda row: row.matter.description, 36),
        Column("Client", lambda row: row.matter.client.name, 28), Column("Hours", lambda row: row.hours, 9),
        Column("Rate", lambda row: row.rate), Column("Amount", lambda row: row.amount),
        Column("Billable", lambda row: "yes" if row.is_billable else "no", 10),
        Column("Narrative", lambda row: row.narrative, 60), Column("State", state_of, 14),
    ),
)  # fmt: skip
