"""A batch of checks as PDF, for check stock with the check on top and two stubs below.

The account number is opened here, for the MICR line, and each time that is written down.
"""

from dataclasses import dataclass

from disbursements import check_queries, micr
from disbursements.amount_words import amount_in_words
from disbursements.check_refusals import NothingToPrint
from disbursements.models import Check, CheckBatch
from firms import audit
from firms.access import Capability, may
from firms.models import Firm, Person
from firms.refusals import NotAllowed
from ledgers import pdf
from ledgers.access import books_of
from ledgers.account_numbers import open_number

LONG, LONGER = 48, 90


@dataclass(frozen=True)
class CheckPage:
    """One sheet: what the template needs beside the check itself."""

    check: Check
    words: str
    micr: str
    size: str


def size_of(text: str) -> str:
    """Return how small a text is set, so that it fits its line: normal, small or tiny."""
    return "normal" if len(text) <= LONG else "small" if len(text) <= LONGER else "tiny"


def check_pdf(person: Person, batch: CheckBatch) -> bytes:
    """Return the checks of a batch that are in force, each on its sheet; the opening of the account number is recorded.

    Raises:
        NothingToPrint: all of them are void or stopped.
        NotAllowed: the person does not print checks.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    account = batch.trust_account
    live = list(check_queries.checks_of(books_of(person), batch).filter(state=Check.State.ISSUED))
    if not live:
        raise NothingToPrint(batch=batch.pk)
    numbers = [check.number for check in live]
    audit.record("export", batch, after={"report": "checks", "format": "pdf", "numbers": numbers})
    opened = open_number(account.uid, account.number_key_id, bytes(account.number_encrypted))
    pages = [
        CheckPage(
            check,
            amount_in_words(check.amount),
            micr.micr_path(check.number, account.routing_number, opened),
            size_of(check.payee),
        )
        for check in live
    ]
    firm = Firm.objects.values_list("name", flat=True).get(id=1)
    return pdf.render("pdf/checks.html", {"pages": pages, "account": account, "firm_name": firm, "batch": batch})
