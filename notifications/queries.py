"""The delivery log and the demonstration's mailbox, as people read them."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from firms.models import Person, Proposal
from firms.proposals import Number, seen_by
from ledgers.access import books_of
from ledgers.models import MatterWall
from notifications.models import DemoMail, Notice

SILENT = (Notice.State.NOT_MAILED,)


def visible_to(person: Person) -> "QuerySet[Notice]":
    """Return the letters a person may know of: none about a matter, or a proposal, that does not exist for them."""
    seen = Exists(books_of(person).matters.filter(pk=OuterRef("matter_id")))
    found = Notice.objects.filter(Q(matter__isnull=True) | seen).exclude(
        pk__in=of_unseen_proposals(person).values("pk")
    )
    return found.select_related("person", "matter", "event")


def of_unseen_proposals(person: Person) -> "QuerySet[Notice]":
    """Return the letters about proposals whose subject the person does not see: they name no matter of their own."""
    about = Notice.objects.filter(event__subject_type=Proposal._meta.db_table)
    return about.exclude(Exists(seen_by(person, Proposal.objects.filter(pk=Number(OuterRef("event__subject_id"))))))


def hidden_from(person: Person) -> "dict[str, QuerySet[Any]]":
    """Return the letters about proposals that a wall keeps from a person, for the audit trail; none without a wall."""
    if not MatterWall.objects.filter(person=person, lifted_at__isnull=True).exists():
        return {}
    return {Notice._meta.db_table: of_unseen_proposals(person)}


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
