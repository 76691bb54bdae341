"""What lies in a letter beside its text: documents that were kept as they are sent, compared with their hash."""

import hashlib
from dataclasses import dataclass

from disbursements.final_statement import statement_name
from disbursements.models import FinalStatement
from firms.models import OutboxEvent

FINAL_STATEMENT = "mail.final_statement"


class EnclosureWrong(Exception):
    """The document is not there, or not the one that was told of."""


@dataclass(frozen=True)
class Enclosure:
    """A document of a letter."""

    name: str
    content: bytes
    content_type: str


def enclosures_of(event: OutboxEvent) -> list[Enclosure]:
    """Return the documents that go with an event's letter.

    Raises: EnclosureWrong.
    """
    if event.kind != FINAL_STATEMENT:
        return []
    kept = FinalStatement.objects.select_related("matter").filter(pk=event.payload.get("statement")).first()
    if kept is None or hashlib.sha256(kept.content).hexdigest() != event.payload.get("sha256"):
        raise EnclosureWrong("The statement is not the one that was made.")
    return [Enclosure(f"{statement_name(kept.matter)}.pdf", bytes(kept.content), "application/pdf")]
