"""The second witness: re-adds everything from the lines themselves and returns all findings.

Rule: SPEC I5, I6, I13. A finding stops disbursements until two people let them go on.
"""

from dataclasses import dataclass

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


# Each check selects (subject, expected, found) of rows that are wrong, the first broken one first. Cents are cents.
CHECKS: dict[str, str] = {
    "entry_balanced": """
        SELECT 'entry ' || e.id, e.bank_amount, coalesce(l.total, 0) FROM ledgers_journalentry e
        LEFT JOIN (SELECT entry_id, sum(amount) AS total FROM ledgers_journalline GROUP BY 1) l ON l.entry_id = e.id
        WHERE e.bank_amount IS DISTINCT FROM l.total ORDER BY e.id""",
    "line_in_its_account": """
        SELECT 'line ' || l.id, e.trust_account_id || ' ' || e.book_date, g.trust_account_id || ' ' || l.book_date
        FROM ledgers_journalline l JOIN ledgers_journalentry e ON e.id = l.entry_id JOIN ledgers_ledger g ON g.id = l.ledger_id
        WHERE g.trust_account_id <> e.trust_account_id OR l.book_date <> e.book_date ORDER BY l.id""",
    "ledger_balance": """
        SELECT 'ledger ' || g.id, coalesce(l.total, 0), g.balance FROM ledgers_ledger g
        LEFT JOIN (SELECT ledger_id, sum(amount) AS total FROM ledgers_journalline GROUP BY 1) l ON l.ledger_id = g.id
        WHERE g.balance <> coalesce(l.total, 0) ORDER BY g.id""",
    "ledger_deficit": """
        SELECT 'ledger ' || id, greatest(0, -balance), deficit FROM ledgers_ledger
        WHERE deficit <> greatest(0, -balance) ORDER BY id""",
    "ledger_day": """
        WITH days AS (SELECT ledger_id, book_date, sum(sum(amount)) OVER (PARTITION BY ledger_id ORDER BY book_date) AS total
                        FROM ledgers_journalline GROUP BY 1, 2)
        SELECT 'ledger ' || coalesce(d.ledger_id, s.ledger_id) || ' on ' || coalesce(d.book_date, s.date), d.total, s.balance
        FROM days d FULL JOIN ledgers_ledgerday s ON s.ledger_id = d.ledger_id AND s.date = d.book_date
        WHERE d.total IS DISTINCT FROM s.balance OR s.deficit <> greatest(0, -s.balance) ORDER BY 1""",
    "book_equals_ledgers": """
        SELECT 'trust account ' || a.id || ' on ' || d.day, d.book, d.ledgers FROM ledgers_trustaccount a
        CROSS JOIN LATERAL (
          SELECT day, sum(sum(bank)) OVER (ORDER BY day) AS book, sum(sum(lines)) OVER (ORDER BY day) AS ledgers FROM (
            SELECT e.book_date AS day, e.bank_amount AS bank, 0 AS lines FROM ledgers_journalentry e WHERE e.trust_account_id = a.id
            UNION ALL SELECT l.book_date, 0, l.amount FROM ledgers_journalline l JOIN ledgers_ledger g ON g.id = l.ledger_id
             WHERE g.trust_account_id = a.id) moves GROUP BY day) d
        WHERE d.book <> d.ledgers ORDER BY a.id, d.day""",
    "locked_month": """
        SELECT 'trust account ' || m.trust_account_id || ' ' || to_char(m.first_day, 'YYYY-MM'), m.book_balance, b.total
        FROM ledgers_month m CROSS JOIN LATERAL (SELECT coalesce(sum(e.bank_amount), 0) AS total FROM ledgers_journalentry e
          WHERE e.trust_account_id = m.trust_account_id AND e.book_date < m.first_day + interval '1 month') b
        WHERE m.state = 'locked' AND m.book_balance <> b.total ORDER BY m.trust_account_id, m.first_day""",
    "entry_hash": """
        SELECT 'entry ' || e.id, encode(e.hash, 'hex'), 'other content' FROM ledgers_journalentry e
        WHERE e.hash IS DISTINCT FROM entry_content_hash(e.id, e.kind, e.trust_account_id, e.book_date, e.bank_amount, e.method, e.actor_id,
          e.second_person_id, e.posted_at, e.reverses_id, e.relates_to_id, e.linked_to_id, e.authority_id, e.bank_item_id,
          e.operating_account_id, host(e.source_address), e.request_id, e.text_commitment) ORDER BY e.id""",
    "entry_text": """
        SELECT 'entry ' || e.id, encode(e.text_commitment, 'hex'), CASE WHEN t.entry_id IS NULL THEN 'no text' ELSE 'other text' END
        FROM ledgers_journalentry e LEFT JOIN ledgers_entrytext t ON t.entry_id = e.id
        WHERE t.entry_id IS NULL OR e.text_commitment IS DISTINCT FROM sha256(t.salt || convert_to(jsonb_build_array(
          t.party, t.purpose, t.reference, t.memo, t.advice, t.reason)::text, 'UTF8')) ORDER BY e.id""",
    "ledger_chain": """
        SELECT 'line ' || l.id || ' of ledger ' || l.ledger_id, 'place ' || l.place, 'place ' || l.seq || ', hash ' || encode(l.hash, 'hex')
        FROM (SELECT x.*, lag(x.hash, 1, ''::bytea) OVER w AS before, row_number() OVER w AS place FROM ledgers_journalline x
              WINDOW w AS (PARTITION BY x.ledger_id ORDER BY x.seq)) l JOIN ledgers_journalentry e ON e.id = l.entry_id
        WHERE l.seq <> l.place OR l.hash IS DISTINCT FROM line_hash(l.before, e.hash, l.ledger_id, l.seq, l.amount, l.book_date)
        ORDER BY l.ledger_id, l.seq""",
    "ledger_head": """
        SELECT 'ledger ' || g.id, g.line_count || ' ' || encode(g.head_hash, 'hex'), coalesce(l.n, 0) || ' ' || encode(coalesce(l.head, ''), 'hex')
        FROM ledgers_ledger g LEFT JOIN LATERAL (SELECT seq AS n, hash AS head FROM ledgers_journalline x
          WHERE x.ledger_id = g.id ORDER BY seq DESC LIMIT 1) l ON true
        WHERE g.line_count <> coalesce(l.n, 0) OR g.head_hash IS DISTINCT FROM coalesce(l.head, '') ORDER BY g.id""",
    "authority_used": """
        SELECT 'authority ' || a.id, a.used_amount, coalesce(-u.total, 0) FROM ledgers_spendingauthority a
        LEFT JOIN (SELECT e.authority_id, sum(l.amount) AS total FROM ledgers_journalentry e JOIN ledgers_journalline l ON l.entry_id = e.id
                    WHERE l.amount < 0 GROUP BY 1) u ON u.authority_id = a.id
        WHERE a.used_amount <> coalesce(-u.total, 0) ORDER BY a.id""",
    "outflow_authorized": """
        SELECT 'entry ' || e.id, 'an authority', 'none' FROM ledgers_journalentry e WHERE e.authority_id IS NULL AND e.linked_to_id IS NULL
        AND e.kind IN ('disbursement', 'earned_fee', 'matter_transfer', 'account_transfer', 'return', 'firm_funds_withdrawal') ORDER BY e.id""",
    "seal": """
        SELECT 'seal ' || s.id, encode(s.hash, 'hex'), 'other content' FROM (SELECT x.*, lag(hash, 1, ''::bytea) OVER w AS before,
          lag(up_to_line, 1, 0::bigint) OVER w AS after_line, lag(up_to_audit, 1, 0::bigint) OVER w AS after_audit
          FROM ledgers_seal x WINDOW w AS (ORDER BY id)) s
        WHERE s.hash IS DISTINCT FROM seal_hash(s.before, s.after_line, s.up_to_line, s.after_audit, s.up_to_audit) ORDER BY s.id""",
}


def _book_findings() -> list[Finding]:
    found = []
    with connection.cursor() as cursor:
        for check, sql in CHECKS.items():
            cursor.execute(f"{sql} LIMIT {WORST_FIRST}")
            found += [Finding(check, str(subject), str(expected), str(seen)) for subject, expected, seen in cursor.fetchall()]
    return found


def findings() -> list[Finding]:
    """Return everything that is wrong with the books, the audit trail or the database's own rules; empty when all is well.

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
