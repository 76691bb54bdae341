"""Two people at once: real connections of the web role, real commits.

Rule: SPEC section 2, I4, I7, I12; RELIABILITY: sum-then-insert paid 171 of 200 racers for one $100.
"""

import random
import threading
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from ledgers.closing import close_account
from ledgers.holds import end_reservation, place_hold
from ledgers.models import Command, Hold, JournalEntry, Ledger, Matter, TrustAccount
from ledgers.money import cents_of, money
from ledgers.months import book_balance, lock_month, reopen_month
from ledgers.parties import create_matter
from ledgers.posting import (
    Posted,
    Share,
    post_disbursement,
    post_matter_transfer,
    post_receipt,
    return_receipt,
    reverse,
)
from tests.cast import Cast, key, today
from tests.faults.crowd import FULL, Crowd, crowd, deadlocks, faults_of_the_books, outcomes

JANUARY = date(2026, 1, 1)
IN_JANUARY = date(2026, 1, 20)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Iterator[Crowd]:
    """As many as come at once."""
    with crowd(200 if FULL else 40) as assembled:
        yield assembled


def matters(cast: Cast, count: int) -> list[Matter]:
    """Open matters of Smith's that have no ledger yet."""
    return [
        create_matter(
            number=f"2026-9{number:03}",
            client=cast.smith,
            description="A case",
            accounts=[cast.account],
            responsible_attorney=cast.attorney,
            opened_date=cast.start,
        )
        for number in range(count)
    ]


class TestTheLastHundredDollars:
    """200 people ask for it."""

    def test_goes_to_exactly_one_request(self, cast: Cast, people: Crowd) -> None:
        cast.receive(cast.smith_matter, 10_000)
        ledger = cast.smith_ledger
        for round_number in range(50):
            ask = partial(place_hold, cast.coordinator, ledger, "reserved", money(10_000), f"Round {round_number}")
            answers = people.at_once([ask] * 200)
            assert outcomes(answers) == {"done": 1, "insufficient_funds": 199}
            (winner,) = (answer for answer in answers if isinstance(answer, Hold))
            end_reservation(cast.coordinator, winner, "Next round")
        assert faults_of_the_books() == []

    def test_is_paid_exactly_once(self, cast: Cast, people: Crowd) -> None:
        cast.receive(cast.smith_matter, 10_000)
        ledger = cast.smith_ledger
        approved = [cast.authority(ledger, 10_000) for _ in range(200 if FULL else 60)]
        for _ in range(50 if FULL else 4):
            pay = [
                partial(post_disbursement, cast.coordinator, key(), authority=authority, book_date=today())
                for authority in approved
            ]
            answers = people.at_once(pay)
            assert outcomes(answers) == {"done": 1, "insufficient_funds": len(approved) - 1}
            assert cast.smith_ledger.balance == money(0)
            cast.receive(cast.smith_matter, 10_000)
            winner = next(place for place, answer in enumerate(answers) if not isinstance(answer, Exception))
            approved[winner] = cast.authority(ledger, 10_000)
        assert faults_of_the_books() == []


