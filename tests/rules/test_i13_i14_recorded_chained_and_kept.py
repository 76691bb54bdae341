"""I13: who did what is recorded in the same transaction, append-only and chained. I14: nothing is destroyed.

Rule: SPEC section 2, I13, I14; Model Rules for Client Trust Account Records, Rule 1: kept for at least five years.
"""

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from firms.audit import acting
from firms.models import AuditEvent
from ledgers.holds import place_hold
from ledgers.integrity import findings
from ledgers.models import EntryNote, JournalEntry, JournalLine
from ledgers.money import money
from tests.cast import Cast
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

TRAIL = ("firms_auditevent", "firms_auditdetail", "firms_auditlink")
KEPT = (
    "ledgers_client",
    "ledgers_matter",
    "ledgers_matteraccount",
    "ledgers_matterwall",
    "ledgers_trustaccount",
    "ledgers_operatingaccount",
    "ledgers_ledger",
    "ledgers_ledgerday",
    "ledgers_month",
    "ledgers_bankitem",
    "ledgers_hold",
    "ledgers_spendingauthority",
    "ledgers_command",
    "ledgers_journalentry",
    "ledgers_journalline",
    "ledgers_entrytext",
    "ledgers_entrynote",
    "ledgers_seal",
)


@pytest.mark.django_db
class TestRecord:
    """Of everything that changes the books."""

    def test_of_a_posting_is_its_entry(self, cast: Cast) -> None:
        with acting(cast.coordinator, "page", "203.0.113.7", "req-1"):
            posted = cast.receive(cast.smith_matter, 10_000)
        made = JournalEntry.objects.get(pk=posted.id)
        assert (made.actor, made.source_address, made.request_id) == (cast.coordinator, "203.0.113.7", "req-1")

    def test_of_a_hold_and_an_authority_is_an_event_of_the_same_transaction(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        with acting(cast.coordinator, "page", "203.0.113.7"):
            place_hold(cast.coordinator, cast.smith_ledger, "manual", money(1), "Because")
            cast.authority(cast.smith_ledger, 100)
        seen = AuditEvent.objects.filter(actor=cast.coordinator).values_list("subject_type", "action")
        assert {("ledgers_hold", "insert"), ("ledgers_spendingauthority", "insert")} <= set(seen)

    def test_goes_with_what_it_records(self, cast: Cast) -> None:
        before = AuditEvent.objects.count()
        with transaction.atomic():
            cast.smith.name = "Another"
            cast.smith.save()
            assert AuditEvent.objects.count() == before + 1
            transaction.set_rollback(True)
        assert AuditEvent.objects.count() == before

    @pytest.mark.parametrize("table", TRAIL)
    @pytest.mark.parametrize(
        "statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "INSERT INTO {0} SELECT * FROM {0}", "DROP TABLE {}"]
    )
    def test_is_not_the_web_roles_to_write(self, cast: Cast, table: str, statement: str) -> None:
        assert refused(statement.format(table)) == NOT_THE_WEB_ROLES

    def test_is_chained_by_ledger(self, cast: Cast) -> None:
        for cents in (100, 200, 300):
            cast.receive(cast.smith_matter, cents)
        lines = list(JournalLine.objects.filter(ledger=cast.smith_ledger).order_by("seq").select_related("entry"))
        before = b""
        for line in lines:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT line_hash(%s, %s, %s, %s, %s, %s)",
                    [
                        before,
                        bytes(line.entry.hash),
                        line.ledger_id,
                        line.seq,
                        int(line.amount.amount * 100),
                        line.book_date,
                    ],
                )
                (expected,) = cursor.fetchone()
            assert bytes(line.hash) == bytes(expected)
            before = bytes(expected)


@pytest.mark.django_db
class TestKeeping:
    """Nothing near the books is destroyed."""

    @pytest.mark.parametrize("table", KEPT)
    def test_is_not_the_web_roles_to_end(self, cast: Cast, table: str) -> None:
        cast.receive(cast.smith_matter, 100)
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", f"DROP TABLE {table} CASCADE"):
            assert refused(statement) == NOT_THE_WEB_ROLES

    def test_keeps_notes_as_they_were_written(self, cast: Cast) -> None:
        entry = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 100).id)
        note = EntryNote.objects.create(
            entry=entry, author=cast.coordinator, written_at=entry.posted_at, text="Called the bank"
        )
        note.text = "Never called"
        assert refused(note.save) == NOT_THE_WEB_ROLES
        assert refused(note.delete) == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
class TestTheOwner:
    """Is refused too, and what happens behind every guard is found."""

    @pytest.mark.parametrize("table", [*TRAIL, *KEPT])
    def test_removes_nothing(self, cast: Cast, owner: "psycopg.Connection[Any]", table: str) -> None:
        cast.receive(cast.smith_matter, 10_000)
        cast.authority(cast.smith_ledger, 100)
        (rows,) = owner.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
        if rows:
            assert refused_to_owner(owner, f"DELETE FROM {table}") == "never_changed"
        assert refused_to_owner(owner, f"TRUNCATE {table} CASCADE") == "never_changed"

    @pytest.mark.parametrize(
        ("table", "change", "found"),
        [
            ("ledgers_journalline", "amount = amount + 1", "ledger_chain"),
            ("ledgers_journalentry", "actor_id = actor_id + 1", "entry_hash"),
            ("ledgers_entrytext", "party = 'Q'", "entry_text"),
            ("firms_auditdetail", "after = '{}'", "audit_chain"),
        ],
    )
    def test_who_takes_the_guards_away_is_found_out(
        self, cast: Cast, owner: "psycopg.Connection[Any]", table: str, change: str, found: str
    ) -> None:
        cast.receive(cast.smith_matter, 10_000)
        with owner.transaction():
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
            owner.execute(f"UPDATE {table} SET {change}")
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
        assert found in {finding.check for finding in findings()}
