"""How the tests make invoices."""

from datetime import date, timedelta
from typing import Any

from billing.invoicing import Head, add_line, create_draft, issue
from billing.models import Invoice
from ledgers.models import Matter
from ledgers.money import money
from tests.cast import Cast, key, today


def head(**changes: Any) -> Head:
    """Return the head of an invoice of today, to be paid in 30 days."""
    said: dict[str, Any] = {"date": today(), "due_date": today() + timedelta(days=30), "note": "Thank you"}
    return Head(**(said | changes))


def drafted(cast: Cast, cents: int = 25000, *, until: date | None = None, matter: Matter | None = None) -> Invoice:
    """Begin an invoice with a fee, and with the unbilled time up to a day."""
    draft = create_draft(cast.coordinator, key(), matter or cast.smith_matter, head(), until)
    if not cents:
        return Invoice.objects.get(pk=draft.pk)
    return add_line(cast.coordinator, key(), draft, "fee", today(), "Flat fee, O’Hara", money(cents))


def issued(cast: Cast, cents: int = 25000, **more: Any) -> Invoice:
    """Issue an invoice with a fee."""
    draft = drafted(cast, cents, **more)
    return issue(cast.coordinator, draft, draft.version)
