"""Checks: each number once, none lost, one in force for a payment."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from disbursements import check_queries
from disbursements.check_queries import Gap, checks_to_print, gaps
from disbursements.check_refusals import (
    CheckDateWrong,
    CheckEnded,
    CheckIsThere,
    CheckNumberBehind,
    CheckNumberFar,
    CheckNumberingMissing,
    CheckNumberTaken,
    CheckNumberWrong,
    NoChecksChosen,
    NotPaidByCheck,
    PaymentGone,
    PaymentUndone,
    TooManyChecks,
)
from disbursements.checks import issue_checks, record_written_check, set_numbering, spoil_blank, spoil_check
from disbursements.models import BY_CHECK, Check, CheckNumbering
from firms.models import AuditEvent
from firms.refusals import NotAllowed, translating
from ledgers.access import books_of
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import reverse
from ledgers.refusals import KeyReused, ReasonMissing
from tests.cast import Cast, key, today
from tests.disbursements.checking import entry_of, issued, numbered, paid, printed
from tests.disbursements.outstanding import opening_check

pytestmark = pytest.mark.django_db


def waiting(cast: Cast) -> list[int]:
    """Return the payments that wait for the printer, as the coordinator sees them."""
    return [entry.pk for entry in checks_to_print(books_of(cast.coordinator), cast.account)]


class TestChecksToPrint:
    def test_are_posted_payments_by_check_without_one(self, desk: Cast) -> None:
        numbered(desk)
        first, second = paid(desk), paid(desk, 100)
        paid(desk, 200, method="wire")
        undone = paid(desk, 300)
        reverse(desk.coordinator, key(), original=undone, book_date=today(), reason="Never true")
        assert waiting(desk) == [first.pk, second.pk]
        issued(desk, first)
        assert waiting(desk) == [second.pk]

    def test_begin_on_the_day_the_firm_said(self, desk: Cast) -> None:
        desk.receive(desk.smith_matter, 9000, on=desk.start)
        paid(desk, 100, on=today() - timedelta(days=1))
        late = paid(desk, 200)
        assert waiting(desk) == []
        numbered(desk, since=today())
        assert waiting(desk) == [late.pk]

    def test_leave_out_what_is_behind_a_wall(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        assert waiting(desk) == []
        with pytest.raises(PaymentGone):
            issue_checks(desk.coordinator, key(), desk.account, [entry.pk])

    def test_are_the_same_kinds_in_the_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT k FROM unnest(%s::text[]) k WHERE paid_by_check(k, 'check', -1)",
                           [list(JournalEntry.Kind.values)])  # fmt: skip
            assert {kind for (kind,) in cursor.fetchall()} == {str(kind) for kind in BY_CHECK}


class TestIssueChecks:
    def test_gives_the_next_numbers_oldest_payment_first(self, desk: Cast) -> None:
        numbered(desk, 1001)
        entries = [paid(desk, 100 + place, purpose=f"Fee {place}") for place in range(3)]
        checks = issued(desk, *reversed(entries))
        assert [(check.number, check.entry_id) for check in checks] == [
            (1001 + place, entry.pk) for place, entry in enumerate(entries)
        ]
        assert CheckNumbering.objects.get().next_number == 1004
        first = checks[0]
        assert (first.payee, first.amount, first.state) == ("Court Clerk", money(100), "issued")
        assert first.memo == "Jane Smith / 2026-0142 Smith v. Jones · Fee 0 · 1001"

    def test_answers_a_repeated_key_with_the_same_numbers(self, desk: Cast) -> None:
        numbered(desk)
        entry, other = paid(desk), paid(desk, 50)
        batches = {issue_checks(desk.coordinator, "again", desk.account, [entry.pk]).pk for _ in range(3)}
        assert len(batches) == 1
        assert Check.objects.count() == 1
        with pytest.raises(KeyReused):
            issue_checks(desk.coordinator, "again", desk.account, [other.pk])

    def test_refuses_a_payment_that_has_its_check(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        with pytest.raises(CheckIsThere) as refused:
            issue_checks(desk.coordinator, key(), desk.account, [check.entry_id or 0])
        assert refused.value.facts["number"] == 1001
        assert CheckNumbering.objects.get().next_number == 1002

    def test_refuses_what_is_no_payment_by_check(self, desk: Cast) -> None:
        numbered(desk)
        receipt, wire = desk.receive(desk.smith_matter, 100).id, paid(desk, 10, method="wire").pk
        for entry in (receipt, wire):
            with pytest.raises(NotPaidByCheck):
                issue_checks(desk.coordinator, key(), desk.account, [entry])
        set_numbering(desk.coordinator, desk.second_account, 1, desk.start)
        with pytest.raises(NotPaidByCheck):
            issue_checks(desk.coordinator, key(), desk.second_account, [paid(desk).pk])
        assert not Check.objects.exists()

    def test_refuses_what_was_reversed(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        reverse(desk.coordinator, key(), original=entry, book_date=today(), reason="Never true")
        with pytest.raises(PaymentUndone):
            issue_checks(desk.coordinator, key(), desk.account, [entry.pk])

    def test_refuses_before_the_first_number_is_set(self, desk: Cast) -> None:
        with pytest.raises(CheckNumberingMissing) as refused:
            issue_checks(desk.coordinator, key(), desk.account, [paid(desk).pk])
        assert "IOLTA" in refused.value.detail

    def test_refuses_none_and_too_many(self, desk: Cast) -> None:
        numbered(desk)
        with pytest.raises(NoChecksChosen):
            issue_checks(desk.coordinator, key(), desk.account, [])
        with pytest.raises((TooManyChecks, PaymentGone)):
            issue_checks(desk.coordinator, key(), desk.account, range(1, 102))

    def test_is_the_coordinators_work(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        for person in (desk.attorney, desk.supervisor, desk.partner, desk.auditor, desk.administrator):
            with pytest.raises(NotAllowed):
                issue_checks(person, key(), desk.account, [entry.pk])
            with pytest.raises(NotAllowed), translating(), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT issue_checks(%s, %s, %s)", [person.pk, desk.account.pk, [entry.pk]])


class TestSpoilCheck:
    def test_keeps_the_number_void_and_the_reprint_takes_the_next(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        spoiled = spoil_check(desk.coordinator, key(), check, "The printer ate it")
        assert (spoiled.number, spoiled.state, spoiled.reason) == (1001, "void", "The printer ate it")
        assert waiting(desk) == [check.entry_id]
        (again,) = issued(desk, entry_of(check))
        assert (again.number, again.replaces_id, again.amount) == (1002, check.pk, check.amount)
        assert desk.smith_ledger.balance == money(96000)

    def test_needs_a_reason_and_happens_once(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        with pytest.raises(ReasonMissing):
            spoil_check(desk.coordinator, key(), check, "  ")
        spoil_check(desk.coordinator, "k", check, "Jam")
        spoil_check(desk.coordinator, "k", check, "Jam")
        with pytest.raises(CheckEnded):
            spoil_check(desk.coordinator, key(), check, "Jam")

    def test_of_a_blank_takes_the_next_number(self, desk: Cast) -> None:
        numbered(desk)
        blank = spoil_blank(desk.coordinator, key(), desk.account, None, "Test print")
        assert (blank.number, blank.state, blank.entry_id, blank.amount) == (1001, "void", None, money(0))
        assert printed(desk).number == 1002


class TestWrittenChecks:
    def test_are_recorded_with_their_own_number(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        check = record_written_check(desk.coordinator, key(), entry, 1003, today())
        assert (check.number, check.origin, check.payee) == (1003, "written", "Court Clerk")
        assert waiting(desk) == []
        numbers = [printed(desk, 100).number for _ in range(3)]
        assert numbers == [1001, 1002, 1004]

    def test_are_refused_with_a_number_that_is_taken_or_none(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk)
        with pytest.raises(CheckNumberTaken):
            record_written_check(desk.coordinator, key(), paid(desk, 10), 1001, today())
        for number in (0, -1, 10_000_000_000):
            with pytest.raises(CheckNumberWrong):
                record_written_check(desk.coordinator, key(), paid(desk, 10), number, today())

    def test_ask_about_a_number_that_is_far(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        with pytest.raises(CheckNumberFar) as asked:
            record_written_check(desk.coordinator, key(), entry, 9001, today())
        assert asked.value.facts["nearest"] == 1001
        check = record_written_check(desk.coordinator, key(), entry, 9001, today(), begins_book=True)
        assert check.begins_book
        assert gaps(desk.account) == []

    def test_are_dated_from_the_posting_to_today(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        for day in (today() + timedelta(days=1), entry.book_date - timedelta(days=1)):
            with pytest.raises(CheckDateWrong):
                record_written_check(desk.coordinator, key(), entry, 1001, day)


class TestNumbers:
    def test_go_on_and_never_back(self, desk: Cast) -> None:
        numbered(desk, 1001)
        printed(desk)
        for number in (1001, 1):
            with pytest.raises(CheckNumberBehind):
                set_numbering(desk.coordinator, desk.account, number)
        set_numbering(desk.coordinator, desk.account, 5001)
        assert printed(desk, 10).number == 5001
        event = AuditEvent.objects.filter(action="checks.numbering").latest("pk")
        assert (event.detail.before or {})["next_number"] == 1002
        assert (event.detail.after or {})["next_number"] == 5001

    def test_that_are_missing_are_named(self, desk: Cast) -> None:
        numbered(desk, 1001)
        printed(desk)
        record_written_check(desk.coordinator, key(), paid(desk, 10), 1004, today())
        assert gaps(desk.account) == [Gap(1002, 1003, 2)]
        spoil_blank(desk.coordinator, key(), desk.account, 1003, "Torn out")
        assert gaps(desk.account) == [Gap(1002, 1002, 1)]
        printed(desk, 20)
        assert gaps(desk.account) == []

    def test_of_new_stock_leave_no_gap(self, desk: Cast) -> None:
        numbered(desk, 1001)
        printed(desk)
        numbered(desk, 5001)
        printed(desk, 10)
        assert gaps(desk.account) == []
        used = check_queries.numbers_in_use(desk.account)
        assert (used.first, used.last, used.count, used.next_number) == (1001, 5001, 2, 5002)

    def test_of_opening_checks_are_not_given_again(self, desk: Cast) -> None:
        entry = opening_check(desk, "1002")
        numbered(desk, 1001)
        assert [printed(desk, 100).number for _ in range(2)] == [1001, 1003]
        with pytest.raises(CheckNumberTaken):
            record_written_check(desk.coordinator, key(), paid(desk, 10), 1002, today())
        twice = opening_check(desk, "#1001")
        assert [(row.number, row.count) for row in check_queries.duplicates(desk.account)] == [(1001, 2)]
        assert {entry.kind, twice.kind} == {"opening_check"}
