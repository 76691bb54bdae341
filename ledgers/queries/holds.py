"""Holds in a list."""

from typing import Any

from django.db.models import Q, QuerySet

from firms.clock import today
from ledgers.access import Books
from ledgers.models import Hold

SORTS = {
    "until": ("until_date", "id"),
    "-until": ("-until_date", "-id"),
    "amount": ("amount", "id"),
    "-amount": ("-amount", "-id"),
    "placed": ("placed_at", "id"),
    "-placed": ("-placed_at", "-id"),
}


def holds_listed(books: Books, wanted: dict[str, Any], sort: str = "") -> "QuerySet[Hold]":
    """Return the visible holds that fit what is wanted: text, kind, ended ones too."""
    found = books.holds.select_related(
        "ledger__matter__client", "ledger__trust_account", "placed_by", "released_by", "entry"
    )
    if wanted.get("state") != "all":
        found = found.filter(Q(until_date__isnull=True) | Q(until_date__gt=today()), released_at__isnull=True)
    if wanted.get("kind"):
        found = found.filter(kind=wanted["kind"])
    for word in str(wanted.get("text") or "").split():
        found = found.filter(
            Q(reason__icontains=word)
            | Q(ledger__matter__number__icontains=word)
            | Q(ledger__matter__description__icontains=word)
            | Q(ledger__matter__client__name__icontains=word)
        )
    return found.order_by(*SORTS.get(sort, SORTS["-placed"]))
