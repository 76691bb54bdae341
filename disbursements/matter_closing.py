"""Closing that happens by itself, every minute by the worker.

A closing matter of which nothing is left is closed and its final statement sent; a closed one that money came to is
closing again. The database refuses whatever is not over (ledgers/sql/025_closing.sql).

Rule: SPEC flow *Matter close*.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import connection

from disbursements.final_statement import StatementSentAlready, keep_and_tell, statement_pdf
from firms import audit
from firms.refusals import Refusal, translating
from ledgers.closing import move_by_itself
from ledgers.models import Matter
from ledgers.pdf import PdfNotMade

log = logging.getLogger(__name__)
MOST_PER_ROUND = 200
# Money went through it, all is paid out and was seen at the bank, nothing is asked for, unpaid, to bill or to settle.
OVER = """SELECT m.id FROM ledgers_matter m WHERE m.status = 'closing'
    AND EXISTS (SELECT FROM ledgers_ledger g WHERE g.matter_id = m.id AND g.line_count > 0)
    AND NOT EXISTS (SELECT FROM ledgers_ledger g WHERE g.matter_id = m.id AND (g.balance <> 0 OR g.deficit <> 0))
    AND NOT EXISTS (SELECT FROM disbursements_disbursementrequest r JOIN ledgers_ledger g
        ON g.id IN (r.ledger_id, r.destination_ledger_id)
        WHERE g.matter_id = m.id AND r.state IN ('draft', 'awaiting_approval', 'approved_unfunded'))
    AND NOT EXISTS (SELECT FROM billing_timeentry t WHERE t.matter_id = m.id AND t.removed_at IS NULL AND t.is_billable
        AND t.invoice_id IS NULL)
    AND NOT EXISTS (SELECT FROM billing_invoice i WHERE i.matter_id = m.id
        AND i.state IN ('draft', 'issued', 'partly_paid'))
    AND NOT EXISTS (SELECT FROM billing_settlementstatement s WHERE s.matter_id = m.id AND settlement_left(s.id) > 0)
    AND NOT EXISTS (SELECT FROM outstanding_of_matter(m.id)) ORDER BY m.id LIMIT %s"""
# A ledger of it holds more than dated holds explain, or owes.
BACK = """SELECT DISTINCT m.id FROM ledgers_matter m JOIN ledgers_ledger g ON g.matter_id = m.id
    WHERE m.status = 'closed' AND (g.deficit > 0 OR g.balance > (SELECT coalesce(sum(h.amount), 0) FROM ledgers_hold h
        WHERE h.ledger_id = g.id AND h.released_at IS NULL AND h.kind IN ('manual', 'disputed')
          AND h.until_date > firm_today())) ORDER BY m.id LIMIT %s"""
# Closed, all at 0.00, and no statement tells of its last line.
IS_UNTOLD = """m.status = 'closed'
    AND EXISTS (SELECT FROM ledgers_ledger g WHERE g.matter_id = m.id AND g.line_count > 0)
    AND NOT EXISTS (SELECT FROM ledgers_ledger g WHERE g.matter_id = m.id AND (g.balance <> 0 OR g.deficit <> 0))
    AND NOT EXISTS (SELECT FROM disbursements_finalstatement s WHERE s.matter_id = m.id AND s.line_count =
        (SELECT sum(g.line_count) FROM ledgers_ledger g WHERE g.matter_id = m.id))"""
UNTOLD = f"SELECT m.id FROM ledgers_matter m WHERE {IS_UNTOLD} ORDER BY m.closed_date DESC, m.id LIMIT %s"


def follow_closings() -> dict[str, int]:
    """Close what is over, make closing what is not any more, send final statements; return how many of each."""
    close = partial(moved, status=Matter.Status.CLOSED, why="Nothing is left of it")
    take_back = partial(moved, status=Matter.Status.CLOSING, why="Money came to it after it was closed")
    return {"closed": each(OVER, close), "closing": each(BACK, take_back), "told": each(UNTOLD, told)}


def each(question: str, does: Callable[[int], bool]) -> int:
    """Do something with each matter that a question finds, and return how often it was done.

    A matter whose turn fails keeps nothing from the others; it is tried again in the next round.
    """
    done = 0
    for number in asked(question):
        try:
            done += does(number)
        except Exception:
            log.exception("a matter could not be followed", extra={"matter": number})
    return done


def told(number: int) -> bool:
    """Send the final statement of a matter unless somebody was faster; one that cannot be made is tried again."""
    matter = Matter.objects.select_related("client", "responsible_attorney").get(pk=number)
    try:
        made, count = statement_pdf(matter)
        with translating(), audit.acting(None, source="job:closing"):
            keep_and_tell(None, matter, made, count)
    except StatementSentAlready:
        return False
    except (Refusal, PdfNotMade) as problem:
        log.warning("a final statement was not made", extra={"matter": number, "problem": str(problem)})
        return False
    return True


def asked(sql: str) -> list[int]:
    """Return the matters that a question finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [MOST_PER_ROUND])
        return [number for (number,) in cursor.fetchall()]


def moved(number: int, status: Any, why: str) -> bool:
    """Move a matter; what changed meanwhile is asked about again in the next round."""
    with suppress(Refusal), audit.acting(None, source="job:closing"):
        move_by_itself(Matter.objects.get(pk=number), status, why)
        return True
    return False