def test_one_key_used_a_hundred_times_at_once_has_one_effect_and_equal_answers(cast: Cast, people: Crowd) -> None:
    post = partial(
        post_receipt, cast.coordinator, "one intent", account=cast.account, book_date=today(), method="wire", payer="P",
        shares=[Share(cast.smith_matter, money(100))],
    )  # fmt: skip
    answers = people.at_once([post] * 100)
    assert len({answer.ids for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    assert (JournalEntry.objects.count(), Command.objects.count()) == (1, 1)
    assert cast.smith_ledger.balance == money(100)


class TestCrossingTransfers:
    """There and back between the same ledgers, by 16 at a time."""

    def test_never_deadlock(self, cast: Cast) -> None:
        """Each in a transaction of its own caller, where nothing is tried again."""
        before, dice = deadlocks(), random.Random(6)
        theirs = matters(cast, 6)
        for matter in theirs:
            cast.receive(matter, 1_000_000)
        ledgers = [cast.ledger(matter) for matter in theirs]

        def move(source: Ledger, destination: Ledger) -> None:
            authority = cast.authority(source, 1, kind="matter_transfer", destination_ledger_id=destination.pk)
            with transaction.atomic():
                post_matter_transfer(cast.coordinator, key(), authority=authority, book_date=today())

        pairs = [dice.sample(ledgers, 2) for _ in range(2_400 if FULL else 480)]
        with crowd(16) as sixteen:
            answers = sixteen.at_once([partial(move, *pair) for pair in pairs])
        assert outcomes(answers) == {"done": len(pairs)}
        assert deadlocks() == before
        assert sum(cents_of(Ledger.objects.get(pk=ledger.pk).balance) for ledger in ledgers) == 6_000_000

    def test_as_split_receipts_listed_in_any_order_never_deadlock(self, cast: Cast) -> None:
        before, dice = deadlocks(), random.Random(7)
        theirs = matters(cast, 5)

        def receive(order: list[Matter]) -> None:
            with transaction.atomic():
                post_receipt(
                    cast.coordinator, key(), account=cast.account, book_date=today(), method="wire", payer="P",
                    shares=[Share(matter, money(1)) for matter in order],
                )  # fmt: skip

        with crowd(16) as sixteen:
            orders = [dice.sample(theirs, 4) for _ in range(640)]
            assert outcomes(sixteen.at_once([partial(receive, order) for order in orders])) == {"done": 640}
        assert deadlocks() == before
        assert cents_of(book_balance(cast.account, today())) == 4 * 640

    def test_lock_in_one_order_whatever_was_asked_first(self, cast: Cast) -> None:
        """Two receipts over the same two ledgers, begun on different ones: the second waits, neither is cut off."""
        pair = matters(cast, 2)
        for matter in pair:
            cast.receive(matter, 1)
        with crowd(16) as sixteen:
            ledgers = [cast.ledger(matter) for matter in pair]
            post = [
                partial(
                    post_receipt, cast.coordinator, key(), account=cast.account, book_date=today(), method="wire",
                    payer="P", shares=[Share(ledger, money(1)) for ledger in ledgers[:: 1 if number % 2 else -1]],
                )
                for number in range(160)
            ]  # fmt: skip
            before = deadlocks()
            assert outcomes(sixteen.at_once(post)) == {"done": 160}
        assert deadlocks() == before


def receive_in_january(cast: Cast, *cents: int) -> Posted:
    """Record a receipt, for one ledger or split over two: the pen goes another way for each."""
    matters = (cast.smith_matter, cast.doe_matter)
    shares = [Share(matter, money(amount)) for matter, amount in zip(matters, cents, strict=False)]
    told: dict[str, Any] = {"account": cast.account, "book_date": IN_JANUARY, "method": "wire", "payer": "A payer"}
    return post_receipt(cast.coordinator, key(), shares=shares, **told)


class TestTheMonthsLock:
    """Posted before it and counted, or refused; never in between."""

    def test_and_postings_never_pass_each_other(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000, on=IN_JANUARY)
        dice, seen = random.Random(8), set()
        with crowd(4) as four:
            for _ in range(500 if FULL else 300):

                def lock() -> int:
                    time.sleep(dice.random() / 200)
                    return cents_of(lock_month(cast.account, JANUARY, cast.coordinator, cast.supervisor))

                def post() -> Any:
                    time.sleep(dice.random() / 200)
                    return cast.receive(cast.smith_matter, 1, on=IN_JANUARY)

                counted, *posted = four.at_once([lock, post, post, post])
                seen |= set(outcomes(posted))
                assert set(outcomes(posted)) <= {"done", "month_locked"}
                assert faults_in_locked_month(cast) == counted
                reopen_month(cast.account, JANUARY, cast.coordinator, cast.supervisor, "Next round")
        assert seen == {"done", "month_locked"}

    @pytest.mark.parametrize("cents", [(10_000,), (4_000, 6_000)])
    def test_waits_for_a_posting_that_has_begun_and_counts_it(self, cast: Cast, cents: tuple[int, ...]) -> None:
        locked: list[int] = []

        def lock() -> None:
            locked.append(cents_of(lock_month(cast.account, JANUARY, cast.coordinator, cast.supervisor)))

        with crowd(1) as supervisor:
            with transaction.atomic():
                receive_in_january(cast, *cents)
                locking = supervisor.pool.submit(lock)
                time.sleep(0.3)
                assert not locking.done()
            locking.result(10)
        assert locked == [10_000]

    @pytest.mark.parametrize("cents", [(1,), (1, 2)])
    def test_lets_a_posting_wait_and_then_refuses_it(self, cast: Cast, cents: tuple[int, ...]) -> None:
        with crowd(1) as coordinator:
            with transaction.atomic():
                lock_month(cast.account, JANUARY, cast.coordinator, cast.supervisor)
                posting = coordinator.pool.submit(coordinator_posts, partial(receive_in_january, cast, *cents))
                time.sleep(0.3)
                assert not posting.done()
            assert posting.result(10) == "month_locked"


class TestClosingAnAccount:
    """An account closes while somebody receives money for it."""

    def test_waits_for_a_posting_that_has_begun_and_is_refused(self, cast: Cast) -> None:
        with crowd(1) as desk:
            with transaction.atomic():
                cast.receive(cast.smith_matter, 10_000, account=cast.second_account)
                closing = desk.pool.submit(coordinator_posts, partial(close_second_account, cast))
                time.sleep(0.3)
                assert not closing.done()
            assert closing.result(10) == "account_holds_money"

    def test_lets_a_posting_of_the_same_day_wait_and_then_refuses_it(self, cast: Cast) -> None:
        receive = partial(cast.receive, cast.smith_matter, 1, account=cast.second_account)
        with crowd(1) as desk:
            with transaction.atomic():
                close_second_account(cast)
                posting = desk.pool.submit(coordinator_posts, receive)
                time.sleep(0.3)
                assert not posting.done()
            assert posting.result(10) == "account_closed"


def close_second_account(cast: Cast) -> None:
    """Close the second account today, on the bank's word."""
    account = TrustAccount.objects.get(pk=cast.second_account.pk)
    close_account(cast.coordinator, account, account.version, today(), "Letter of First National")


def coordinator_posts(post: Any) -> str:
    """Post, and answer the refusal's code."""
    try:
        post()
    except Exception as refusal:  # noqa: BLE001 (its code is what is asserted)
        return getattr(refusal, "code", repr(refusal))
    return "done"


def faults_in_locked_month(cast: Cast) -> int:
    """Return what the entries of January and before sum to, asked of the entries themselves."""
    amounts = JournalEntry.objects.filter(trust_account=cast.account, book_date__lt=date(2026, 2, 1))
    return sum(cents_of(amount) for amount in amounts.values_list("bank_amount", flat=True))


class TestOneReceipt:
    """Undone, spent, and returned by different people at the same moment."""

    def test_is_either_undone_or_spent(self, cast: Cast) -> None:
        with crowd(2) as two:
            for _ in range(100 if FULL else 25):
                receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10_000).id)
                authority = cast.authority(cast.smith_ledger, 10_000)
                undo = partial(
                    reverse, cast.coordinator, key(), original=receipt, book_date=today(), reason="Never was"
                )
                spend = partial(post_disbursement, cast.coordinator, key(), authority=authority, book_date=today())
                answers = outcomes(two.at_once([undo, spend]))
                assert answers in ({"done": 1, "insufficient_funds": 1}, {"done": 1, "deficit_needs_second_person": 1})
                assert (cast.smith_ledger.balance, cast.smith_ledger.deficit) == (money(0), money(0))
        assert faults_of_the_books() == []

    def test_is_not_returned_twice_out_of_two_ledgers(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 1)
        places = [cast.smith_ledger, cast.special("firm_funds")]
        with crowd(2) as two:
            for _ in range(20):
                receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10_000).id)
                come_back = [
                    partial(
                        return_receipt, cast.coordinator, key(), receipt=receipt, book_date=today(), advice="NSF",
                        shares=[Share(place, money(10_000))], second_person=cast.supervisor,
                    )
                    for place in places
                ]  # fmt: skip
                assert outcomes(two.at_once(come_back)) == {"done": 1, "returned_more_than_received": 1}
        assert faults_of_the_books() == []


def test_the_first_postings_of_a_new_matter_open_one_ledger(cast: Cast) -> None:
    with crowd(16) as sixteen:
        for matter in matters(cast, 10):
            answers = sixteen.at_once([partial(cast.receive, matter, 100) for _ in range(16)])
            assert outcomes(answers) == {"done": 16}
            assert cast.ledger(matter).balance == money(1_600)
            assert Ledger.objects.filter(matter=matter).count() == 1
    assert threading.active_count() < 40
