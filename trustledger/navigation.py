"""Where one can go: the sidebar, its counts and its keyboard shortcuts, per role.

An entry shows when its page exists (the url name resolves) and the person holds one of its roles. To add a page, add
an Entry; to show a number beside it, give `count`: a function of the person, asked once per page, only when shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from firms.audit import current_actor
from firms.models import Firm, Person, Role

COORDINATOR = frozenset({Role.COORDINATOR})
READERS = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.PARTNER, Role.AUDITOR})
BOOKS = READERS | {Role.ATTORNEY}
EVERYONE: frozenset[str] = frozenset(Role.values)


@dataclass(frozen=True)
class Entry:
    """One page in the sidebar."""

    label: str
    icon: str
    url_name: str
    roles: frozenset[str] = EVERYONE
    shortcut: str = ""
    count: Callable[[Person], int] | None = None


@dataclass(frozen=True)
class Section:
    """A heading and its entries."""

    label: str
    entries: tuple[Entry, ...]


SECTIONS = (
    Section(
        "",
        (
            Entry("Exceptions", "layout-dashboard", "exceptions", READERS, "g e"),
            Entry("Waiting for me", "checklist", "waiting", EVERYONE, "g w"),
        ),
    ),
    Section(
        "Money",
        (
            Entry("Receipts", "receipt", "receipts", BOOKS, "g r"),
            Entry("Disbursements", "cash", "disbursements", BOOKS, "g d"),
            Entry("Transfers", "arrows-exchange", "transfers", BOOKS, "g t"),
            Entry("Holds", "hand-stop", "holds", BOOKS, "g h"),
        ),
    ),
    Section(
        "Books",
        (
            Entry("Client ledgers", "users-group", "client_ledgers", BOOKS, "g l"),
            Entry("Matters", "briefcase", "matters", BOOKS, "g m"),
            Entry("Clients", "users", "clients", BOOKS, "g c"),
            Entry("Trust accounts", "building-bank", "trust_accounts", BOOKS, "g a"),
            Entry("Reconciliation", "scale", "reconciliation", READERS, "g k"),
            Entry("Reports", "report-analytics", "reports", READERS, "g p"),
            Entry("Opening import", "file-import", "imports", READERS, "g i"),
        ),
    ),
    Section(
        "Firm",
        (
            Entry("Audit trail", "shield-check", "audit_events", READERS | {Role.ADMINISTRATOR}, "g y"),
            Entry("People", "user", "people", frozenset({Role.ADMINISTRATOR, Role.PARTNER}), "g u"),
            Entry("Settings", "settings", "firm_settings", frozenset({Role.ADMINISTRATOR, Role.PARTNER}), "g s"),
            Entry("Mailbox", "mailbox", "demo_mailbox", EVERYONE, "g b"),
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    """One entry as this person sees it now."""

    label: str
    icon: str
    url: str
    shortcut: str
    is_current: bool
    count: int


@dataclass(frozen=True)
class Shell:
    """What every page shows around its content."""

    firm_name: str
    roles: tuple[str, ...]
    sections: tuple[tuple[str, tuple[Link, ...]], ...]
    search_url: str
    demo: bool = field(default=False)


def url_or_none(name: str) -> str:
    """Return the address of a page, or nothing while the page does not exist."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def roles_of(person: Person) -> tuple[Role, ...]:
    """Return the roles a person holds today, in the order of the roles."""
    held = set(
        person.role_grants.filter(revoked_at__isnull=True)
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gte=timezone.localdate()))
        .values_list("role", flat=True)
    )
    return tuple(role for role in Role if role.value in held)


def links_of(person: Person, roles: frozenset[str], path: str) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    """Return the sections with the pages this person may open; the current one is the longest that begins the path."""
    shown = [
        (section.label, entry, url)
        for section in SECTIONS
        for entry in section.entries
        if entry.roles & roles and (url := url_or_none(entry.url_name))
    ]
    current = max((url for _, _, url in shown if path.startswith(url)), key=len, default="")
    found: dict[str, list[Link]] = {}
    for label, entry, url in shown:
        count = entry.count(person) if entry.count else 0
        link = Link(entry.label, entry.icon, url, entry.shortcut, url == current, count)
        found.setdefault(label, []).append(link)
    return tuple((label, tuple(links)) for label, links in found.items())


def shell_of(request: HttpRequest) -> Shell:
    """Return what stands around the page for the person who asks."""
    firm = Firm.objects.filter(id=1).values_list("name", flat=True).first() or "TrustLedger"
    person = request.user
    if not isinstance(person, Person):
        return Shell(firm, (), (), "", settings.DEMO)
    roles = roles_of(person)
    sections = links_of(person, frozenset(role.value for role in roles), request.path)
    labels = tuple(str(role.label) for role in roles)
    return Shell(firm, labels, sections, url_or_none("search"), settings.DEMO)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every template `shell` (context processor); asked only by pages that show it."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request)), "request_id": current_actor().request_id}
