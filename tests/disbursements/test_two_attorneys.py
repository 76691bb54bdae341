"""Over the firm's limit two different attorneys approve, neither of them the requester; small requests of a day add up.

Rule: SPEC flow *Disbursement*, I8, I9; RELIABILITY D19.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from disbursements.approval import approve, may_decide, may_reject, reject
from disbursements.follow_up import follow_up
from disbursements.links import LinkState, issue_link, link_of, state_of
from disbursements.models import DisbursementRequest, FirstApproval, State
from disbursements.queries import decidable_by
from disbursements.requests import approvers_of, change_request, request_money, spending_of, withdraw
from disbursements.two_attorneys import FirstApprovalGiven, SecondAttorneyMissing, over_the_limit
from firms.absences import record_absence
from firms.clock import now, today
from firms.models import AuditEvent, Firm, OutboxEvent, Person, Role, RoleGrant
from ledgers.authorities import authorize_spending
from ledgers.holds import held_amount
from ledgers.models import JournalEntry, Matter, SpendingAuthority
from ledgers.money import money
from ledgers.posting import post_firm_funds_deposit
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast, hire, key
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

pytestmark = pytest.mark.django_db
LIMIT = 50000


@pytest.fixture
def strict(desk: Cast) -> Cast:
    """Let one attorney approve up to $500.00."""
    Firm.objects.filter(pk=1).update(two_attorneys_above_cents=LIMIT)
    return desk


def approved(request: DisbursementRequest, by: Person, ahead: int = 0) -> DisbursementRequest:
    return approve(by, request.pk, request.version, request.content_hash, code_of(by, ahead))


def needs_two(request: DisbursementRequest) -> bool:
    return over_the_limit(request) is not None


class TestTheLimit:
    def test_is_none_at_first(self, desk: Cast) -> None:
        assert approved(ask(desk, 90000), desk.attorney).state == State.POSTED

    def test_lets_one_attorney_approve_up_to_it(self, strict: Cast) -> None:
        assert approved(ask(strict, LIMIT), strict.attorney).state == State.POSTED

    def test_takes_a_second_attorney_one_cent_over_it(self, strict: Cast) -> None:
        request = approved(ask(strict, LIMIT + 1), strict.attorney)
        assert (request.state, request.version, request.authority_id) == (State.AWAITING_APPROVAL, 1, None)
        assert SpendingAuthority.objects.count() == JournalEntry.objects.filter(kind="disbursement").count() == 0
        assert held_amount(strict.smith_ledger) == money(LIMIT + 1)
        given = FirstApproval.objects.get()
        assert (given.approver, given.firm_limit, given.counted) == (strict.attorney, money(LIMIT), money(LIMIT + 1))
        done = approved(request, strict.other_attorney)
        assert (done.state, done.decided_by) == (State.POSTED, strict.other_attorney)
        authority = SpendingAuthority.objects.get()
        assert (authority.first_approver, authority.approver) == (strict.attorney, strict.other_attorney)
        assert AuditEvent.objects.filter(subject_type="disbursements_firstapproval", action="insert").count() == 1

    def test_stays_what_the_first_attorney_relied_on(self, strict: Cast) -> None:
        request = approved(ask(strict, LIMIT + 1), strict.attorney)
        Firm.objects.filter(pk=1).update(two_attorneys_above_cents=None)
        assert refused(lambda: approved(request, strict.attorney, 1)) == "first_approval_given"
        assert approved(request, strict.other_attorney).state == State.POSTED


class TestWhatCountsTogether:
    def test_is_what_is_asked_of_one_matter_for_one_payee_on_one_day(self, strict: Cast) -> None:
        first, second = ask(strict, 30000), ask(strict, 20001)
        assert needs_two(first)
        assert needs_two(second)
        assert approved(first, strict.attorney).state == State.AWAITING_APPROVAL

    def test_goes_on_counting_when_the_first_was_paid(self, strict: Cast) -> None:
        assert approved(ask(strict, 30000), strict.attorney).state == State.POSTED
        later = ask(strict, 20001)
        assert refused(lambda: authorize(strict, strict.attorney, later)) == "second_approval_missing"
        assert approved(later, strict.attorney, 1).state == State.AWAITING_APPROVAL

    @pytest.mark.parametrize("name", ["COURT  CLERK", "Court-Clerk", "C\u043eurt Clerk", "CourtClerk"])
    def test_knows_a_payee_by_another_spelling(self, strict: Cast, name: str) -> None:
        ask(strict, 30000)
        assert needs_two(ask(strict, 20001, payee=name))

    def test_is_not_another_payee_nor_another_matter(self, strict: Cast) -> None:
        ask(strict, 30000)
        assert not needs_two(ask(strict, 20001, payee="Empire Court Reporting"))
        strict.receive(strict.doe_matter, 30000)
        other = request_money(strict.coordinator, key(), spending(strict.doe_ledger, 30000))
        assert not needs_two(other)

    def test_is_the_matters_money_in_every_account(self, strict: Cast) -> None:
        strict.receive(strict.smith_matter, 30000, account=strict.second_account)
        other = strict.ledger(strict.smith_matter, strict.second_account)
        request_money(strict.coordinator, key(), spending(other, 30000))
        assert needs_two(ask(strict, 20001))

    @pytest.mark.parametrize("how", ["rejected", "withdrawn"])
    def test_is_not_what_ended_unpaid(self, strict: Cast, how: str) -> None:
        ended, other = ask(strict, 30000), ask(strict, 20001)
        assert needs_two(other)
        if how == "rejected":
            reject(strict.attorney, ended.pk, ended.version, "Not agreed")
        else:
            withdraw(strict.coordinator, ended.pk, ended.version)
        assert not needs_two(other)

    def test_is_a_day_where_the_firm_is(self, strict: Cast, at: Callable[[str], None]) -> None:
        at("2027-03-03 23:59-05")
        first = ask(strict, 30000)
        at("2027-03-04 00:01-05")
        second = ask(strict, 20001)
        assert not needs_two(first)
        assert not needs_two(second)
        assert approved(first, strict.attorney).state == State.POSTED  # decided today: it counts today
        assert needs_two(second)


class TestTheTwo:
    def test_are_different(self, strict: Cast) -> None:
        request = approved(ask(strict, 60000), strict.attorney)
        with pytest.raises(FirstApprovalGiven, match="another attorney's"):
            approved(request, strict.attorney, 1)
        assert not may_decide(strict.attorney, request)
        assert may_reject(strict.attorney, request)
        assert approvers_of(request) == [strict.other_attorney.pk]

    def test_are_in_their_order(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        assert refused(lambda: approved(request, strict.other_attorney)) == "not_the_approver"

    def test_are_never_the_requester(self, strict: Cast) -> None:
        RoleGrant.objects.create(person=strict.other_attorney, role=Role.COORDINATOR, granted_at=now() - timedelta(1))
        with pytest.raises(SecondAttorneyMissing, match=r"\$600.00, over the firm's limit of \$500.00"):
            request_money(strict.other_attorney, key(), spending(strict.smith_ledger, 60000))
        assert held_amount(strict.smith_ledger) == money(0)
        alternate = hire("Alma Third", Role.ATTORNEY)
        Matter.objects.filter(pk=strict.smith_matter.pk).update(alternate_attorney=alternate)
        request = request_money(strict.other_attorney, key(), spending(strict.smith_ledger, 60000))
        approved(request, strict.attorney)
        assert approvers_of(request) == [alternate.pk]
        assert refused(lambda: approved(request, strict.other_attorney)) == "approver_is_requester"

    def test_may_be_a_partner_where_the_matter_names_nobody_else(self, strict: Cast) -> None:
        Matter.objects.filter(pk=strict.smith_matter.pk).update(billing_attorney=None)
        with pytest.raises(SecondAttorneyMissing):
            ask(strict, 60000)
        RoleGrant.objects.create(person=strict.partner, role=Role.ATTORNEY, granted_at=now() - timedelta(1))
        request = approved(ask(strict, 60000), strict.attorney)
        assert list(decidable_by(strict.partner)) == [request]
        assert approved(request, strict.partner).state == State.POSTED

    def test_may_be_delegates_but_not_for_one_another(self, strict: Cast) -> None:
        first, second = hire("Fay Park", Role.ATTORNEY), hire("Gil Soto", Role.ATTORNEY)
        for person in (first, second):
            give_second_factor(person)
        record_absence(strict.attorney, strict.attorney, first, today(), today())
        request = approved(ask(strict, 60000), first)
        assert FirstApproval.objects.get().in_place_of == strict.attorney
        assert not may_decide(strict.attorney, request)  # hers was decided in her place
        record_absence(strict.other_attorney, strict.other_attorney, second, today(), today())
        assert approvers_of(request) == [second.pk]
        done = approved(request, second)
        assert (done.state, done.decided_for) == (State.POSTED, strict.other_attorney)
        page = browser_of(strict.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Fay Park for Maya Okafor" in page
        assert "Gil Soto for Ann Whitfield" in page

    def test_are_asked_about_money_of_no_matter_as_well(self, strict: Cast) -> None:
        post_firm_funds_deposit(
            strict.coordinator, key(), ledger=strict.special("firm_funds"), book_date=today(), amount=money(60000),
            method="check", reference="1",
        )  # fmt: skip
        out = {"kind": "firm_funds_withdrawal", "payee": "Operating", "operating_account_id": strict.operating.pk}
        asked = spending(strict.special("firm_funds"), 60000, **out)
        request = approved(request_money(strict.coordinator, key(), asked), strict.other_attorney)
        assert approvers_of(request) == [strict.attorney.pk]
        assert approved(request, strict.attorney).state == State.POSTED

    @pytest.mark.parametrize("who", ["attorney", "other_attorney"])
    def test_each_end_it_by_a_rejection(self, strict: Cast, who: str) -> None:
        request = approved(ask(strict, 60000), strict.attorney)
        done = reject(getattr(strict, who), request.pk, request.version, "Not agreed after all")
        assert (done.state, done.decided_by) == (State.REJECTED, getattr(strict, who))
        assert held_amount(strict.smith_ledger) == money(0)

    def test_decide_anew_when_the_content_changed(self, strict: Cast) -> None:
        request = approved(ask(strict, 60000), strict.attorney)
        other = change_request(strict.coordinator, key(), request, 1, spending(strict.smith_ledger, 60001))
        assert not FirstApproval.objects.filter(request=other).exists()
        assert approvers_of(other) == [strict.attorney.pk]
        assert refused(lambda: approved(other, strict.other_attorney)) == "not_the_approver"
        assert refused(lambda: approved(request, strict.other_attorney)) == "request_replaced"


def authorize(desk: Cast, by: Person, request: DisbursementRequest, first: Person | None = None) -> SpendingAuthority:
    """Ask the database for the authority directly, as the web role in psql could."""
    before = (first.pk, None) if first else None
    return authorize_spending(by, desk.coordinator.pk, spending_of(request), request.hold_id, before)


INSERT = """INSERT INTO disbursements_firstapproval
            (request_id, approver_id, content_hash, decided_at, firm_limit, counted)
            VALUES (%s, %s, %s, now(), 0, 0)"""


class TestTheDatabase:
    def test_writes_no_authority_on_one_approval(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        assert refused(lambda: authorize(strict, strict.attorney, request)) == "second_approval_missing"
        claimed = lambda: authorize(strict, strict.other_attorney, request, strict.attorney)  # noqa: E731
        assert refused(claimed) == "second_approval_missing"
        approved(request, strict.attorney)
        assert refused(lambda: authorize(strict, strict.attorney, request, strict.attorney)) == "not_the_approver"
        assert refused(lambda: authorize(strict, strict.attorney, request)) == "second_approval_missing"
        assert authorize(strict, strict.other_attorney, request, strict.attorney).first_approver == strict.attorney

    def test_adds_up_what_is_authorized_without_a_request(self, strict: Cast) -> None:
        strict.authority(strict.smith_ledger, 30000)
        assert refused(lambda: strict.authority(strict.smith_ledger, 20001)) == "second_approval_missing"
        strict.authority(strict.smith_ledger, 20000)

    def test_takes_a_first_approval_from_who_decides_only(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        content = request.content_hash
        assert refused(INSERT, request.pk, strict.other_attorney.pk, content) == "not_the_approver"
        assert refused(INSERT, request.pk, strict.coordinator.pk, content) == "approver_is_requester"
        assert refused(INSERT, request.pk, strict.attorney.pk, "0" * 64) == "request_changed"
        small = ask(strict, 100, payee="Somebody Else")
        assert refused(INSERT, small.pk, strict.attorney.pk, small.content_hash) == "second_approval_not_needed"
        approved(request, strict.attorney)
        assert refused(INSERT, request.pk, strict.other_attorney.pk, content) == "first_approval_given"
        reject(strict.attorney, request.pk, request.version, "No")
        assert refused(INSERT, request.pk, strict.other_attorney.pk, content) == "request_move_refused"

    def test_lets_only_the_two_reject(self, strict: Cast) -> None:
        request = approved(ask(strict, 60000), strict.attorney)
        claim = """UPDATE disbursements_disbursementrequest SET state = 'rejected', version = 2, reason = 'No',
                   decided_by_id = %s, decided_at = now() WHERE id = %s"""
        assert refused(claim, strict.supervisor.pk, request.pk) == "not_the_approver"

    def test_never_changes_a_first_approval(self, strict: Cast) -> None:
        approved(ask(strict, 60000), strict.attorney)
        assert refused("UPDATE disbursements_firstapproval SET counted = 1") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM disbursements_firstapproval") == NOT_THE_WEB_ROLES

    @pytest.mark.django_db(transaction=True)
    def test_never_lets_the_owner_either(self, strict: Cast, owner: Any) -> None:
        approved(ask(strict, 60000), strict.attorney)
        for attack in ("UPDATE disbursements_firstapproval SET counted = 1", "DELETE FROM disbursements_firstapproval"):
            assert refused_to_owner(owner, attack) == "never_changed"


class TestLettersAndLinks:
    def test_ask_the_second_attorney_with_a_link_of_her_own(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        token = issue_link(request.pk, strict.attorney)
        approved(request, strict.attorney)
        relay()
        letter = Notice.objects.get(event__kind="request_second")
        assert letter.person == strict.other_attorney
        first, second = link_of(token), issue_link(request.pk, strict.other_attorney)
        assert first is not None
        assert state_of(first) == LinkState.FIRST
        page = browser_of(strict.attorney).get(f"/approvals/link/{token}/", follow=True).content.decode()
        assert "Your approval is the first of two" in page
        browser = browser_of(strict.other_attorney)
        page = browser.get(f"/approvals/link/{second}/", follow=True).content.decode()
        assert "First of two, by Maya Okafor" in page
        link = link_of(second)
        assert link is not None
        said = {"version": 1, "shown_hash": request.content_hash, "code": code_of(strict.other_attorney)}
        assert browser.post(f"/approvals/{link.pk}/approve/", said).status_code == 302
        request.refresh_from_db()
        assert request.state == State.POSTED

    def test_remind_the_second_attorney_from_the_first_approval_on(
        self, strict: Cast, at: Callable[[str], None]
    ) -> None:
        at("2031-03-03 10:00-05")
        request = ask(strict, 60000)
        at("2031-03-03 12:30-05")
        assert follow_up()["reminded"] == 1
        request = approved(request, strict.attorney)
        assert follow_up() == {"reminded": 0, "handed_over": 0, "expired": 0}
        at("2031-03-03 14:30-05")
        assert [follow_up()["reminded"] for _ in range(2)] == [1, 0]
        last = OutboxEvent.objects.filter(kind="request_overdue").latest("pk")
        assert last.payload["to"] == [strict.other_attorney.pk]
        at("2031-04-02 12:00-04")
        assert follow_up()["expired"] == 1
        assert held_amount(strict.smith_ledger) == money(0)


class TestThePagesAndTheApi:
    def test_show_how_far_it_is_and_decide_it(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        browser, path = browser_of(strict.attorney), f"/disbursements/{request.pk}/"
        page = browser.get(path).content.decode()
        assert "Two attorneys must approve this." in page
        said = {"version": 1, "shown_hash": request.content_hash, "code": code_of(strict.attorney)}
        page = browser.post(f"{path}approve/", said, follow=True).content.decode()
        assert "your approval is the first of two" in page
        assert "First of two, by Maya Okafor" in page
        assert "Approve $600.00" not in page
        assert "Reject" in page
        assert "first of two: Maya Okafor" in browser_of(strict.other_attorney).get("/waiting/").content.decode()

    def test_give_both_approvals_by_the_api(self, strict: Cast) -> None:
        request = ask(strict, 60000)
        path = f"/api/v1/disbursement-requests/{request.pk}"
        for who, state in ((strict.attorney, "awaiting_approval"), (strict.other_attorney, "posted")):
            body = {"version": 1, "content_hash": request.content_hash, "code": code_of(who)}
            keyed: dict[str, Any] = {"content_type": "application/json", "headers": {"Idempotency-Key": key()}}
            answer = browser_of(who).post(f"{path}/approve", body, **keyed)
            assert (answer.status_code, answer.json()["state"]) == (200, state)
        first = browser_of(strict.coordinator).get(path).json()["first_approval"]
        assert (first["approver"], first["limit"], first["counted"]) == (strict.attorney.pk, "500.00", "600.00")

    def test_answer_a_repeated_key_with_the_first_approval(self, strict: Cast) -> None:
        request, given = ask(strict, 60000), key()
        code = code_of(strict.attorney)
        for _ in range(2):
            approve(strict.attorney, request.pk, 1, request.content_hash, code, given)
        assert FirstApproval.objects.count() == 1
