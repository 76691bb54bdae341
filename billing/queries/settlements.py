"""Settlement statements: which somebody sees, lists of them, their lines, and what is held for them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from billing.settlement_models import SettlementLine, SettlementState, SettlementStatement
from firms.models import Person
from ledgers.access import Books, books_of
from ledgers.holds import available_balance
from ledgers.models import Ledger, Matter, MatterWall
from ledgers.money import ZERO, Money

SORTS = {
    "date": ("date", "id"), "-date": ("-date", "-id"), "number": ("number", "id"), "-number": ("-number", "-id"),
    "client": (Lower("matter__client__name"), "-date", "-id"),
    "-client": (Lower("matter__client__name").desc(), "-date", "-id"), "gross": ("gross", "id"),
    "-gross": ("-gross", "-id"), "share": ("share", "id"), "-share": ("-share", "-id"),
}  # fmt: skip


@dataclass(frozen=True)
class SettlementFilter:
    """Which statements: of a matter, in a state, of a range of days, found by words."""

    matter_id: int | None = None
    matter_number: str = ""
    state: str = ""
    from_date: date | None = None
    to_date: date | None = None
    text: str = ""

    def condition(self) -> Q:
        """Return it as a condition; void ones show only when they are asked for."""
        found = Q(state=self.state) if self.state else ~Q(state=SettlementState.VOID)
        asked = {
            "matter": self.matter_id, "matter__number__iexact": self.matter_number, "date__gte": self.from_date,
            "date__lte": self.to_date,
        }  # fmt: skip
        found &= Q(**{name: value for name, value in asked.items() if value})
        for word in self.text.split():
            found &= (
                Q(number__icontains=word) | Q(matter__number__icontains=word) | Q(matter__description__icontains=word)
                | Q(matter__client__name__icontains=word) | Q(received_from__icontains=word)
            )  # fmt: skip
        return found


@dataclass(frozen=True)
class SettlementTotals:
    """How many statements, and what they come to."""

    count: int
    gross: Money
    firms_part: Money
    share: Money


def visible_settlements(books: Books) -> "QuerySet[SettlementStatement]":
    """Return the settlement statements of matters that the person may see."""
    return SettlementStatement.objects.filter(Exists(books.matters.filter(pk=OuterRef("matter_id"))))


def with_names(found: "QuerySet[SettlementStatement]") -> "QuerySet[SettlementStatement]":
    """Fetch along what a list or a page shows of each."""
    return found.select_related(
        "matter__client", "matter__responsible_attorney", "created_by", "issued_by", "voided_by"
    )


def settlement_list(books: Books, wanted: SettlementFilter, sort: str = "") -> "QuerySet[SettlementStatement]":
    """Return the visible statements that fit, newest first unless sorted."""
    found = visible_settlements(books).filter(wanted.condition())
    return with_names(found).order_by(*SORTS.get(sort, SORTS["-date"]))


def settlement_totals(books: Books, wanted: SettlementFilter) -> SettlementTotals:
    """Return what the statements that fit add up to."""
    found: dict[str, Any] = visible_settlements(books).filter(wanted.condition()).order_by().aggregate(
        n=Count("pk"), all_gross=Sum("gross"), all_fee=Sum("fee"), all_costs=Sum("costs"), all_share=Sum("share")
    )  # fmt: skip
    own = (found["all_fee"] or ZERO) + (found["all_costs"] or ZERO)
    return SettlementTotals(found["n"], found["all_gross"] or ZERO, own, found["all_share"] or ZERO)


def settlement_of(person: Person, settlement_id: int) -> "QuerySet[SettlementStatement]":
    """Return one statement, if the person may see it."""
    return with_names(visible_settlements(books_of(person))).filter(pk=settlement_id)


def deductions_of(it: SettlementStatement, kind: str = "") -> "list[SettlementLine]":
    """Return the lines in the order in which they were written: all, or those of a kind."""
    found = SettlementLine.objects.filter(statement=it, is_removed=False).order_by("pk")
    return list(found.filter(kind=kind) if kind else found)


def deduction_of(person: Person, settlement_id: int, line_id: int) -> "QuerySet[SettlementLine]":
    """Return one line of a statement, if the person may see it."""
    seen = settlement_of(person, settlement_id).order_by().values("pk")
    found = SettlementLine.objects.filter(statement__in=seen, pk=line_id, is_removed=False)
    return found.select_related("statement__matter")


def settlements_of(matter: Matter) -> "list[SettlementStatement]":
    """Return the statements of a matter that are not void, newest first."""
    found = SettlementStatement.objects.filter(matter=matter).exclude(state=SettlementState.VOID)
    return list(found.order_by("-date", "-pk"))


def money_held(matter: Matter) -> tuple[Money, Money]:
    """Return what is held in trust for a matter over all accounts, and what of it is available now."""
    ledgers = list(Ledger.objects.filter(matter=matter))
    held = sum((ledger.balance for ledger in ledgers), ZERO)
    return held, sum((available_balance(ledger) for ledger in ledgers), ZERO)


def hidden_from(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return the statements that a wall keeps from a person; nothing for whoever stands behind none."""
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True)
    if not walled.exists():
        return {}
    hidden = SettlementStatement.objects.filter(Exists(walled.filter(matter=OuterRef("matter_id"))))
    return {"billing_settlementstatement": hidden}
