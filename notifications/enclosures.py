"""What lies in a letter beside its text: documents that were kept as they are sent, compared with their hash."""

import hashlib

from disbursements.final_statement import statement_name
from disbursements.models import FinalStatement
from firms.models import OutboxEvent
from notifications.letters import Attached

FINAL_STATEMENT = "mail.final_statement"


class EnclosureWrong(Exception):
    """The document is not there, or not the one that was told of."""


def enclosures_of(event: OutboxEvent) -> tuple[Attached, ...]:
    """Return the documents that go with an event's letter.

    Raises: EnclosureWrong.
    """
    if event.kind != FINAL_STATEMENT:
        return ()
    kept = FinalStatement.objects.select_related("matter").filter(pk=event.payload.get("statement")).first()
    if kept is None or hashlib.sha256(kept.content).hexdigest() != event.payload.get("sha256"):
        raise EnclosureWrong("The statement is not the one that was made.")
    return (Attached(f"{statement_name(kept.matter)}.pdf", bytes(kept.content), "application/pdf"),)
