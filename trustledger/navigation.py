"""Where one can go: the sidebar, its counts and its keyboard shortcuts, per role.

An entry shows when its page exists (the url name resolves) and the page's own policy (`firms.access`) lets the person
in. To add a page, add an Entry; for a number beside it give `count`: a function of the person, asked once per page.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, URLResolver, get_resolver, get_urlconf, reverse
from django.utils.functional import SimpleLazyObject

from disbursements.waiting import waiting_count
from firms.access import Policy, roles_of
from firms.audit import current_actor
from firms.gate import needs_second_factor, policy_of
from firms.models import Person, Role
from firms.proposals import waiting_for


@dataclass(frozen=True)
class Entry:
    """One page in the sidebar."""

    label: str
    icon: str
    url_name: str
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
            Entry("Exceptions", "layout-dashboard", "exceptions", "g e"),
            Entry("Waiting for me", "checklist", "waiting", "g w", waiting_count),
            Entry("Confirmations", "circle-check", "proposals", "g o", lambda person: waiting_for(person).count()),
        ),
    ),
    Section(
        "Money",
        (
            Entry("Receipts", "receipt", "receipts", "g r"),
            Entry("Disbursements", "cash", "disbursements", "g d"),
            Entry("Checks", "printer", "checks", "g g"),
            Entry("Transfers", "arrows-exchange", "transfers", "g t"),
            Entry("Holds", "hand-stop", "holds", "g h"),
            Entry("Bank events", "building-bank", "bank_events", "g v"),
            Entry("Low balances", "wallet", "low_balances", "g b"),
        ),
    ),
    Section(
        "Billing",
        (
            Entry("Time", "clock", "time_entries", "g z"),
            Entry("Invoices", "file-invoice", "invoices", "g j"),
            Entry("Settlements", "gavel", "settlements"),
            Entry("Earned in trust", "coins", "earned_in_trust"),
        ),
    ),
    Section(
        "Books",
        (
            Entry("Client ledgers", "users-group", "client_ledgers", "g l"),
            Entry("Matters", "briefcase", "matters", "g m"),
            Entry("Clients", "users", "clients", "g c"),
            Entry("Payees", "user-check", "payees", "g f"),
            Entry("Trust accounts", "building-bank", "trust_accounts", "g a"),
            Entry("Reconciliation", "scale", "reconciliation", "g k"),
            Entry("Reports", "report-analytics", "reports", "g p"),
            Entry("Opening import", "file-import", "imports", "g i"),
        ),
    ),
    Section(
        "Firm",
        (
            Entry("Audit trail", "shield-check", "audit_events", "g y"),
            Entry("People", "user", "people", "g u"),
            Entry("Absences", "calendar", "absences", "g q"),
            Entry("Settings", "settings", "firm_settings", "g s"),
            Entry("Mail log", "mail", "mail_log", "g n"),
            Entry("Mailbox", "mailbox", "demo_mailbox", "g x"),
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
    roles: tuple[str, ...] = ()
    sections: tuple[tuple[str, tuple[Link, ...]], ...] = ()
    search_url: str = ""
    demo: bool = False
    needs_second_factor: bool = False


def url_or_none(name: str) -> str:
    """Return the address of a page, or nothing while the page does not exist."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def is_open_to(person: Person, url: str) -> bool:
    """Say whether the page at this address lets the person in."""
    policy = policy_at(get_resolver(get_urlconf()), url)
    return isinstance(policy, Policy) and policy.allows(person)


@functools.cache
def policy_at(addresses: URLResolver, url: str) -> Any:
    """Return who may open the page at an address of the sidebar; what a view declares does not change."""
    return policy_of(addresses.resolve(url).func)


def links_of(person: Person, path: str) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    """Return the sections with the pages this person may open; the current one is the longest that begins the path."""
    shown = [
        (section.label, entry, url)
        for section in SECTIONS
        for entry in section.entries
        if (url := url_or_none(entry.url_name)) and is_open_to(person, url)
    ]
    current = max((url for _, _, url in shown if path.startswith(url)), key=len, default="")
    found: dict[str, list[Link]] = {}
    for label, entry, url in shown:
        count = entry.count(person) if entry.count else 0
        link = Link(entry.label, entry.icon, url, entry.shortcut, url == current, count)
        found.setdefault(label, []).append(link)
    return tuple((label, tuple(links)) for label, links in found.items())


def shell_of(request: HttpRequest) -> Shell:
    """Return what stands around the page for the person who asks; no pages before a role and its second factor."""
    firm = getattr(request, "firm_name", "") or "TrustLedger"
    person = request.user
    if not isinstance(person, Person):
        return Shell(firm, demo=settings.DEMO)
    held = roles_of(person)
    labels = tuple(str(role.label) for role in Role if role in held)
    if not held or needs_second_factor(person):
        return Shell(firm, labels, demo=settings.DEMO, needs_second_factor=needs_second_factor(person))
    return Shell(firm, labels, links_of(person, request.path), url_or_none("search"), settings.DEMO)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give every template `shell` (context processor); asked only by pages that show it."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request)), "request_id": current_actor().request_id}
