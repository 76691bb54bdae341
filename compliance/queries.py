"""What the exception dashboard shows: each row and figure only as far as the person may see it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone

from compliance.models import TrustException
from compliance.rules import RULES, Rule
from firms.access import Capability, Policy, holders_of
from firms.clock import today
from firms.gate import policy_of
from firms.models import Person
from firms.permits import last_finished
from ledgers.access import books_of
from ledgers.money import Money, money

Severity = TrustException.Severity
State = TrustException.State
RANKS = {severity: rank for rank, severity in enumerate(Severity.values)}
CHART_DAYS = 14
AGES = (("Today", 0, "info"), ("1–2 days", 2, "info"), ("3–7 days", 7, "warn"), ("8–30 days", 30, "warn"))


@dataclass(frozen=True)
class Filters:
    """What to look for; empty means everything that is open."""

    severity: str = ""
    rule: str = ""
    owner: str = ""
    state: str = ""


@dataclass(frozen=True)
class Row:
    """One exception with its one obvious next action."""

    exception: TrustException
    rule: Rule
    age_days: int
    is_overdue: bool
    action_url: str


@dataclass(frozen=True)
class Day:
    """How many exceptions opened and closed on a day."""

    date: dt.date
    opened: int
    closed: int


@dataclass(frozen=True)
class Figures:
    """The key figures above the list."""

    trust_balance: Money
    accounts: int
    deficit: Money
    is_whole: bool
    checked_at: dt.datetime | None
    counts: dict[str, int]
    overdue: int
    awaiting: int
    awaiting_amount: Money

    @property
    def open(self) -> int:
        """How many exceptions are open."""
        return sum(self.counts.values())


def visible_to(person: Person) -> "QuerySet[TrustException]":
    """Return the exceptions a person may see: none about a matter that does not exist for them."""
    seen = Exists(books_of(person).matters.filter(pk=OuterRef("matter_id")))
    found = TrustException.objects.filter(Q(matter__isnull=True) | seen)
    return found.select_related("matter__client", "trust_account", "owner", "resolved_by", "snoozed_by")


def listed(person: Person, filters: Filters) -> "QuerySet[TrustException]":
    """Return what matches, what hurts first on top: by severity, then by due date."""
    found = visible_to(person).filter(state=filters.state or State.OPEN)
    if filters.severity:
        found = found.filter(severity=filters.severity)
    if filters.rule:
        found = found.filter(rule=filters.rule)
    if filters.owner:
        found = found.filter(owner=person) if filters.owner == "me" else found.filter(owner__isnull=True)
    if filters.state == State.RESOLVED:
        return found.order_by("-resolved_at", "-pk")
    rank = Case(*(When(severity=name, then=rank) for name, rank in RANKS.items()), default=len(RANKS))
    return found.annotate(rank=rank).order_by("rank", F("due_date").asc(nulls_last=True), "opened_at", "pk")


def rows_of(exceptions: Iterable[TrustException], person: Person) -> list[Row]:
    """Return exceptions as the list shows them."""
    day = today()
    return [row_of(exception, day, person) for exception in exceptions]


def row_of(exception: TrustException, day: dt.date, person: Person) -> Row:
    """Return one exception with its rule, age and next action."""
    rule = RULES[exception.rule]
    age = max(0, (day - timezone.localtime(exception.opened_at).date()).days)
    is_overdue = exception.state != State.RESOLVED and exception.due_date is not None and exception.due_date < day
    return Row(exception, rule, age, is_overdue, action_url(exception, rule, person))


def action_url(exception: TrustException, rule: Rule, person: Person) -> str:
    """Return the address of the page where the person can do something about it; nothing when there is none."""
    of: dict[str, list[Any]] = {"subject": [exception.subject_id], "matter": [exception.matter_id]}
    try:
        url = reverse(rule.page, args=of.get(rule.page_of, []))
    except NoReverseMatch:
        return ""
    policy = policy_of(resolve(url).func)
    return url if isinstance(policy, Policy) and policy.allows(person) else ""


def people_to_own() -> list[Person]:
    """Return the people who work on exceptions, by name."""
    return list(holders_of(Capability.WORK_EXCEPTIONS))


def figures(person: Person) -> Figures:
    """Return the key figures. The trust balance is of the books as this person sees them."""
    ledgers = books_of(person).ledgers
    money_in_trust = ledgers.aggregate(total=Sum("balance"), deficit=Sum("deficit"))
    open_ones = visible_to(person).filter(state=State.OPEN)
    counts = dict(open_ones.order_by().values_list("severity").annotate(Count("pk")))
    run = last_finished("nightly-integrity")
    awaiting = open_ones.filter(rule="overdue_approval").aggregate(n=Count("pk"), total=Sum("amount"))
    return Figures(
        trust_balance=_sum(money_in_trust["total"]),
        accounts=books_of(person).accounts.filter(closed_date=None).count(),
        deficit=_sum(money_in_trust["deficit"]),
        is_whole=not open_ones.filter(rule="integrity").exists(),
        checked_at=run.finished_at if run else None,
        counts={severity: counts.get(severity, 0) for severity in Severity.values},
        overdue=open_ones.filter(due_date__lt=today()).count(),
        awaiting=awaiting["n"],
        awaiting_amount=_sum(awaiting["total"]),
    )


def _sum(total: Any) -> Money:
    return total if isinstance(total, Money) else money(int(total or 0))


def opened_and_closed(person: Person) -> list[Day]:
    """Return how many exceptions opened and closed on each of the last days, in the firm's zone."""
    ids = visible_to(person).order_by().values("pk").query
    inner, values = ids.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH seen AS (SELECT e.opened_at, e.resolved_at FROM compliance_trustexception e WHERE e.id IN ({inner})
                    AND (e.resolved_at IS NULL OR e.resolved_at > firm_now() - make_interval(days => %s))),
                zone AS (SELECT time_zone AS name FROM firms_firm WHERE id = 1)
            SELECT day::date,
                (SELECT count(*) FROM seen, zone WHERE (opened_at AT TIME ZONE zone.name)::date = day::date),
                (SELECT count(*) FROM seen, zone WHERE (resolved_at AT TIME ZONE zone.name)::date = day::date)
            FROM generate_series(firm_today() - %s, firm_today(), interval '1 day') AS day ORDER BY day""",
            [*values, CHART_DAYS + 1, CHART_DAYS - 1],
        )
        return [Day(*row) for row in cursor.fetchall()]


def open_by_age(person: Person) -> list[tuple[str, int, str]]:
    """Return how many open exceptions are how old: (label, count, tone)."""
    day, found = today(), []
    ages = [
        max(0, (day - timezone.localtime(at).date()).days)
        for at in listed(person, Filters()).values_list("opened_at", flat=True)
    ]
    lowest = 0
    for label, highest, tone in AGES:
        found.append((label, sum(lowest <= age <= highest for age in ages), tone))
        lowest = highest + 1
    return [*found, ("Over 30 days", sum(age >= lowest for age in ages), "bad")]


def described(exception: TrustException) -> list[tuple[str, Any]]:
    """Return the facts of an exception: (label, value)."""
    found: list[tuple[str, Any]] = [("What", exception.label)] if exception.label != str(exception.matter) else []
    if exception.matter is not None:
        found += [("Client", exception.matter.client.name), ("Matter", str(exception.matter))]
    if exception.trust_account is not None:
        found.append(("Trust account", str(exception.trust_account)))
    if exception.amount is not None:
        found.append(("Amount", exception.amount))
    owner = exception.owner.full_name if exception.owner else "Nobody yet"
    return [*found, ("Opened", exception.opened_at), ("Due", exception.due_date), ("Owner", owner)]


def events_of(exception: TrustException) -> list[dict[str, Any]]:
    """Return what happened to an exception, for the timeline."""
    found: list[dict[str, Any]] = [{"title": "Opened", "at": exception.opened_at, "who": "By rule", "tone": "warn"}]
    if exception.state == State.SNOOZED:
        who = exception.snoozed_by.full_name if exception.snoozed_by else ""
        title = (
            f"Snoozed until {exception.snoozed_until:%b} {exception.snoozed_until.day}"
            if exception.snoozed_until
            else ""
        )
        found.append({"title": title, "at": None, "who": who, "tone": "info", "text": exception.snooze_reason})
    if exception.resolved_at is not None:
        who = exception.resolved_by.full_name if exception.resolved_by else "By itself"
        text = exception.resolution
        found.append({"title": "Resolved", "at": exception.resolved_at, "who": who, "tone": "ok", "text": text})
    return found
