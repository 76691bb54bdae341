"""The audit trail. Its rows are written by functions of the database only (firms/sql/030_audit.sql)."""

import functools
from typing import ClassVar

from django.apps import apps
from django.db import models

from firms.models.people import Person


@functools.cache
def noun_of(table: str) -> str:
    """Return the noun of a table: "firms_rolegrant" is "role grant"."""
    nouns = {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()}
    return nouns.get(table, table.replace("_", " "))


class AuditEvent(models.Model):
    """Something that was done: by whom, when, from where, to what. Never changed."""

    web_may: ClassVar[str] = "read"

    at = models.DateTimeField()
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=40)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64)
    database_role = models.CharField(max_length=63)
    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=80)
    row_count = models.PositiveIntegerField()
    transaction_number = models.BigIntegerField()
    commitment = models.BinaryField()
    content_hash = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_event_subject"),
            models.Index(fields=["actor", "id"], name="audit_event_actor"),
            models.Index(fields=["at", "id"], name="audit_event_at"),
        ]

    def __str__(self) -> str:
        """Return what was done to what."""
        return f"{self.done} {self.subject}".strip()

    @property
    def done(self) -> str:
        """What was done, in words."""
        plain = {"insert": "added", "update": "changed", "delete": "removed"}
        return plain.get(self.action, self.action.replace(".", " ").replace("_", " "))

    @property
    def subject(self) -> str:
        """What it was done to, in words: the noun of the table and the number of the row."""
        return f"{noun_of(self.subject_type)} {self.subject_id}".strip()


class AuditDetail(models.Model):
    """What an event's subject was before and after; apart, so that text may lawfully go and the chain stay."""

    web_may: ClassVar[str] = "read"

    event = models.OneToOneField(AuditEvent, primary_key=True, on_delete=models.PROTECT, related_name="detail")
    salt = models.BinaryField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    def __str__(self) -> str:
        """Return which event it belongs to."""
        return f"detail of {self.event_id}"


class AuditLink(models.Model):
    """An event's place in the chain, given at commit."""

    web_may: ClassVar[str] = "read"

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="link")
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        """Return the place and the event."""
        return f"{self.seq}: {self.event_id}"


class AuditChain(models.Model):
    """Where the chain ends: row 1, locked for the moment of a commit."""

    web_may: ClassVar[str] = "read"

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        """Return how many events are linked."""
        return f"{self.seq} events"
