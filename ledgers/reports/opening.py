"""The opening import as files: what is wrong, and the proof per client."""

from ledgers.models import OpeningProblem
from ledgers.opening.proof import ClientProof
from ledgers.reports.writer import Column, Sheet

PROBLEMS_SHEET: Sheet[OpeningProblem] = Sheet(
    "import-errors",
    "Import errors",
    (
        Column("File", lambda row: row.get_part_display(), 18),
        Column("Row", lambda row: row.line, 8),
        Column("Column", lambda row: row.column, 20),
        Column("In the file", lambda row: row.value, 24),
        Column("Severity", lambda row: "Warning" if row.is_warning else "Error", 10),
        Column("What is wrong", lambda row: row.wrong, 60),
        Column("What to do", lambda row: row.remedy, 60),
    ),
)
PROOF_SHEET: Sheet[ClientProof] = Sheet(
    "import-proof",
    "Import proof",
    (
        Column("Client", lambda row: row.client, 36),
        Column("Matters", lambda row: row.matters, 9),
        Column("In the source", lambda row: row.source),
        Column("Loaded", lambda row: row.loaded),
        Column("Difference", lambda row: row.difference),
    ),
)
