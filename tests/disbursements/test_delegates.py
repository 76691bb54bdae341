"""While an attorney is away the delegate decides: is asked, sees the matter, and the record says for whom.

Rule: SPEC flow *Disbursement*; RELIABILITY D19.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from disbursements.approval import approve, reject
from disbursements.follow_up import follow_up
from disbursements.links import LinkState, issue_link, link_of, state_of
from disbursements.models import DisbursementRequest, State
from disbursements.queries import decidable_by, visible_to
from disbursements.requests import approvers_of, request_money
from firms.absences import end_absence, record_absence
from firms.clock import now, today
from firms.models import Absence, OutboxEvent, Person, Role, RoleGrant
from ledgers.access import books_of
from ledgers.authorities import Spending, authorize_spending
from ledgers.models import Matter, SpendingAuthority
from ledgers.parties import raise_wall
from ledgers.refusals import NotTheApprover
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast, hire, key
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def delegate(desk: Cast) -> Person:
    """Fay Park, an attorney with no matter of her own."""
    hired = hire("Fay Park", Role.ATTORNEY)
    give_second_factor(hired)
    return hired


def away(desk: Cast, delegate: Person, first: int = 0, last: int = 2) -> Absence:
    """Record that Maya Okafor is away."""
    first_day, last_day = today() + timedelta(days=first), today() + timedelta(days=last)
    return record_absence(desk.attorney, desk.attorney, delegate, first_day, last_day)


def approved(request: DisbursementRequest, by: Person) -> DisbursementRequest:
    return approve(by, request.pk, request.version, request.content_hash, code_of(by))


class TestTheDelegate:
    def test_is_asked_instead_and_approves_in_the_attorneys_place(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        request = ask(desk)
        assert approvers_of(request) == [delegate.pk]
        assert OutboxEvent.objects.get(kind="request_made").payload["to"] == [delegate.pk]
        assert list(decidable_by(delegate)) == [request]
        done = approved(request, delegate)
        assert (done.state, done.decided_by, done.decided_for) == (State.POSTED, delegate, desk.attorney)
        authority = SpendingAuthority.objects.get()
        assert (authority.approver, authority.in_place_of) == (delegate, desk.attorney)
        page = browser_of(desk.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Fay Park for Maya Okafor" in page

    def test_rejects_in_the_attorneys_place(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        request = ask(desk)
        done = reject(delegate, request.pk, request.version, "Not agreed")
        assert (done.state, done.decided_for) == (State.REJECTED, desk.attorney)
        body = browser_of(desk.coordinator).get(f"/api/v1/disbursement-requests/{request.pk}").json()
        assert (body["decided_by"], body["decided_for"]) == (delegate.pk, desk.attorney.pk)

    def test_gets_the_letter_and_decides_by_its_link(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        request = ask(desk)
        relay()
        letter = Notice.objects.get(event__kind="request_made")
        assert letter.person == delegate
        browser = browser_of(delegate)
        page = browser.get(f"/approvals/link/{issue_link(request.pk, delegate)}/", follow=True).content.decode()
        assert "You decide for Maya Okafor, who is away" in page

    def test_sees_the_matter_meanwhile_and_no_longer(self, desk: Cast, delegate: Person) -> None:
        assert not books_of(delegate).matters.exists()
        absence = away(desk, delegate)
        request = ask(desk)
        assert set(books_of(delegate).matters) == {desk.smith_matter, desk.doe_matter}
        browser = browser_of(delegate)
        assert browser.get(f"/disbursements/{request.pk}/").status_code == 200
        end_absence(desk.attorney, absence)
        assert not books_of(delegate).matters.exists()
        assert browser.get(f"/disbursements/{request.pk}/").status_code == 404

    def test_is_not_asked_behind_a_wall(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        raise_wall(desk.smith_matter, delegate, desk.partner, "Conflict of interest")
        request = ask(desk)
        assert approvers_of(request) == [desk.attorney.pk]
        assert not visible_to(delegate).exists()
        assert refused(lambda: authorize(desk, delegate)) == "not_the_approver"

    def test_is_not_asked_about_money_that_goes_behind_a_wall(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        raise_wall(desk.doe_matter, delegate, desk.partner, "Conflict of interest")
        desk.receive(desk.doe_matter, 100)
        moved: Any = {"kind": "matter_transfer", "method": "internal", "destination_ledger_id": desk.doe_ledger.pk}
        request = ask(desk, consent="Letter of January 5, signed by Jane Smith", **moved)
        assert approvers_of(request) == [desk.attorney.pk]

    def test_is_never_the_requester(self, desk: Cast, delegate: Person) -> None:
        RoleGrant.objects.create(person=delegate, role=Role.COORDINATOR, granted_at=now() - timedelta(hours=1))
        away(desk, delegate)
        request = request_money(delegate, key(), spending(desk.smith_ledger, 100))
        assert approvers_of(request) == [desk.attorney.pk]
        assert refused(lambda: approved(request, delegate)) == "approver_is_requester"

    def test_stands_in_for_the_billing_attorney_where_the_responsible_one_asked(
        self, desk: Cast, delegate: Person
    ) -> None:
        RoleGrant.objects.create(person=desk.attorney, role=Role.COORDINATOR, granted_at=now() - timedelta(hours=1))
        record_absence(desk.other_attorney, desk.other_attorney, delegate, today(), today())
        request = request_money(desk.attorney, key(), spending(desk.smith_ledger, 100))
        assert approvers_of(request) == [delegate.pk]
        assert approved(request, delegate).decided_for == desk.other_attorney

    def test_decides_nothing_without_the_role(self, desk: Cast, delegate: Person) -> None:
        away(desk, delegate)
        RoleGrant.objects.filter(person=delegate).update(revoked_at=now())
        request = ask(desk)
        assert approvers_of(request) == [desk.attorney.pk]
        assert refused(lambda: authorize(desk, delegate)) == "not_the_approver"


def authorize(desk: Cast, by: Person, **changes: object) -> SpendingAuthority:
    """Ask the database for an authority directly, past requests and pages."""
    asked: Spending = spending(desk.smith_ledger, 100, **changes)
    return authorize_spending(by, desk.coordinator.pk, asked)


class TestTheRecordedDays:
    @pytest.mark.parametrize(
        ("when", "decides"),
        [
            ("2031-03-03 23:59:59-05", False),
            ("2031-03-04 00:00-05", True),
            ("2031-03-05 23:59:59-05", True),
            ("2031-03-06 00:00-05", False),
        ],
    )
    def test_are_when_the_delegate_decides(
        self, desk: Cast, delegate: Person, at: Callable[[str], None], when: str, decides: bool
    ) -> None:
        at("2031-03-03 10:00-05")
        away(desk, delegate, 1, 2)
        request = ask(desk)
        at(when)
        assert (list(decidable_by(delegate)) == [request]) is decides
        if decides:
            assert authorize(desk, delegate).in_place_of == desk.attorney
        else:
            assert refused(lambda: authorize(desk, delegate)) == "not_the_approver"

    def test_end_early(self, desk: Cast, delegate: Person) -> None:
        absence = away(desk, delegate)
        request = ask(desk)
        token = issue_link(request.pk, delegate)
        end_absence(desk.attorney, absence)
        link = link_of(token)
        assert link is not None
        assert state_of(link) == LinkState.NOT_YOURS
        with pytest.raises(NotTheApprover):
            authorize(desk, delegate)
        page = browser_of(delegate).get(f"/approvals/link/{token}/", follow=True).content.decode()
        assert "You no longer decide on this" in page

    def test_leave_the_decision_to_the_attorney_as_well(self, desk: Cast, delegate: Person) -> None:
        request = ask(desk)
        away(desk, delegate)
        done = approved(request, desk.attorney)
        assert (done.decided_by, done.decided_for) == (desk.attorney, None)

    def test_cannot_be_claimed_by_sql(self, desk: Cast, delegate: Person) -> None:
        request = ask(desk)
        claim = """UPDATE disbursements_disbursementrequest SET state = 'rejected', version = 2, reason = 'No',
                   decided_by_id = %s, decided_for_id = %s, decided_at = now() WHERE id = %s"""
        assert refused(claim, delegate.pk, desk.attorney.pk, request.pk) == "not_the_approver"
        away(desk, delegate)
        assert refused(claim, delegate.pk, None, request.pk) == "not_the_approver"


class TestLetters:
    def test_follow_who_decides_now(self, desk: Cast, delegate: Person, at: Callable[[str], None]) -> None:
        at("2031-03-03 17:30-05")
        request = ask(desk)
        away(desk, delegate, 1, 1)
        assert follow_up()["handed_over"] == 0
        at("2031-03-04 08:00-05")
        assert [follow_up()["handed_over"] for _ in range(2)] == [1, 0]
        handed = OutboxEvent.objects.get(kind="request_handed").payload
        assert (handed["request"], handed["to"]) == (request.pk, [delegate.pk])
        at("2031-03-05 07:00-05")  # the attorney is back and was asked at first
        assert follow_up()["handed_over"] == 0

    def test_follow_the_matters_new_attorney(self, desk: Cast) -> None:
        ask(desk)
        Matter.objects.filter(pk=desk.smith_matter.pk).update(responsible_attorney=desk.other_attorney)
        assert follow_up()["handed_over"] == 1
        relay()
        assert Notice.objects.filter(event__kind="request_handed").get().person == desk.other_attorney

    def test_tell_both_of_the_absence(self, desk: Cast, delegate: Person) -> None:
        record_absence(desk.partner, desk.attorney, delegate, today(), today(), "Trial in Albany")
        relay()
        letters = Notice.objects.filter(event__kind="absence.recorded")
        assert {letter.person for letter in letters} == {desk.attorney, delegate}
        assert all("Fay Park for Maya Okafor" in letter.subject for letter in letters)


def test_the_inbox_of_ten_thousand_asks_only_about_what_is_near(
    desk: Cast, delegate: Person, django_assert_max_num_queries: Any
) -> None:
    """What `decides_on` is asked about is narrowed first: nothing of the matters of others."""
    away(desk, delegate)
    for cents in range(100, 120):
        ask(desk, cents)
    browser = browser_of(delegate)
    browser.get("/waiting/")
    with django_assert_max_num_queries(30):
        assert browser.get("/waiting/").status_code == 200
    assert decidable_by(delegate).count() == 20
    assert decidable_by(hire("Somebody Else", Role.ATTORNEY)).count() == 0
