"""Which part of the books a person sees. Every page and API view obtains its objects through `books_of`.

Coordinator, trust supervisor, managing partner and auditor see all matters; an attorney sees those of which he or she
is the responsible, billing or alternate attorney, and during a recorded absence those of the attorney he or she stands
in for; a firm administrator sees none. A matter behind an ethical wall does
not exist for the person walled off, whatever the role.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from firms.absences import stood_in_for
from firms.access import roles_of
from firms.models import Person, Role
from ledgers.models import (
    BankItem,
    Client,
    Hold,
    JournalEntry,
    JournalLine,
    Ledger,
    Matter,
    MatterWall,
    OperatingAccount,
    TrustAccount,
)

SEATS = ("responsible_attorney", "billing_attorney", "alternate_attorney")
SEES_ALL = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.PARTNER, Role.AUDITOR})


@dataclass(frozen=True)
class Books:
    """The books as one person may see them: querysets, already narrowed."""

    person: Person
    roles: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Whether the person's roles open every matter (but for walls)."""
        return bool(self.roles & SEES_ALL)

    @cached_property
    def _walled(self) -> "QuerySet[MatterWall]":
        return MatterWall.objects.filter(person=self.person, lifted_at__isnull=True)

    @property
    def matters(self) -> "QuerySet[Matter]":
        """Return the matters the person may see."""
        everything = Matter.objects.filter(~Exists(self._walled.filter(matter=OuterRef("pk"))))
        if self.sees_all:
            return everything
        if Role.ATTORNEY not in self.roles:
            return everything.none()
        away = stood_in_for(self.person).order_by().values("person")
        mine = Q()
        for seat in SEATS:
            mine |= Q(**{seat: self.person}) | Q(**{f"{seat}__in": away})
        return everything.filter(mine)

    @property
    def clients(self) -> "QuerySet[Client]":
        """Return clients of visible matters and, for whoever sees all, those without any matter."""
        seen = Exists(self.matters.filter(client=OuterRef("pk")))
        if self.sees_all:
            return Client.objects.filter(seen | ~Exists(Matter.objects.filter(client=OuterRef("pk"))))
        return Client.objects.filter(seen)

    @property
    def accounts(self) -> "QuerySet[TrustAccount]":
        """Return the trust accounts."""
        return (
            TrustAccount.objects.all() if self.sees_all or Role.ATTORNEY in self.roles else TrustAccount.objects.none()
        )

    @property
    def operating_accounts(self) -> "QuerySet[OperatingAccount]":
        """Return the operating accounts."""
        return OperatingAccount.objects.all() if self.sees_all else OperatingAccount.objects.none()

    @property
    def ledgers(self) -> "QuerySet[Ledger]":
        """Return client ledgers of visible matters, and special ledgers for whoever sees all."""
        seen = Exists(self.matters.filter(pk=OuterRef("matter_id")))
        if self.sees_all:
            return Ledger.objects.filter(Q(matter__isnull=True) | seen)
        return Ledger.objects.filter(seen)

    @property
    def lines(self) -> "QuerySet[JournalLine]":
        """Return the lines of visible ledgers."""
        return JournalLine.objects.filter(Exists(self.ledgers.filter(pk=OuterRef("ledger_id"))))

    @property
    def entries(self) -> "QuerySet[JournalEntry]":
        """Return entries all of whose lines are in visible ledgers: a walled matter shows through nobody's."""
        hidden = JournalLine.objects.filter(entry=OuterRef("pk")).exclude(
            Exists(self.ledgers.filter(pk=OuterRef("ledger_id")))
        )
        return JournalEntry.objects.filter(~Exists(hidden)) if self.person.pk else JournalEntry.objects.none()

    @property
    def holds(self) -> "QuerySet[Hold]":
        """Return the holds in visible ledgers."""
        return Hold.objects.filter(Exists(self.ledgers.filter(pk=OuterRef("ledger_id"))))


def books_of(person: Person) -> Books:
    """Return the books as this person may see them now."""
    return Books(person, roles_of(person) if person.is_active else frozenset())


def hidden_from(person: Person) -> dict[str, "QuerySet[Any]"]:
    """Return, by table, what of the books a wall keeps from a person; nothing for whoever stands behind none."""
    walled = MatterWall.objects.filter(person=person, lifted_at__isnull=True)
    if not walled.exists():
        return {}
    matters = Matter.objects.filter(Exists(walled.filter(matter=OuterRef("pk"))))
    own = Exists(matters.filter(client=OuterRef("pk")))
    open_too = Exists(Matter.objects.exclude(pk__in=matters.values("pk")).filter(client=OuterRef("pk")))
    ledgers = Ledger.objects.filter(matter__in=matters.values("pk"))
    lines = JournalLine.objects.filter(ledger__in=ledgers.values("pk"))
    entries = JournalEntry.objects.filter(Exists(lines.filter(entry=OuterRef("pk"))))
    shown = JournalEntry.objects.exclude(pk__in=entries.values("pk")).filter(bank_item=OuterRef("pk"))
    return {
        "ledgers_matter": matters,
        "ledgers_client": Client.objects.filter(own, ~open_too),
        "ledgers_ledger": ledgers,
        "ledgers_journalentry": entries,
        "ledgers_bankitem": BankItem.objects.filter(Exists(entries.filter(bank_item=OuterRef("pk"))), ~Exists(shown)),
    }
