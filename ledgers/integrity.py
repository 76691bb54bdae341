"""The second witness: re-adds everything from the lines themselves and returns all findings.

Rule: SPEC I5, I6, I13. A finding stops disbursements until two people let them go on.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from firms.audit import record, verify_audit_chain
from firms.outbox import tell
from ledgers.calls import call
from ledgers.schema import deviations

WORST_FIRST = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be: which check, which row, what was expected, what was found."""

    check: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.check}: {self.subject}: expected {self.expected}, found {self.found}"


def checks() -> dict[str, str]:
    """Return the checks of `integrity.sql` by name: statements that give (subject, expected, found)."""
    parts = re.split(r"^-- check: (\w+)$", Path(__file__).with_name("integrity.sql").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _book_findings() -> list[Finding]:
    found = []
    with connection.cursor() as cursor:
        for check, sql in checks().items():
            cursor.execute(f"{sql} LIMIT {WORST_FIRST}")
            found += [
                Finding(check, str(subject), str(expected), str(seen)) for subject, expected, seen in cursor.fetchall()
            ]
    return found


def findings() -> list[Finding]:
    """Return everything that is wrong with the books, the audit trail or the database's rules; empty if all is well.

    Reads one snapshot; takes time in proportion to the books.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL statement_timeout = 0")
        found = _book_findings()
        broken = verify_audit_chain()
    if broken is not None:
        found.append(Finding("audit_chain", f"audit link {broken.seq}", "an unbroken chain", broken.problem))
    return found + [Finding("release", name, "as released", state) for name, state in deviations()]


def check_and_record() -> list[Finding]:
    """Look for findings, write the outcome to the audit trail, and stop disbursements if there are any."""
    found = findings()
    with transaction.atomic():
        outcome = {"findings": [str(finding) for finding in found[:WORST_FIRST]], "count": len(found)}
        event = record("integrity_checked", after=outcome)
        if found:
            call("SELECT stop_disbursements(%s)", f"The integrity check found: {found[0]}.")
            tell("integrity_finding", None, outcome, dedupe=f"integrity:{event}")
    return found
