"""The list of payees as a file."""

from disbursements.models import Payee
from ledgers.reports.writer import Column, Sheet

PAYEES_SHEET: Sheet[Payee] = Sheet(
    "payees",
    "Payees",
    (
        Column("Number", lambda row: row.pk, 9),
        Column("Name", lambda row: row.name, 36),
        Column("Kind", lambda row: row.get_kind_display(), 18),
        Column("Usually paid by", lambda row: row.get_default_method_display(), 16),
        Column("Bank", lambda row: str(row.bank or ""), 28),
        Column("E-mail", lambda row: row.email, 28),
        Column("Address", lambda row: row.address.replace("\n", ", "), 44),
        Column("Active", lambda row: "yes" if row.is_active else "no", 8),
    ),
)
