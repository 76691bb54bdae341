"""A request nobody decides: a letter after 2 and after 24 business hours, an exception, and after 30 days its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from compliance.models import TrustException
from compliance.watch import look
from disbursements.approval import approve, last_day_to_post, reject
from disbursements.follow_up import EXPIRE_AFTER_DAYS, follow_up
from disbursements.links import LinkState, issue_link, link_of, state_of
from disbursements.models import DisbursementRequest, State
from disbursements.requests import RequestDecided, withdraw
from disbursements.tasks import follow_up_requests
from firms.clock import asked as answer_of
from firms.clock import now, today
from firms.models import AuditEvent, OutboxEvent
from ledgers.holds import held_amount
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import Share, return_receipt
from tests.cast import Cast, key
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

At = Callable[[str], None]
# A Monday to come, so that today's people have their roles; the clock is put forward on March 9, 2031.
MONDAY_AT_TEN = "2031-03-03 10:00-05"


def letters() -> list[str]:
    """Return which reminders were told, in their order."""
    told = OutboxEvent.objects.filter(kind="request_overdue").order_by("pk")
    return [key.rpartition(":")[2] for key in told.values_list("dedupe", flat=True)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2031-03-03 10:00-05", "2031-03-03 12:30-05", 2.5),
        ("2031-03-03 06:00-05", "2031-03-03 08:00-05", 0),
        ("2031-03-03 17:00-05", "2031-03-04 09:00-05", 2),  # over night
        ("2031-03-07 17:00-05", "2031-03-10 09:00-04", 2),  # over a weekend, and the clock is put forward
        ("2031-03-08 12:00-05", "2031-03-09 12:00-04", 0),
        ("2031-07-03 18:00-04", "2031-07-07 08:30-04", 0.5),  # Independence Day
        ("2031-11-26 17:00-05", "2031-11-28 09:00-05", 2),  # Thanksgiving
        ("2031-03-03 12:00-05", "2031-03-03 10:00-05", 0),
    ],
)
def test_business_hours(cast: Cast, since: str, until: str, hours: float) -> None:
    passed = answer_of("SELECT business_hours_between(%s::timestamptz, %s::timestamptz)", since, until)
    assert float(passed) == hours


@pytest.mark.django_db
class TestReminders:
    @pytest.mark.parametrize(
        ("when", "expected"),
        [
            ("2031-03-03 11:59-05", []),
            ("2031-03-03 12:00-05", ["1"]),
            ("2031-03-05 13:59-05", ["1"]),
            ("2031-03-05 14:00-05", ["2"]),  # 8 + 10 + 6 hours; the first was missed and is not made up for
        ],
    )
    def test_go_when_their_time_has_come(self, desk: Cast, at: At, when: str, expected: list[str]) -> None:
        at(MONDAY_AT_TEN)
        ask(desk)
        at(when)
        assert follow_up() == {"reminded": len(expected), "handed_over": 0, "expired": 0}
        assert letters() == expected

    def test_go_once_each_to_who_may_decide(self, desk: Cast, at: At) -> None:
        at(MONDAY_AT_TEN)
        request = ask(desk)
        for when in ("2031-03-03 12:00-05", "2031-03-03 12:01-05", "2031-03-05 15:00-05", "2031-03-06 15:00-05"):
            at(when)
            follow_up()
        assert letters() == ["1", "2"]
        for event in OutboxEvent.objects.filter(kind="request_overdue"):
            assert (event.payload["request"], desk.attorney.pk in event.payload["to"]) == (request.pk, True)
            assert event.actor_id is None

    def test_stop_when_it_is_decided_or_taken_back(self, desk: Cast, at: At) -> None:
        at(MONDAY_AT_TEN)
        rejected, withdrawn = ask(desk, 100), ask(desk, 200)
        reject(desk.attorney, rejected.pk, rejected.version, "Not agreed")
        withdraw(desk.coordinator, withdrawn.pk, withdrawn.version)
        at("2031-03-10 12:00-04")
        assert follow_up() == {"reminded": 0, "handed_over": 0, "expired": 0}

    def test_are_asked_for_in_few_statements(self, desk: Cast, at: At, django_assert_max_num_queries: object) -> None:
        at(MONDAY_AT_TEN)
        for cents in range(100, 110):
            ask(desk, cents)
        at("2031-03-03 13:00-05")
        follow_up()
        with django_assert_max_num_queries(4):  # type: ignore[operator]
            assert follow_up() == {"reminded": 0, "handed_over": 0, "expired": 0}

    def test_become_an_exception_that_closes_by_itself(self, desk: Cast, at: At) -> None:
        at(MONDAY_AT_TEN)
        request = ask(desk)
        overdue = TrustException.objects.filter(rule="overdue_approval").exclude(state="resolved")
        at("2031-03-05 13:59-05")
        look()
        assert not overdue.exists()
        at("2031-03-05 14:00-05")
        look()
        assert overdue.get().subject_id == str(request.pk)
        withdraw(desk.coordinator, request.pk, request.version)
        look()
        assert not overdue.exists()


@pytest.mark.django_db
class TestExpiry:
    def test_ends_the_request_and_frees_its_money(self, desk: Cast, at: At) -> None:
        at(MONDAY_AT_TEN)
        request = ask(desk)
        token = issue_link(request.pk, desk.attorney)
        at("2031-04-02 10:59-04")  # 30 times 24 hours: the clock was put forward meanwhile
        assert follow_up()["expired"] == 0
        assert held_amount(desk.smith_ledger) == money(40000)
        at("2031-04-02 11:00-04")
        assert follow_up() == {
            "reminded": 0,
            "handed_over": 0,
            "expired": 1,
        }  # nobody is asked about what ends in the same minute
        request.refresh_from_db()
        assert (request.state, request.closed_by_id, request.closed_at) == (State.EXPIRED, None, now())
        assert request.reason == f"Nobody decided within {EXPIRE_AFTER_DAYS} days."
        assert held_amount(desk.smith_ledger) == money(0)
        link = link_of(token)
        assert link is not None
        assert state_of(link) == LinkState.VOID
        told = OutboxEvent.objects.get(kind="request_expired").payload["to"]
        assert {desk.coordinator.pk, desk.attorney.pk} <= set(told)
        changed = AuditEvent.objects.filter(subject_id=str(request.pk), source="job:follow-up")
        assert changed.exists()
        assert follow_up()["expired"] == 0

    def test_leaves_nothing_to_decide(self, desk: Cast, at: At) -> None:
        at(MONDAY_AT_TEN)
        request = ask(desk)
        at("2031-04-03 11:00-04")
        follow_up()
        with pytest.raises(RequestDecided, match="expired"):
            approve(desk.attorney, request.pk, request.version, request.content_hash, code_of(desk.attorney))
        assert DisbursementRequest.objects.get(pk=request.pk).entry_id is None

    def test_ends_what_was_approved_and_never_funded(self, desk: Cast, at: At) -> None:
        request = unfunded(desk)
        last_day = last_day_to_post(request)
        at(f"{last_day} 23:59 America/New_York")
        assert follow_up()["expired"] == 0
        at(f"{last_day + timedelta(days=1)} 00:01 America/New_York")
        assert follow_up()["expired"] == 1
        request.refresh_from_db()
        assert request.authority is not None
        assert (request.state, request.authority.voided_at is not None) == (State.EXPIRED, True)


def unfunded(desk: Cast) -> DisbursementRequest:
    """Let the money of a request go while it waits, by what the bank has done, and have it approved."""
    request = ask(desk)
    return_receipt(
        desk.coordinator,
        key(),
        receipt=JournalEntry.objects.get(kind="receipt"),
        book_date=today(),
        shares=[Share(desk.smith_ledger, money(80000))],
        advice="NSF",
        second_person=desk.partner,
    )
    approve(desk.attorney, request.pk, request.version, request.content_hash, code_of(desk.attorney))
    request.refresh_from_db()
    assert request.state == State.APPROVED_UNFUNDED
    return request


@pytest.mark.django_db
def test_the_request_says_when_it_ends_and_that_it_ended(desk: Cast, at: At) -> None:
    at(MONDAY_AT_TEN)
    request = ask(desk)
    page = browser_of(desk.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
    assert "it ends by itself on" in page
    assert "Apr 2, 2031 11:00 AM EDT" in page
    at("2031-04-03 11:00-04")
    follow_up()
    page = browser_of(desk.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
    assert "it ends by itself" not in page
    assert "Nobody decided within 30 days." in page


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_letter_and_end_it_once(desk: Cast, at: At) -> None:
    at("2031-03-03 10:00-05")
    ask(desk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('trustledger.now', '', false)")

    def work(_: int) -> dict[str, int]:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('trustledger.now', '2031-04-03 12:00-04', false)")
            return follow_up_requests()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(8)))
    assert sum(one["expired"] for one in done) == 1
    assert len(letters()) <= 1
    assert DisbursementRequest.objects.get().state == State.EXPIRED
