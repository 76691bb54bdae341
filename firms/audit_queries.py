"""The audit trail as people read it: filtered, newest first, page by page."""

import datetime as dt
from dataclasses import dataclass

from django.apps import apps
from django.db.models import QuerySet

from firms.audit_walls import without_hidden
from firms.clock import zone
from firms.models import AuditEvent, Person
from firms.models.audit import AuditChain, noun_of

ROWS_ON_A_PAGE = 50


@dataclass(frozen=True)
class Filters:
    """What to look for; empty means everything. Days are days of the firm's zone, both included."""

    actor_id: int | None = None
    action: str = ""
    subject_type: str = ""
    subject_id: str = ""
    first_day: dt.date | None = None
    last_day: dt.date | None = None


@dataclass(frozen=True)
class Page:
    """Some events and, when there are older ones, the number before which the next page begins."""

    events: list[AuditEvent]
    older_than: int | None


def subjects() -> list[tuple[str, str]]:
    """Return what events can be about, as tables and their nouns."""
    tables = {model._meta.db_table for model in apps.get_models()}
    return sorted(((table, noun_of(table).capitalize()) for table in tables), key=lambda choice: choice[1])


def linked_count() -> int:
    """Return how many events are linked in the chain."""
    return AuditChain.objects.get(pk=1).seq


def every_event(reader: Person) -> QuerySet[AuditEvent]:
    """Return all events with who acted, what was before and after, and their place in the chain; newest first.

    What speaks of a matter behind a wall is not among them for whoever is walled off.
    """
    found = AuditEvent.objects.select_related("actor", "detail", "link").order_by("-id")
    return without_hidden(reader, found)


def audit_events(reader: Person, filters: Filters) -> QuerySet[AuditEvent]:
    """Return the events that match, newest first, with what each subject was before and after."""
    found = every_event(reader)
    plain = {"added": "insert", "changed": "update", "removed": "delete"}
    exact = {
        "actor_id": filters.actor_id,
        "action": plain.get(filters.action.strip().lower(), filters.action),
        "subject_type": filters.subject_type,
        "subject_id": filters.subject_id,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    here = zone()
    if filters.first_day:
        found = found.filter(at__gte=dt.datetime.combine(filters.first_day, dt.time(), here))
    if filters.last_day:
        found = found.filter(at__lt=dt.datetime.combine(filters.last_day + dt.timedelta(days=1), dt.time(), here))
    return found


def page_of(found: QuerySet[AuditEvent], before: int | None, rows: int = ROWS_ON_A_PAGE) -> Page:
    """Return the events before a number; how many there are in all is not counted, for there may be millions."""
    if before is not None:
        found = found.filter(pk__lt=before)
    events = list(found[: rows + 1])
    return Page(events[:rows], events[rows - 1].pk if len(events) > rows else None)
