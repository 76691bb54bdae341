"""I1: a posted row is never updated or deleted; a mistake is undone by one dated reversal that says why.

Rule: SPEC section 2, I1; Model Rules for Client Trust Account Records, Rule 1(a): records are kept as made.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from ledgers.models import EntryText, JournalEntry, JournalLine
from ledgers.money import money
from ledgers.posting import Kind, entry, post_account_transfer, post_entries, reverse
from tests.cast import Cast, key, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

Owner = psycopg.Connection[Any]
PENNED = ("journalentry", "journalline", "entrytext")


@pytest.fixture
def posted(cast: Cast) -> JournalEntry:
    """A receipt of Smith's."""
    return JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10_000).id)


@pytest.mark.django_db
class TestTheWebRole:
    """What a page, the shell or psql may try."""

    @pytest.mark.parametrize("table", PENNED)
    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM ledgers_{0}",
            "TRUNCATE ledgers_{0} CASCADE",
            "INSERT INTO ledgers_{0} SELECT * FROM ledgers_{0}",
            "SELECT 1 FROM ledgers_{0} FOR UPDATE",
            "ALTER TABLE ledgers_{0} DISABLE TRIGGER ALL",
            "DROP TRIGGER refuse_change ON ledgers_{0}",
            "ALTER TABLE ledgers_{0} DROP COLUMN id CASCADE",
        ],
    )
    def test_changes_nothing_by_sql(self, posted: JournalEntry, table: str, statement: str) -> None:
        assert refused(statement.format(table)) == NOT_THE_WEB_ROLES

    @pytest.mark.parametrize("column", ["bank_amount", "book_date", "kind", "trust_account_id", "hash", "actor_id"])
    def test_updates_no_column_of_an_entry(self, posted: JournalEntry, column: str) -> None:
        assert refused(f"UPDATE ledgers_journalentry SET {column} = {column}") == NOT_THE_WEB_ROLES

    @pytest.mark.parametrize("model", [JournalEntry, JournalLine, EntryText])
    def test_changes_nothing_by_the_orm(self, posted: JournalEntry, model: Any) -> None:
        row = model.objects.first()
        assert refused(row.save) == NOT_THE_WEB_ROLES
        assert refused(lambda: model.objects.update(**{row._meta.pk.attname: row.pk})) == NOT_THE_WEB_ROLES
        assert refused(lambda: model.objects.filter(pk=row.pk)._raw_delete("default")) == NOT_THE_WEB_ROLES
        assert refused(lambda: model.objects.bulk_create([row])) == NOT_THE_WEB_ROLES

    def test_does_not_get_rid_of_them_with_the_client_or_the_account(self, posted: JournalEntry, cast: Cast) -> None:
        for table in ("client", "matter", "trustaccount", "ledger"):
            assert refused(f"DELETE FROM ledgers_{table}") == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
class TestTheOwner:
    """What the guard triggers refuse even to the owner of the tables."""

    @pytest.mark.parametrize("table", PENNED)
    def test_neither_updates_nor_deletes_nor_truncates(self, posted: JournalEntry, owner: Owner, table: str) -> None:
        key_column = "entry_id" if table == "entrytext" else "id"
        for statement in (f"UPDATE ledgers_{table} SET {key_column} = {key_column}", f"DELETE FROM ledgers_{table}"):
            assert refused_to_owner(owner, statement) == "never_changed"
        assert refused_to_owner(owner, f"TRUNCATE ledgers_{table} CASCADE") == "never_changed"


@pytest.mark.django_db
class TestReversal:
    """The one way to undo."""

    def undo(self, cast: Cast, entry: JournalEntry, **changes: Any) -> Any:
        asked: dict[str, Any] = {"original": entry, "book_date": today(), "reason": "Wrong matter"}
        return reverse(cast.coordinator, key(), **(asked | changes))

    def test_happens_at_most_once(self, posted: JournalEntry, cast: Cast) -> None:
        self.undo(cast, posted)
        assert refused(lambda: self.undo(cast, posted)) == "already_reversed"

    def test_says_why(self, posted: JournalEntry, cast: Cast) -> None:
        assert refused(lambda: self.undo(cast, posted, reason=" ")) == "words_missing"

    def test_is_not_dated_before_what_it_undoes(self, posted: JournalEntry, cast: Cast) -> None:
        assert (
            refused(lambda: self.undo(cast, posted, book_date=today() - timedelta(days=1))) == "dated_before_original"
        )

    def test_is_not_itself_reversed(self, posted: JournalEntry, cast: Cast) -> None:
        undone = JournalEntry.objects.get(pk=self.undo(cast, posted).id)
        assert refused(lambda: self.undo(cast, undone)) == "reversal_of_reversal"

    def test_takes_both_sides_of_a_transfer_together(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        cast.receive(cast.smith_matter, 100, account=cast.second_account)
        there = cast.ledger(cast.smith_matter, cast.second_account)
        authority = cast.authority(cast.smith_ledger, 4_000, kind="account_transfer", destination_ledger_id=there.pk)
        first, second = post_account_transfer(cast.coordinator, key(), authority=authority, book_date=today()).ids
        for half, ledger, cents in ((first, cast.smith_ledger, 4_000), (second, there, -4_000)):
            alone = entry(
                Kind.REVERSAL,
                ledger.trust_account_id,
                today(),
                [{"ledger": ledger.pk, "amount": cents}],
                reverses=half,
                text={"reason": "One side only"},
            )
            assert refused(partial(post_entries, cast.coordinator, key(), [alone])) == "transfer_one_sided"
        self.undo(cast, JournalEntry.objects.get(pk=second))
        assert (cast.smith_ledger.balance, cast.ledger(cast.smith_matter, cast.second_account).balance) == (
            money(10_000),
            money(100),
        )
