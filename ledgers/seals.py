"""Seals over the books: what is sealed cannot be changed without the next integrity run naming it."""

from ledgers.calls import call
from ledgers.models import Seal


def seal_books() -> Seal | None:
    """Seal what is older than every running transaction; None when there is nothing new or one is still running."""
    number = call("SELECT seal_books()")
    return Seal.objects.get(pk=number) if number else None
