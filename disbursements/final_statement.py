"""The itemized final statement of a matter, sent by e-mail and kept as it was sent with its SHA-256.

It tells every line of all ledgers from the first receipt to 0.00, what was paid for the client, fees, and the return.

Rule: SPEC flow *Matter close*.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.template.loader import render_to_string

from disbursements.models import FinalStatement
from firms import outbox
from firms.access import Capability, may
from firms.clock import now
from firms.models import Firm, Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers import pdf
from ledgers.access import books_of
from ledgers.commands import once
from ledgers.models import Ledger, Matter
from ledgers.money import ZERO, Money
from ledgers.queries.card import CardLine, CardRange, CardTotals, card_totals, whole_card
from ledgers.queries.rows import fetch
from ledgers.refusals import BookRefusal
from ledgers.reports.pdfs import MOST_LINES, TooLongForPaper

GROUPS = {
    "received": "Received", "paid": "Paid for you", "fees": "Fees of the firm", "moved": "Moved between your ledgers",
    "returned": "Returned to you",
}  # fmt: skip
# A reversal belongs to what it reverses: what never was true is in no group.
GROUPED = """SELECT CASE
      WHEN coalesce(o.kind, e.kind) IN ('earned_fee', 'fee_put_back') THEN 'fees'
      WHEN coalesce(o.kind, e.kind) = 'return' THEN 'returned'
      WHEN coalesce(o.kind, e.kind) IN ('matter_transfer', 'account_transfer') THEN 'moved'
      WHEN coalesce(o.kind, e.kind) IN ('receipt', 'returned_receipt', 'interest', 'opening_balance', 'deficit_cure')
        THEN 'received'
      ELSE 'paid' END AS name, sum(x.amount)::bigint AS amount
    FROM ledgers_journalline x JOIN ledgers_ledger g ON g.id = x.ledger_id
    JOIN ledgers_journalentry e ON e.id = x.entry_id
    LEFT JOIN ledgers_journalentry o ON o.id = e.reverses_id WHERE g.matter_id = %s GROUP BY 1"""


class StatementTooEarly(BookRefusal):
    """It tells of all to the last cent."""

    code = "statement_too_early"
    sentence = (
        "Matter {matter} is {status} and its ledgers hold {balance}: a final statement tells of a closing or closed "
        "matter whose ledgers are all at 0.00. Pay out what is left first."
    )
    constraints = ("final_statement_tells_something",)


class StatementNotWhole(Refusal):
    """Something was posted while it was made."""

    code = "statement_not_whole"
    sentence = "Something was posted to matter {matter} while its statement was made. Make it again."


class StatementSentAlready(Refusal):
    """The client gets it once."""

    code = "statement_sent_already"
    sentence = (
        "The final statement of matter {matter} went to {address} a moment ago, with all its lines. To send it once "
        "more, wait five minutes; if the address is wrong, correct the client’s and send it again."
    )


@dataclass(frozen=True)
class Group:
    """What the lines of one kind add up to; `label` is what the statement calls them."""

    name: str
    amount: Money

    @property
    def label(self) -> str:
        """What the client reads."""
        return GROUPS[self.name]


@dataclass(frozen=True)
class LedgerTold:
    """One ledger of the statement: its account, every line, and what they add up to."""

    ledger: Ledger
    lines: list[CardLine]
    totals: CardTotals


def statement_pdf(matter: Matter, *, is_preview: bool = False) -> tuple[bytes, int]:
    """Return the statement as it would be made now, and how many lines it tells.

    Raises:
        TooLongForPaper: more lines than a document takes.
    """
    ledgers = list(Ledger.objects.filter(matter=matter).select_related("trust_account").order_by("opened_at", "id"))
    count = sum(ledger.line_count for ledger in ledgers)
    if count > MOST_LINES:
        raise TooLongForPaper(line_count=count, most=MOST_LINES)
    told = [LedgerTold(it, list(whole_card(it)), card_totals(it, CardRange())) for it in ledgers if it.line_count]
    order = list(GROUPS)
    groups = sorted(fetch(Group, GROUPED, [matter.pk]), key=lambda group: order.index(group.name))
    facts: dict[str, Any] = {
        "matter": matter, "told": told, "groups": [group for group in groups if group.amount.amount],
        "balance": sum((it.totals.closing for it in told), ZERO), "is_preview": is_preview, "generated_at": now(),
        "first_day": min((it.lines[0].book_date for it in told), default=None),
        "last_day": max((it.lines[-1].book_date for it in told), default=None), "firm_name": firm_name(),
    }  # fmt: skip
    return pdf.render("pdf/final_statement.html", facts), sum(len(it.lines) for it in told)


def firm_name() -> str:
    """Return the firm's name."""
    return Firm.objects.values_list("name", flat=True).get(pk=1)


@retrying
def send_statement(by: Person, key: str, matter: Matter) -> FinalStatement:
    """Make the final statement of a matter, keep it, and send it to the client.

    Raises:
        StatementTooEarly, StatementNotWhole, StatementSentAlready, TooLongForPaper, NotAllowed, KeyReused, KeyMissing.
    """
    if not may(by, Capability.SEND_REQUESTS) or not books_of(by).matters.filter(pk=matter.pk).exists():
        raise NotAllowed
    made, count = statement_pdf(matter)
    said = {"what": "final_statement", "matter": matter.pk}
    with translating():
        answer = once(by, key, said, lambda: {"statement": keep_and_tell(by, matter, made, count).pk})
    return FinalStatement.objects.get(pk=answer["statement"])


def keep_and_tell(by: Person | None, matter: Matter, made: bytes, count: int) -> FinalStatement:
    """Keep a statement and put its letter into the outbox, in one transaction of the caller's.

    A client without an address makes a letter that cannot be delivered: an exception.
    """
    hashed = hashlib.sha256(made).hexdigest()
    facts = {"matter": matter, "content": made, "sha256": hashed, "line_count": count, "made_by": by, "made_at": now()}
    kept = FinalStatement.objects.create(address=matter.client.email, **facts)
    name = firm_name()
    letter = {
        "to": kept.address, "matter": matter.number, "statement": kept.pk, "sha256": hashed,
        "subject": f"Final statement of your money in trust: {matter.description}",
        "text": render_to_string("email/final_statement.txt", {"matter": matter, "firm": name}),
    }  # fmt: skip
    outbox.tell("mail.final_statement", kept, letter, dedupe=f"mail.final_statement:{kept.pk}")
    return kept


def statement_name(matter: Matter) -> str:
    """Return what the file is called, with nothing in it that a file name may not have."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in matter.number)
    return f"final-statement-{plain}"


def statements_of(matter: Matter) -> list[FinalStatement]:
    """Return the statements of a matter without their bytes, the newest first."""
    return list(FinalStatement.objects.filter(matter=matter).defer("content").select_related("made_by").order_by("-pk"))


def kept_or_preview(matter: Matter) -> bytes:
    """Return the statement as it was sent last; before that a preview, as it would be made now.

    Raises:
        TooLongForPaper.
    """
    kept = FinalStatement.objects.filter(matter=matter).order_by("-pk").first()
    return bytes(kept.content) if kept else statement_pdf(matter, is_preview=True)[0]


def lines_of(matter: Matter) -> int:
    """Return how many lines the ledgers of a matter have."""
    return Ledger.objects.filter(matter=matter).aggregate(count=Sum("line_count"))["count"] or 0
