"""Many printers at once: no number twice, none lost, one check in force for a payment."""

from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from disbursements.check_queries import gaps
from disbursements.checks import issue_checks, record_written_check, spoil_blank, spoil_check
from disbursements.models import Check
from firms.refusals import Refusal
from ledgers.models import JournalEntry
from ledgers.posting import reverse
from tests.cast import Cast, key, today
from tests.disbursements.checking import issued, numbered, paid
from tests.faults.crowd import at_once, crowd, faults_of_the_books, outcomes

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def issuing(desk: Cast, entry: JournalEntry, given: str = "") -> Any:
    """Return the numbering of one payment's check."""
    return partial(issue_checks, desk.coordinator, given or key(), desk.account, [entry.pk])


def test_200_parallel_assignments_account_for_every_number(desk: Cast) -> None:
    numbered(desk, 1001)
    entries = [paid(desk, 10 + place) for place in range(170)]
    spoiled = [partial(spoil_blank, desk.coordinator, key(), desk.account, None, "Jam") for _ in range(30)]
    deeds = [issuing(desk, entry) for entry in entries]
    mixed = [deed for pair in zip(deeds[:30], spoiled, strict=True) for deed in pair] + deeds[30:]
    with crowd(16) as people:
        assert outcomes(people.at_once(mixed)) == {"done": 200}
    assert sorted(Check.objects.values_list("number", flat=True)) == list(range(1001, 1201))
    assert sorted(Check.objects.exclude(entry=None).values_list("entry_id", flat=True)) == [e.pk for e in entries]
    assert gaps(desk.account) == []
    assert faults_of_the_books() == []


def test_one_payment_gets_one_check(desk: Cast) -> None:
    numbered(desk)
    for _ in range(ROUNDS):
        entry = paid(desk, 10)
        results = at_once(*(issuing(desk, entry) for _ in range(4)))
        refused = [result for result in results if isinstance(result, Refusal)]
        assert {refusal.code for refusal in refused} == {"check_is_there"}
        assert len(refused) == 3
    assert sorted(Check.objects.values_list("number", flat=True)) == list(range(1001, 1001 + ROUNDS))


def test_a_retry_numbers_once(desk: Cast) -> None:
    numbered(desk)
    entry = paid(desk, 10)
    results = at_once(*(issuing(desk, entry, "same") for _ in range(6)))
    assert len({batch.pk for batch in results}) == 1
    assert Check.objects.count() == 1


def test_a_number_written_by_hand_meets_the_printer(desk: Cast) -> None:
    numbered(desk)
    for place in range(ROUNDS):
        entries, number = [paid(desk, 10), paid(desk, 11)], 1001 + 2 * place
        by_hand = partial(record_written_check, desk.coordinator, key(), entries[0], number, today())
        results = at_once(by_hand, issuing(desk, entries[1]))
        if isinstance(results[0], Refusal):
            assert results[0].code == "check_number_taken"
            issued(desk, entries[0])
    assert gaps(desk.account) == []
    assert Check.objects.count() == 2 * ROUNDS


def test_a_payment_is_undone_or_has_a_check_never_both(desk: Cast) -> None:
    numbered(desk)
    for _ in range(ROUNDS):
        entry = paid(desk, 10)
        undo = partial(reverse, desk.coordinator, key(), original=entry, book_date=today(), reason="Never true")
        results = at_once(issuing(desk, entry), undo)
        refused = [result.code for result in results if isinstance(result, Refusal)]
        assert refused in (["check_is_out"], ["payment_undone"])


def cut_off(deed: Any, owner: "psycopg.Connection[Any]") -> None:
    """Do something and lose the connection before it is committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        deed()
        cursor.execute("SELECT pg_backend_pid()")
        owner.execute("SELECT pg_terminate_backend(%s)", cursor.fetchone())
        cursor.execute("SELECT 1")


def test_a_crash_in_the_middle_loses_no_number(desk: Cast, owner: "psycopg.Connection[Any]") -> None:
    numbered(desk)
    entries = [paid(desk, 10), paid(desk, 11)]
    for entry in entries:
        with pytest.raises(DatabaseError):
            cut_off(issuing(desk, entry, f"k-{entry.pk}"), owner)
        connection.close()
    assert not Check.objects.exists()
    batches = [issuing(desk, entry, f"k-{entry.pk}")() for entry in entries]  # the same keys: nothing had been done
    assert [batch.checks.get().number for batch in batches] == [1001, 1002]
    assert faults_of_the_books() == []


def test_a_spoiled_check_is_replaced_once(desk: Cast) -> None:
    numbered(desk)
    for _ in range(ROUNDS):
        entry = paid(desk, 10)
        (check,) = issued(desk, entry)
        at_once(partial(spoil_check, desk.coordinator, key(), check, "Jam"), issuing(desk, entry), issuing(desk, entry))
        live = Check.objects.filter(entry=entry, state="issued")
        assert live.count() <= 1
    assert gaps(desk.account) == []
