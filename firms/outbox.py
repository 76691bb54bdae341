"""The outbox: what a higher part must learn of, written in the transaction that did it.

`notifications` and `compliance` each take every event once. A kind that begins with "mail." is a finished letter:
payload {"to", "subject", "text"}, sent as it is; so it never holds a key or a link that lets somebody in.
"""

import enum
from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction

from firms.audit import as_json, subject_of
from firms.models import OutboxEvent


class Reader(enum.Enum):
    """Who takes events; the value is the column that marks them taken."""

    NOTIFICATIONS = "notified_at"
    COMPLIANCE = "examined_at"


WAKERS: list[Callable[[], None]] = []  # registered by the readers, which stand above; called after the commit


def wake_after_commit() -> None:
    """Wake the readers once this transaction is committed; a poll covers the loss of a wake-up."""
    for waker in WAKERS:
        if not any(waker is called for _, called, *_ in connection.run_on_commit):  # once per transaction is enough
            transaction.on_commit(waker, robust=True)


def tell(kind: str, subject: models.Model | tuple[str, Any] | None, payload: dict[str, Any], *, dedupe: str) -> int:
    """Put an event into the outbox in this transaction and return its number; the same `dedupe` again adds nothing."""
    subject_type, subject_id = subject_of(subject)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tell(%s, %s, %s, %s, %s)", [kind, subject_type, subject_id, as_json(payload), dedupe])
        told = int(cursor.fetchone()[0])
    wake_after_commit()
    return told


def take(reader: Reader, limit: int = 100) -> list[OutboxEvent]:
    """Take up to `limit` events that this reader has not had, oldest first, and mark them.

    To be called inside the transaction that writes what follows from them: if it fails, they are untaken again.
    Events that another worker is taking are left to it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.take belongs inside the transaction that does the work")
    column = reader.value
    taken = list(
        OutboxEvent.objects.raw(
            f"""UPDATE firms_outboxevent SET {column} = firm_now() WHERE id IN (
                    SELECT id FROM firms_outboxevent WHERE {column} IS NULL ORDER BY id LIMIT %s
                    FOR UPDATE SKIP LOCKED)
                RETURNING *""",
            [limit],
        )
    )
    return sorted(taken, key=lambda event: event.pk)


def waiting(reader: Reader) -> int:
    """Return how many events this reader has not taken yet."""
    return OutboxEvent.objects.filter(**{f"{reader.value}__isnull": True}).count()
