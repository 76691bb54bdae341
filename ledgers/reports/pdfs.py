"""The books on paper: the ledger card and the trust listing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from firms.clock import now
from firms.models import Firm
from ledgers import pdf
from ledgers.models import Ledger
from ledgers.queries.balances import ledger_balances
from ledgers.queries.card import CardRange, card_totals, whole_card
from ledgers.queries.trust_listing import ListingRow, ListingTotals
from ledgers.refusals import BookRefusal

MOST_LINES = 5000


class TooLongForPaper(BookRefusal):
    """The document would have hundreds of pages.

    Rule: the office's own: a PDF of so many pages is nobody's reading; the CSV has every line.
    """

    code = "too_long_for_paper"
    sentence = (
        "This would print {line_count} lines; a PDF takes at most {most}. Choose a shorter period, or take the CSV."
    )


def _context(**facts: Any) -> dict[str, Any]:
    return {"firm_name": Firm.objects.values_list("name", flat=True).get(id=1), "generated_at": now(), **facts}


def card_pdf(ledger: Ledger, within: CardRange, today: date) -> bytes:
    """Return the ledger card as a PDF.

    Raises:
        TooLongForPaper: more lines than a document takes.
    """
    totals = card_totals(ledger, within)
    if totals.line_count > MOST_LINES:
        raise TooLongForPaper(line_count=totals.line_count, most=MOST_LINES)
    facts = _context(
        ledger=ledger, within=within, totals=totals, lines=whole_card(ledger, within), today=today,
        balances=ledger_balances(ledger, today), account_label=str(ledger.trust_account),
    )  # fmt: skip
    return pdf.render("pdf/ledger_card.html", facts)


def listing_pdf(rows: Iterable[ListingRow], totals: list[ListingTotals], day: date) -> bytes:
    """Return the trust listing as a PDF: positive ledgers, deficits apart, and the proof against the book.

    Raises:
        TooLongForPaper: more ledgers than a document takes.
    """
    count = sum(total.ledger_count + total.deficit_count for total in totals)
    if count > MOST_LINES:
        raise TooLongForPaper(line_count=count, most=MOST_LINES)
    listed = list(rows)
    positive = [row for row in listed if not row.deficit]
    facts = _context(positive=positive, deficits=listed[len(positive) :], totals=totals, day=day)
    return pdf.render("pdf/trust_listing.html", facts)
