"""Checks that end: stopped and issued anew, void with the payment undone; the register and the ages."""

from datetime import date, timedelta
from functools import partial

import pytest

from disbursements.check_ending import stop_payment, take_up_opening, void_payment
from disbursements.check_queries import checks_to_print
from disbursements.check_refusals import (
    BlankPaysNothing,
    CheckEnded,
    CheckIsThere,
    CheckNumberWrong,
    NotPaidByCheck,
    PaymentGone,
)
from disbursements.check_register import RegisterSpan, aging, outstanding, register, register_totals
from disbursements.checks import issue_checks, record_written_check, spoil_blank, spoil_check
from disbursements.models import Check
from firms.refusals import NotAllowed, Refusal
from ledgers.access import books_of
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import reverse
from ledgers.refusals import AlreadyReversed, DatedInFuture, ReasonMissing
from tests.cast import Cast, key, today
from tests.disbursements.checking import entry_of, issued, numbered, paid, printed
from tests.disbursements.outstanding import CENTS, opening_check
from tests.faults.crowd import at_once, faults_of_the_books


@pytest.mark.django_db
class TestStopPayment:
    def test_lets_the_payment_be_issued_anew_by_a_linked_check(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        stopped = stop_payment(desk.coordinator, key(), check, "Lost in the mail", "SP-20417")
        assert (stopped.state, stopped.bank_reference) == ("stopped", "SP-20417")
        (again,) = issued(desk, entry_of(check))
        assert (again.number, again.replaces_id, again.entry_id) == (1002, check.pk, check.entry_id)
        assert desk.smith_ledger.balance == money(96000)

    def test_happens_once_with_a_reason(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        with pytest.raises(ReasonMissing):
            stop_payment(desk.coordinator, key(), check, " ", "")
        assert stop_payment(desk.coordinator, "k", check, "Lost", "").pk == check.pk
        assert stop_payment(desk.coordinator, "k", check, "Lost", "").pk == check.pk
        for end in (stop_payment, lambda *said: spoil_check(*said[:4])):
            with pytest.raises(CheckEnded):
                end(desk.coordinator, key(), check, "Lost", "")

    def test_is_not_of_a_blank_nor_of_a_walled_matter_nor_by_others(self, desk: Cast) -> None:
        numbered(desk)
        blank, check = spoil_blank(desk.coordinator, key(), desk.account, None, "Jam"), printed(desk)
        with pytest.raises(BlankPaysNothing):
            stop_payment(desk.coordinator, key(), blank, "Lost", "")
        with pytest.raises(NotAllowed):
            stop_payment(desk.attorney, key(), check, "Lost", "")
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        with pytest.raises(PaymentGone):
            stop_payment(desk.coordinator, key(), check, "Lost", "")


@pytest.mark.django_db
class TestVoidPayment:
    def test_undoes_the_payment_with_its_check(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        posted = void_payment(desk.coordinator, key(), check, today(), "Never cashed")
        check.refresh_from_db()
        reversal = JournalEntry.objects.select_related("text").get(pk=posted.id)
        assert (check.state, reversal.reverses_id) == ("void", check.entry_id)
        assert reversal.text.reason == "Check 1001: Never cashed"
        assert desk.smith_ledger.balance == money(100000)
        assert not checks_to_print(books_of(desk.coordinator), desk.account)

    def test_of_a_stopped_or_spoiled_check_only_undoes_the_payment(self, desk: Cast) -> None:
        numbered(desk)
        stopped, spoiled = printed(desk, 100), printed(desk, 200)
        stop_payment(desk.coordinator, key(), stopped, "Lost", "SP-1")
        spoil_check(desk.coordinator, key(), spoiled, "Jam")
        for check, state in ((stopped, "stopped"), (spoiled, "void")):
            void_payment(desk.coordinator, key(), check, today(), "Not needed any more")
            check.refresh_from_db()
            assert check.state == state
        assert desk.smith_ledger.balance == money(100000)

    def test_undoes_it_once_and_answers_a_repeat(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        first = void_payment(desk.coordinator, "k", check, today(), "Never cashed")
        again = void_payment(desk.coordinator, "k", check, today(), "Never cashed")
        assert (again.id, again.repeated) == (first.id, True)
        with pytest.raises(AlreadyReversed):
            void_payment(desk.coordinator, key(), check, today(), "Never cashed")

    def test_refused_leaves_the_check_in_force(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        with pytest.raises(DatedInFuture):
            void_payment(desk.coordinator, key(), check, today() + timedelta(days=1), "Never cashed")
        with pytest.raises(ReasonMissing):
            void_payment(desk.coordinator, key(), check, today(), "")
        with pytest.raises(NotAllowed):
            void_payment(desk.supervisor, key(), check, today(), "Never cashed")
        check.refresh_from_db()
        assert check.state == "issued"
        assert desk.smith_ledger.balance == money(96000)


@pytest.mark.django_db
class TestOpeningChecks:
    def test_are_taken_up_to_be_stopped_or_made_void(self, desk: Cast) -> None:
        entry = opening_check(desk, "#00981")
        check = take_up_opening(desk.coordinator, key(), entry)
        assert (check.number, check.origin, check.check_date, check.amount) == (
            981, "opening", entry.book_date, money(CENTS)
        )  # fmt: skip
        with pytest.raises(CheckIsThere):
            take_up_opening(desk.coordinator, key(), entry)
        void_payment(desk.coordinator, key(), check, today(), "Stale")
        assert JournalEntry.objects.filter(reverses=entry).exists()

    def test_need_a_number_and_are_of_the_import(self, desk: Cast) -> None:
        with pytest.raises(CheckNumberWrong):
            take_up_opening(desk.coordinator, key(), opening_check(desk, "unknown"))
        with pytest.raises(NotPaidByCheck):
            take_up_opening(desk.coordinator, key(), paid(desk))


def lines_of(desk: Cast, first: date, last: date) -> list[tuple[str, str, int, int]]:
    """Return number, state, effect and balance in cents of the register's lines."""
    found = register(books_of(desk.coordinator), RegisterSpan(desk.account, first, last))
    return [(line.number, line.state, int(line.effect.amount * 100), int(line.balance.amount * 100)) for line in found]


@pytest.mark.django_db
class TestTheRegister:
    def test_tells_every_number_with_the_balance_after_it(self, desk: Cast) -> None:
        day = today()
        old = opening_check(desk, "981")
        numbered(desk)
        spoiled = printed(desk, 1000)
        spoil_check(desk.coordinator, key(), spoiled, "Jam")
        issued(desk, entry_of(spoiled))
        gone = printed(desk, 2000)
        desk.receive(desk.smith_matter, 500)
        void_payment(desk.coordinator, key(), gone, day, "Never cashed")
        paid(desk, 3000)
        spoil_blank(desk.coordinator, key(), desk.account, None, "Test print")
        assert lines_of(desk, desk.start, day) == [
            ("981", "opening", -CENTS, 0),
            ("1002", "printed", -1000, 99000),
            ("1003", "void", -2000, 97000),
            ("1003", "undone", 2000, 99500),
            ("", "to_print", -3000, 96500),
            ("1001", "void", 0, 96500),
            ("1004", "void", 0, 96500),
        ]
        assert old.book_date == desk.start

    def test_begins_with_what_was_there_before(self, desk: Cast) -> None:
        desk.receive(desk.smith_matter, 7000, on=desk.start)
        numbered(desk)
        paid(desk, 1000, on=desk.start)
        printed(desk, 500)
        span = RegisterSpan(desk.account, today(), today())
        totals = register_totals(books_of(desk.coordinator), span)
        assert (totals.opening, totals.closing, totals.paid, totals.undone, totals.hidden_count) == (
            money(6000), money(105500), money(500), money(0), 0,
        )  # fmt: skip
        assert lines_of(desk, today(), today())[-1][-1] == 105500

    def test_counts_what_is_behind_a_wall_and_shows_none_of_it(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk, 1000)
        desk.receive(desk.doe_matter, 5000)
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        books, span = books_of(desk.coordinator), RegisterSpan(desk.account, desk.start, today())
        assert list(register(books, span)) == []
        totals = register_totals(books, span)
        assert (totals.closing, totals.hidden_count) == (money(104000), 1)


@pytest.mark.django_db
class TestAging:
    def test_sorts_what_is_out_by_age(self, desk: Cast) -> None:
        day = today()
        desk.receive(desk.smith_matter, 100000, on=desk.start)
        numbered(desk)
        for number, (days, cents) in enumerate(((10, 100), (90, 200), (91, 300), (180, 400), (181, 500)), 1):
            on = day - timedelta(days=days)
            record_written_check(desk.coordinator, key(), paid(desk, cents, on=on), number, on, begins_book=True)
        undone = paid(desk, 9900, on=day - timedelta(days=200))
        reverse(desk.coordinator, key(), original=undone, book_date=day, reason="Never true")
        books = books_of(desk.coordinator)
        ages = aging(books, desk.account, day)
        assert (ages.fresh, ages.stale, ages.old) == (money(300), money(700), money(500))
        assert (ages.fresh_count, ages.stale_count, ages.old_count, ages.hidden_count) == (2, 2, 1, 0)
        assert [row.days for row in outstanding(books, desk.account, day, 90)] == [181, 180, 91]
        assert [row.number for row in outstanding(books, desk.account, day, 180)] == ["5"]
        stop_payment(desk.coordinator, key(), Check.objects.get(number=5), "Stale", "")
        assert aging(books, desk.account, day).old_count == 0

    def test_counts_opening_checks_from_their_own_date(self, desk: Cast) -> None:
        opening_check(desk, "981")
        (row,) = outstanding(books_of(desk.coordinator), desk.account, today(), 0)
        assert (row.number, row.state, row.on_date) == ("981", "opening", desk.start)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_a_payment_is_undone_or_issued_anew_never_both(self, desk: Cast) -> None:
        numbered(desk)
        for _ in range(10):
            check = printed(desk, 10)
            stop_payment(desk.coordinator, key(), check, "Lost", "")
            again = partial(issue_checks, desk.coordinator, key(), desk.account, [check.entry_id or 0])
            undo = partial(void_payment, desk.coordinator, key(), check, today(), "Not needed")
            results = at_once(again, undo)
            (lost,) = [result.code for result in results if isinstance(result, Refusal)]
            assert lost in {"check_is_out", "payment_undone"}
        assert faults_of_the_books() == []

    def test_a_retry_undoes_once(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk, 10)
        results = at_once(*[partial(void_payment, desk.coordinator, "k", check, today(), "Never cashed")] * 5)
        assert len({posted.id for posted in results}) == 1
        assert desk.smith_ledger.balance == money(100000)

    def test_a_check_is_stopped_or_spoiled_never_both(self, desk: Cast) -> None:
        numbered(desk)
        for _ in range(10):
            check = printed(desk, 10)
            stop = partial(stop_payment, desk.coordinator, key(), check, "Lost", "")
            results = at_once(stop, partial(spoil_check, desk.coordinator, key(), check, "Jam"))
            (lost,) = [result.code for result in results if isinstance(result, Refusal)]
            assert lost == "check_ended"
