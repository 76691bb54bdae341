"""Which part of the books a person sees. Every page and API view obtains its objects through `books_of`.

Coordinator, trust supervisor, managing partner and auditor see all matters; an attorney sees those of which he or she
is the responsible, billing or alternate attorney, and during a recorded absence those of the attorney he or she stands
in for; a firm administrator sees none. A matter behind an ethical wall does
not exist for the person walled off, whatever the role.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

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
COLUMN = "%(expressions)s"  # as Func names what it is about
UNWALLED = """NOT EXISTS (SELECT FROM ledgers_matterwall w
    WHERE w.person_id = {person} AND w.lifted_at IS NULL AND w.matter_id = {matter})"""
STOOD_IN_FOR = """SELECT a.person_id FROM firms_absence a
    WHERE a.delegate_id = {person} AND a.ended_at IS NULL AND firm_today() BETWEEN a.first_day AND a.last_day"""
WITHOUT_MATTER = "NOT EXISTS (SELECT FROM ledgers_matter m WHERE m.client_id = %(expressions)s)"


def condition(column: str, sql: str) -> Func:
    """Return a condition on a column as finished SQL, which Django does not build anew in each query it is part of."""
    return Func(F(column), template=sql, output_field=BooleanField())


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
    def _of_matters(self) -> str:
        """Return which matters are seen, in SQL, of the row `m`."""
        unwalled = UNWALLED.format(person=self.person.pk or 0, matter="m.id")
        if self.sees_all:
            return unwalled
        if Role.ATTORNEY not in self.roles:
            return "FALSE"
        whose = f"ARRAY(SELECT {self.person.pk:d} UNION ALL {STOOD_IN_FOR.format(person=self.person.pk)})"
        return "(" + " OR ".join(f"m.{seat}_id = ANY ({whose})" for seat in SEATS) + f") AND {unwalled}"

    def _sees(self, matter: str) -> str:
        """Return whether what belongs to a matter is seen, in SQL, of a column with the matter's number or none."""
        if self.sees_all:
            return UNWALLED.format(person=self.person.pk or 0, matter=matter)
        return f"EXISTS (SELECT FROM ledgers_matter m WHERE m.id = {matter} AND {self._of_matters})"

    @property
    def matters(self) -> "QuerySet[Matter]":
        """Return the matters the person may see."""
        return Matter.objects.filter(condition("pk", self._sees(COLUMN)))

    @property
    def clients(self) -> "QuerySet[Client]":
        """Return clients of visible matters and, for whoever sees all, those without any matter."""
        seen = f"EXISTS (SELECT FROM ledgers_matter m WHERE m.client_id = {COLUMN} AND {self._of_matters})"
        if self.sees_all:
            return Client.objects.filter(Q(condition("pk", seen)) | Q(condition("pk", WITHOUT_MATTER)))
        return Client.objects.filter(condition("pk", seen))

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
        return Ledger.objects.filter(condition("matter_id", self._sees(COLUMN)))

    @cached_property
    def _in_ledger(self) -> Func:
        seen = self._sees("g.matter_id")
        return condition("ledger_id", f"EXISTS (SELECT FROM ledgers_ledger g WHERE g.id = {COLUMN} AND {seen})")

    @property
    def lines(self) -> "QuerySet[JournalLine]":
        """Return the lines of visible ledgers."""
        return JournalLine.objects.filter(self._in_ledger)

    @property
    def entries(self) -> "QuerySet[JournalEntry]":
        """Return entries all of whose lines are in visible ledgers: a walled matter shows through nobody's."""
        hidden = (
            "SELECT FROM ledgers_journalline l JOIN ledgers_ledger g ON g.id = l.ledger_id "
            f"WHERE l.entry_id = {COLUMN} AND NOT ({self._sees('g.matter_id')})"
        )
        return JournalEntry.objects.filter(condition("pk", f"NOT EXISTS ({hidden})"))

    @property
    def holds(self) -> "QuerySet[Hold]":
        """Return the holds in visible ledgers."""
        return Hold.objects.filter(self._in_ledger)


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
