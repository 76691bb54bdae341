"""Settlement statements as files: the list, and one of them on paper with the lines for the signatures."""

from billing.queries.settlements import deductions_of
from billing.settlement_models import SettlementLine, SettlementStatement
from firms.models import Firm
from ledgers import pdf
from ledgers.reports.writer import Column, Sheet

SETTLEMENT_SHEET: Sheet[SettlementStatement] = Sheet(
    "settlements", "Settlement statements",
    (
        Column("Number", lambda row: row.number, 16), Column("Date", lambda row: row.date, 12),
        Column("Matter", lambda row: row.matter.number, 16),
        Column("Matter name", lambda row: row.matter.description, 36),
        Column("Client", lambda row: row.client_name or row.matter.client.name, 28),
        Column("Recovered from", lambda row: row.received_from, 36),
        Column("State", lambda row: row.get_state_display(), 18), Column("Gross", lambda row: row.gross),
        Column("Fee", lambda row: row.fee), Column("Costs", lambda row: row.costs),
        Column("Liens", lambda row: row.liens), Column("Client’s share", lambda row: row.share),
    ),
)  # fmt: skip


def settlement_pdf(it: SettlementStatement) -> bytes:
    """Return a statement on paper, to be signed: the same bytes each time, so that what was signed can be compared."""
    firm = Firm.objects.values_list("name", flat=True).get(id=1)
    facts = {
        "it": it, "costs": deductions_of(it, SettlementLine.Kind.COST),
        "liens": deductions_of(it, SettlementLine.Kind.LIEN), "firm_name": firm, "generated_at": it.issued_at,
    }  # fmt: skip
    return pdf.render("pdf/settlement.html", facts)
