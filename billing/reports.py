"""Time and invoices as files: what their columns are."""

from billing.models import Invoice, TimeEntry
from billing.queries.invoices import lines_of
from firms.models import Firm
from ledgers import pdf
from ledgers.reports.writer import Column, Sheet


def state_of(entry: TimeEntry) -> str:
    """Return where a time entry stands, in words."""
    if entry.removed_at:
        return "Taken out"
    if entry.invoice is not None:
        return str(entry.invoice)
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
INVOICE_SHEET: Sheet[Invoice] = Sheet(
    "invoices", "Invoices",
    (
        Column("Number", lambda row: row.number, 16), Column("Date", lambda row: row.date, 12),
        Column("To be paid by", lambda row: row.due_date, 14), Column("Matter", lambda row: row.matter.number, 16),
        Column("Matter name", lambda row: row.matter.description, 36),
        Column("Client", lambda row: row.client_name or row.matter.client.name, 28),
        Column("State", lambda row: row.get_state_display(), 12), Column("Total", lambda row: row.total),
        Column("Paid", lambda row: row.paid), Column("Open", lambda row: row.open_amount),
    ),
)  # fmt: skip


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return an invoice on paper: the same bytes each time, so that what was sent can be compared."""
    firm = Firm.objects.values_list("name", flat=True).get(id=1)
    facts = {"it": invoice, "lines": list(lines_of(invoice)), "firm_name": firm, "generated_at": invoice.issued_at}
    return pdf.render("pdf/invoice.html", facts)
