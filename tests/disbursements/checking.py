"""How the tests come to payments by check."""

from datetime import date
from typing import Any

from disbursements.checks import issue_checks, set_numbering
from disbursements.models import Check
from ledgers.models import JournalEntry
from ledgers.posting import post_disbursement
from tests.cast import Cast, key, today


def numbered(cast: Cast, first: int = 1001, since: date | None = None) -> None:
    """Let the firm say which number stands on the first sheet in the printer."""
    set_numbering(cast.coordinator, cast.account, first, since or cast.start)


def paid(cast: Cast, cents: int = 4000, on: date | None = None, **changes: Any) -> JournalEntry:
    """Post a payment by check out of Smith's ledger."""
    authority = cast.authority(cast.smith_ledger, cents, **changes)
    posted = post_disbursement(cast.coordinator, key(), authority=authority, book_date=on or today())
    return JournalEntry.objects.select_related("text").get(pk=posted.id)


def issued(cast: Cast, *entries: JournalEntry) -> list[Check]:
    """Number the checks of payments; return them by number."""
    batch = issue_checks(cast.coordinator, key(), cast.account, [entry.pk for entry in entries])
    return list(batch.checks.order_by("number"))


def printed(cast: Cast, cents: int = 4000) -> Check:
    """Post a payment and number its check."""
    (check,) = issued(cast, paid(cast, cents))
    return check


def entry_of(check: Check) -> JournalEntry:
    """Return the payment of a check."""
    return JournalEntry.objects.select_related("text").get(pk=check.entry_id or 0)
