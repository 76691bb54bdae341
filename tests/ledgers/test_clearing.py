"""Cleared: what the bank has shown, once, by day and line; taken back with a reason; never reversed meanwhile."""

from datetime import timedelta
from functools import partial

import pytest

from disbursements.batches import close_batch
from firms.refusals import NotAllowed, Refusal
from ledgers import clearing
from ledgers.bank_events import record_reversal
from ledgers.clearing import clear_entries, cleared_on, undo_clearance
from ledgers.models import BankItem, Clearance, JournalEntry
from ledgers.parties import raise_wall
from ledgers.refusals import KeyReused, ReasonMissing
from tests.cast import Cast, key, today
from tests.disbursements.checking import paid
from tests.disbursements.earning import fee
from tests.faults.crowd import at_once, faults_of_the_books

LINE = "Online bank, line 14"


def cleared(cast: Cast, *entries: JournalEntry) -> list[Clearance]:
    """Mark entries as cleared today."""
    return clear_entries(cast.coordinator, key(), [entry.pk for entry in entries], today(), LINE)


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger."""
    cast.receive(cast.smith_matter, 100000, on=cast.start)
    return cast


@pytest.mark.django_db
class TestClearEntries:
    def test_says_when_the_bank_showed_them_who_says_so_and_from_what(self, desk: Cast) -> None:
        entry = paid(desk)
        (seen,) = cleared(desk, entry)
        assert (seen.bank_date, seen.reference, seen.source) == (today(), LINE, "hand")
        assert seen.recorded_by == desk.coordinator
        assert cleared_on(entry) == today()

    def test_happens_once_and_a_retry_changes_nothing(self, desk: Cast) -> None:
        entry = paid(desk)
        for _ in range(2):
            assert len(clear_entries(desk.coordinator, "k", [entry.pk], today(), LINE)) == 1
        with pytest.raises(KeyReused):
            clear_entries(desk.coordinator, "k", [entry.pk], today(), "Another line")
        with pytest.raises(clearing.ClearedAlready) as refused:
            cleared(desk, entry)
        assert f"Entry {entry.pk} cleared on" in refused.value.detail
        assert Clearance.objects.count() == 1

    def test_is_not_before_the_book_date_nor_after_today(self, desk: Cast) -> None:
        entry = paid(desk, on=today() - timedelta(days=3))
        for day in (entry.book_date - timedelta(days=1), today() + timedelta(days=1)):
            with pytest.raises(clearing.ClearedDateWrong):
                clear_entries(desk.coordinator, key(), [entry.pk], day, LINE)
        assert clear_entries(desk.coordinator, key(), [entry.pk], entry.book_date, LINE)

    def test_is_whole_or_nothing(self, desk: Cast) -> None:
        first, second = paid(desk), paid(desk)
        cleared(desk, first)
        with pytest.raises(clearing.ClearedAlready):
            cleared(desk, second, first)
        assert cleared_on(second) is None

    def test_needs_entries_a_line_and_a_coordinator(self, desk: Cast) -> None:
        entry = paid(desk)
        with pytest.raises(clearing.NoEntriesChosen):
            cleared(desk)
        with pytest.raises(clearing.TooManyEntries):
            clear_entries(desk.coordinator, key(), range(1, 600), today(), LINE)
        with pytest.raises(clearing.BankLineMissing):
            clear_entries(desk.coordinator, key(), [entry.pk], today(), " ")
        for person in (desk.attorney, desk.supervisor, desk.partner, desk.auditor):
            with pytest.raises(NotAllowed):
                clear_entries(person, key(), [entry.pk], today(), LINE)
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        with pytest.raises(clearing.EntryGone):
            cleared(desk, entry)

    def test_is_of_what_moves_something_at_the_bank(self, desk: Cast) -> None:
        entry = paid(desk)
        posted = record_reversal(desk.coordinator, key(), entry=entry, book_date=today(), reason="Never true")
        with pytest.raises(clearing.ClearedButReversed):
            cleared(desk, entry)
        with pytest.raises(clearing.NothingToClear):
            cleared(desk, JournalEntry.objects.get(pk=posted.id))

    def test_takes_a_transfer_batch_as_one_line_once_it_went_to_the_bank(self, desk: Cast) -> None:
        one, other = fee(desk, 1000, number="77"), fee(desk, 2000, number="78")
        batch = BankItem.objects.get(kind=BankItem.Kind.TRANSFER_BATCH)
        with pytest.raises(clearing.NotAtTheBankYet):
            cleared(desk, one)
        close_batch(desk.coordinator, batch, "TRF-9", today())
        assert {seen.entry_id for seen in cleared(desk, one)} == {one.pk, other.pk}
        undo_clearance(desk.coordinator, key(), other, "The line was of another account")
        assert not Clearance.objects.filter(undone_at__isnull=True).exists()


@pytest.mark.django_db
class TestUndoClearance:
    def test_makes_it_outstanding_again_and_keeps_what_was_said(self, desk: Cast) -> None:
        entry = paid(desk)
        cleared(desk, entry)
        with pytest.raises(ReasonMissing):
            undo_clearance(desk.coordinator, key(), entry, " ")
        for _ in range(2):
            undo_clearance(desk.coordinator, "k", entry, "Another check of that amount")
        assert cleared_on(entry) is None
        with pytest.raises(clearing.NotCleared):
            undo_clearance(desk.coordinator, key(), entry, "Again")
        cleared(desk, entry)
        assert [bool(seen.undone_at) for seen in Clearance.objects.order_by("pk")] == [True, False]

    def test_comes_before_a_reversal(self, desk: Cast) -> None:
        entry = paid(desk)
        cleared(desk, entry)
        with pytest.raises(clearing.EntryCleared) as refused:
            record_reversal(desk.coordinator, key(), entry=entry, book_date=today(), reason="Never true")
        assert "cleared at the bank on" in refused.value.detail
        undo_clearance(desk.coordinator, key(), entry, "Misread")
        assert record_reversal(desk.coordinator, key(), entry=entry, book_date=today(), reason="Never true").id


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_an_entry_clears_or_is_reversed_never_both(self, desk: Cast) -> None:
        for _ in range(8):
            entry = paid(desk, 100)
            clear = partial(clear_entries, desk.coordinator, key(), [entry.pk], today(), LINE)
            undo = partial(
                record_reversal, desk.coordinator, key(), entry=entry, book_date=today(), reason="Never true"
            )
            (lost,) = [result.code for result in at_once(clear, undo) if isinstance(result, Refusal)]
            assert lost in {"cleared_but_reversed", "entry_cleared"}
        assert faults_of_the_books() == []

    def test_an_entry_clears_once(self, desk: Cast) -> None:
        entry = paid(desk, 100)
        each = [partial(clear_entries, desk.coordinator, key(), [entry.pk], today(), LINE) for _ in range(4)]
        assert [r.code for r in at_once(*each) if isinstance(r, Refusal)] == ["cleared_already"] * 3
