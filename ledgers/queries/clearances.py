"""What the bank has shown of what somebody sees."""

from typing import Any

from django.db.models import QuerySet

from ledgers.access import Books
from ledgers.models import Clearance, JournalEntry


def clearances(books: Books, wanted: dict[str, Any]) -> "QuerySet[Clearance]":
    """Return the clearances of visible entries, newest first: of an account, of an entry, in force or undone too."""
    found = Clearance.objects.filter(entry__in=books.entries)
    if wanted.get("trust_account"):
        found = found.filter(entry__trust_account=wanted["trust_account"])
    if wanted.get("entry"):
        found = found.filter(entry=wanted["entry"])
    if wanted.get("in_force"):
        found = found.filter(undone_at__isnull=True)
    return found.order_by("-pk")


def clearance_of(entry: JournalEntry) -> Clearance | None:
    """Return the clearance of an entry that is in force; None while it is outstanding."""
    return entry.clearances.select_related("recorded_by").filter(undone_at__isnull=True).first()
