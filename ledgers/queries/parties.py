"""The lists of clients, matters and accounts, and whom a form offers."""

from typing import Any

from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Lower

from firms.models import Person, Role
from firms.people import people_in
from ledgers.access import Books
from ledgers.models import Client, Ledger, Matter, MatterAccount, MatterWall, OperatingAccount, TrustAccount
from ledgers.money import ZERO, CentsField, Money

CLIENT_ORDERS = {"name": Lower("name"), "email": F("email"), "matters": F("matter_count")}
MATTER_ORDERS = {"number": F("number"), "client": Lower("client__name"), "opened": F("opened_date")}


def _ordered(rows: "QuerySet[Any]", orders: dict[str, Any], asked: str, default: str) -> "QuerySet[Any]":
    key = asked.lstrip("-") if asked.lstrip("-") in orders else default
    order = orders[key]
    return rows.order_by(order.desc() if asked.startswith("-") else order.asc(), "pk")


def client_list(books: Books, text: str = "", sort: str = "", *, only_active: bool = False) -> "QuerySet[Client]":
    """Return the visible clients, found by name or e-mail, each with `matter_count`."""
    matters = (
        books.matters.filter(client=OuterRef("pk")).order_by().values("client").annotate(n=Count("pk")).values("n")
    )
    rows = books.clients.annotate(matter_count=Subquery(matters))
    if only_active:
        rows = rows.filter(is_active=True)
    for word in text.split():
        rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return _ordered(rows, CLIENT_ORDERS, sort, "name")


def matter_list(books: Books, text: str = "", status: str = "", sort: str = "") -> "QuerySet[Matter]":
    """Return the visible matters, found by number, description or client."""
    rows = books.matters.select_related("client", "responsible_attorney")
    for word in text.split():
        rows = rows.filter(Q(number__icontains=word) | Q(description__icontains=word) | Q(client__name__icontains=word))
    if status:
        rows = rows.filter(status=status)
    return _ordered(rows, MATTER_ORDERS, sort, "number")


def held_by_matter(books: Books, matters: list[Matter]) -> dict[int, Money]:
    """Return what is held for each of these matters, over all trust accounts."""
    sums = books.ledgers.filter(matter__in=matters).order_by().values("matter").annotate(total=Sum("balance"))
    return {row["matter"]: row["total"] or ZERO for row in sums}


def ledgers_of_matter(books: Books, matter: Matter) -> "QuerySet[Ledger]":
    """Return the matter's ledgers."""
    return books.ledgers.filter(matter=matter).select_related("trust_account").order_by("trust_account__name")


def held_in_ledgers(ledgers: "QuerySet[Ledger]") -> "QuerySet[Ledger]":
    """Add to each ledger what of it is held today."""
    return ledgers.annotate(held=Func(F("pk"), function="held_amount", output_field=CentsField()))


def accounts_of_matter(matter: Matter) -> "QuerySet[MatterAccount]":
    """Return the trust accounts of a matter, the default first."""
    rows = MatterAccount.objects.filter(matter=matter).select_related("trust_account")
    return rows.order_by("-is_default", "-is_active", "trust_account__name")


def walls_of_matter(matter: Matter) -> "QuerySet[MatterWall]":
    """Return the walls that stand and stood around a matter, the newest first."""
    return MatterWall.objects.filter(matter=matter).select_related("person", "raised_by", "lifted_by").order_by("-pk")


def may_be_walled_off() -> "QuerySet[Person]":
    """Return the active people who could see a matter: whom an ethical wall can keep from it."""
    return people_in(*(role for role in Role.values if role != Role.ADMINISTRATOR))


def open_accounts(books: Books) -> "QuerySet[TrustAccount]":
    """Return the trust accounts that are not closed, by name."""
    return books.accounts.filter(closed_date__isnull=True).order_by("name")


def operating_list(books: Books) -> "QuerySet[OperatingAccount]":
    """Return the firm's own accounts."""
    return books.operating_accounts.order_by("name")
