"""The delivery log and the demonstration's mailbox, as people read them."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from firms.models import Person
from ledgers.access import books_of
from notifications.models import DemoMail, Notice

SILENT = (Notice.State.NOT_MAILED,)


def visible_to(person: Person) -> "QuerySet[Notice]":
    """Return the letters a person may know of: none about a matter that does not exist for them."""
    seen = Exists(books_of(person).matters.filter(pk=OuterRef("matter_id")))
    return Notice.objects.filter(Q(matter__isnull=True) | seen).select_related("person", "matter", "event")


def listed(person: Person, state: str = "", words: str = "") -> "QuerySet[Notice]":
    """Return the letters that match, newest first; events that nobody is written to about only when asked for."""
    found = visible_to(person)
    found = found.filter(state=state) if state else found.exclude(state__in=SILENT)
    if words:
        found = found.filter(
            Q(subject__icontains=words) | Q(address__icontains=words) | Q(person__full_name__icontains=words)
        )
    return found.order_by("-id")


def mailbox(words: str = "") -> "QuerySet[DemoMail]":
    """Return the demonstration's letters, newest first."""
    found = DemoMail.objects.order_by("-id")
    return found.filter(Q(to__icontains=words) | Q(subject__icontains=words)) if words else found
