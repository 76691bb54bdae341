"""Notes: remarks appended to an entry. The entry itself never changes."""

from django.db import transaction

from firms.clock import now
from firms.models import Person
from firms.refusals import translating
from ledgers.models import EntryNote, JournalEntry


def append_note(author: Person, entry: JournalEntry, text: str) -> EntryNote:
    """Append a remark to an entry; it stays for ever."""
    with translating(), transaction.atomic():
        return EntryNote.objects.create(entry=entry, author=author, written_at=now(), text=text.strip())
