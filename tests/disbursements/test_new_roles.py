"""Who was newly given a role that approves does not decide for a day, nor ever on what was asked before.

Rule: FAULTS F116; DECISIONS 62.
"""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from disbursements.approval import approve, may_reject, reject
from disbursements.earned_fees import withdraw
from disbursements.follow_up import follow_up
from disbursements.links import LinkNotIssued, issue_link
from disbursements.models import DisbursementRequest, State
from disbursements.queries import decidable_by, decides_on
from disbursements.requests import NobodyCanApprove, approvers_of, spending_of
from firms import people, proposals
from firms.absences import record_absence
from firms.access import CAPABILITIES, Capability
from firms.clock import asked as answer_of
from firms.clock import now, today
from firms.founding import FirstPerson, create_firm
from firms.models import Firm, OutboxEvent, Person, Proposal, Role, RoleGrant
from firms.new_roles import RoleTooNew
from firms.second_factor import has_second_factor
from ledgers.authorities import authorize_spending, may_approve
from ledgers.holds import held_amount, place_hold
from ledgers.models import Hold, Matter
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.proposals import propose_release, second_person
from ledgers.refusals import NotTheApprover
from tests.cast import Cast, hire
from tests.disbursements.earning import authorized, invoiced
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db
At = Callable[[str], None]


def when(days: int, clock: str = "10:00") -> str:
    """Return an instant so many days after the Monday to come."""
    today = dt.date.today()  # noqa: DTZ011  # any day to come will do
    return f"{today + dt.timedelta(days=7 - today.weekday() + days)} {clock}-05"


@pytest.fixture
def founded(desk: Cast, at: At) -> Cast:
    """Return the firm, founded long ago: whoever gets a role now gets it from two people. It is Monday, ten o'clock."""
    Firm.objects.update(founded_at=now())
    at(when(0))
    return desk


def promoted(firm: Cast, person: Person, role: Role) -> RoleGrant:
    """Give a person a role as two people do."""
    if not has_second_factor(person):
        give_second_factor(person)
    proposal = people.give_role(firm.administrator, person, role)
    assert isinstance(proposal, Proposal)
    code = code_of(firm.partner, steps_ahead=RoleGrant.objects.filter(granted_by__isnull=False).count())
    proposals.confirm_with_code(proposal.pk, firm.partner, code, proposal.content_hash)
    return RoleGrant.objects.get(person=person, role=role)


def in_charge(firm: Cast, person: Person, billing: Person | None = None) -> None:
    """Make somebody the responsible attorney of Smith's matter."""
    Matter.objects.filter(pk=firm.smith_matter.pk).update(responsible_attorney=person, billing_attorney=billing)


def approved(request: DisbursementRequest, by: Person, steps_ahead: int = 0) -> DisbursementRequest:
    return approve(by, request.pk, request.version, request.content_hash, code_of(by, steps_ahead))


class TestANewAttorney:
    def test_does_not_decide_on_what_was_asked_before_however_late(self, founded: Cast, at: At) -> None:
        request = ask(founded)
        at(when(0, "11:00"))
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger)
        for instant in (when(0, "12:00"), when(7, "12:00")):
            at(instant)
            assert not decides_on(founded.stranger, request)
            assert list(decidable_by(founded.stranger)) == []
            with pytest.raises(RoleTooNew, match="taken back and asked again"):
                approved(request, founded.stranger)
            with pytest.raises(LinkNotIssued):
                issue_link(request.pk, founded.stranger)
        assert DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL

    def test_does_not_decide_within_a_day_and_then_does(self, founded: Cast, at: At) -> None:
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger)
        request = ask(founded)
        at(when(1, "09:59:59"))
        assert list(decidable_by(founded.stranger)) == []
        with pytest.raises(RoleTooNew, match=r"after 24 hours: from .* on\. Come back then"):
            approved(request, founded.stranger)
        at(when(1))
        assert list(decidable_by(founded.stranger)) == [request]
        assert approved(request, founded.stranger).state == State.POSTED

    def test_is_refused_by_the_database_too(self, founded: Cast) -> None:
        request = ask(founded)
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger)
        straight = (founded.stranger, founded.coordinator.pk, spending_of(request), request.hold_id)
        assert refused(lambda: authorize_spending(*straight)) == "role_too_new"
        assert not may_approve(founded.stranger, founded.smith_ledger.pk, founded.coordinator.pk)
        grant = RoleGrant.objects.filter(person=founded.stranger)
        for rewriting in ({"granted_at": now() - dt.timedelta(days=9)}, {"granted_by": None}):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                grant.update(**rewriting)

    def test_lets_the_matters_next_attorney_decide_meanwhile(self, founded: Cast, at: At) -> None:
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger, founded.other_attorney)
        request = ask(founded)
        assert approvers_of(request) == [founded.other_attorney.pk]
        page = browser_of(founded.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Another attorney of the matter decides meanwhile" in page
        at(when(1))
        assert approvers_of(request) == [founded.stranger.pk]

    def test_is_no_second_attorney_nor_delegate_nor_decides_on_special_ledgers(self, founded: Cast) -> None:
        promoted(founded, founded.stranger, Role.ATTORNEY)
        ledger = founded.special("firm_funds").pk
        assert not may_approve(founded.stranger, ledger, founded.coordinator.pk)
        assert may_approve(founded.attorney, ledger, founded.coordinator.pk)

    def test_made_partner_gives_no_second_approval(self, founded: Cast) -> None:
        in_charge(founded, founded.attorney)
        promoted(founded, founded.other_attorney, Role.PARTNER)
        place = (founded.smith_ledger.pk, founded.coordinator.pk, None, founded.attorney.pk)
        assert answer_of("SELECT count(*) FROM deciders(%s, %s, %s, %s)", *place) == 0
        assert answer_of("SELECT role_name FROM new_deciders(%s, %s, %s, %s)", *place) == "partner"


class TestSayingNo:
    """To decline and to take back lets nothing out, so it needs no age."""

    @pytest.mark.parametrize("billing", [True, False], ids=["another decides meanwhile", "nobody else"])
    def test_to_an_older_request_is_a_new_attorneys_too(self, founded: Cast, at: At, billing: bool) -> None:
        request = ask(founded)
        at(when(0, "11:00"))
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger, founded.other_attorney if billing else None)
        page = browser_of(founded.stranger).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Reject instead…" in page
        assert f"/disbursements/{request.pk}/approve/" not in page
        done = reject(founded.stranger, request.pk, request.version, "No such invoice")
        assert (done.state, done.decided_by, done.decided_for) == (State.REJECTED, founded.stranger, None)
        assert held_amount(founded.smith_ledger) == money(0)

    def test_for_an_attorney_who_is_away_is_recorded_so(self, founded: Cast) -> None:
        request = ask(founded)
        promoted(founded, founded.stranger, Role.ATTORNEY)
        record_absence(founded.attorney, founded.attorney, founded.stranger, today(), today())
        done = reject(founded.stranger, request.pk, request.version, "She is away and would not")
        assert (done.decided_by, done.decided_for) == (founded.stranger, founded.attorney)

    def test_is_not_for_whoever_would_not_decide_with_an_older_role(self, founded: Cast) -> None:
        request = ask(founded)
        promoted(founded, founded.stranger, Role.ATTORNEY)
        assert not may_reject(founded.stranger, request)
        said = {"state": State.REJECTED, "decided_by": founded.stranger, "decided_at": now(), "reason": "No"}
        said["version"] = request.version + 1
        straight = DisbursementRequest.objects.filter(pk=request.pk)
        assert refused(lambda: straight.update(**said)) == "not_the_approver"
        in_charge(founded, founded.stranger)
        assert may_reject(founded.stranger, request)
        raise_wall(founded.smith_matter, founded.stranger, founded.partner, "A friend")
        assert not may_reject(founded.stranger, request)
        assert refused(lambda: straight.update(**said)) == "not_the_approver"

    def test_takes_back_a_fee_that_another_attorney_authorized(self, founded: Cast) -> None:
        made = authorized(founded, invoiced(founded))
        promoted(founded, founded.stranger, Role.ATTORNEY)
        with pytest.raises(NotTheApprover):
            withdraw(founded.stranger, made, "Not my matter")
        in_charge(founded, founded.stranger)
        withdraw(founded.stranger, made, "The client called")
        made.refresh_from_db()
        assert (made.ended_by, made.end_reason) == (founded.stranger, "The client called")


class TestNobodyElse:
    """A matter whose only attorney is that new is not stuck in silence."""

    def test_the_request_waits_and_says_from_when_on(self, founded: Cast, at: At) -> None:
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger)
        request = ask(founded)
        assert OutboxEvent.objects.get(kind="request_made").payload["to"] == []
        page = browser_of(founded.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Nobody can decide on this yet." in page
        assert "and decides from <time" in page
        at(when(1))
        follow_up()
        assert OutboxEvent.objects.filter(kind__startswith="request_").latest("pk").payload["to"] == [
            founded.stranger.pk
        ]

    def test_an_older_request_says_that_it_must_be_asked_again(self, founded: Cast, at: At) -> None:
        request = ask(founded)
        at(when(0, "11:00"))
        promoted(founded, founded.stranger, Role.ATTORNEY)
        in_charge(founded, founded.stranger)
        page = browser_of(founded.coordinator).get(f"/disbursements/{request.pk}/").content.decode()
        assert "Nobody can decide on this as it stands." in page
        assert "Withdraw it and ask again." in page

    def test_is_refused_where_nobody_will_ever_decide(self, founded: Cast) -> None:
        in_charge(founded, founded.stranger)
        with pytest.raises(NobodyCanApprove):
            ask(founded)


class TestConfirming:
    """The second person of a proposal held the role when it was proposed, and for a day."""

    def test_of_a_hold_waits_for_a_new_supervisor(self, founded: Cast, at: At) -> None:
        hold = place_hold(founded.coordinator, founded.smith_ledger, Hold.Kind.MANUAL, money(100), "To be looked at")
        older = propose_release(founded.coordinator, hold=hold, evidence="Bank letter of March 1")
        at(when(0, "11:00"))
        promoted(founded, founded.stranger, Role.SUPERVISOR)
        with pytest.raises(RoleTooNew):
            proposals.confirm_with_code(older.pk, founded.stranger, code_of(founded.stranger), older.content_hash)
        assert refused(lambda: confirm_straight(older, founded.stranger)) == "role_too_new"
        at(when(2))
        assert refused(lambda: confirm_straight(older, founded.stranger)) == "role_too_new"
        done = proposals.confirm_with_code(
            older.pk, founded.supervisor, code_of(founded.supervisor), older.content_hash
        )
        assert done.state == "confirmed"

    def test_is_proposed_though_a_newcomer_comes_first_by_name(self, founded: Cast) -> None:
        hold = place_hold(founded.coordinator, founded.smith_ledger, Hold.Kind.MANUAL, money(100), "To be looked at")
        promoted(founded, founded.stranger, Role.SUPERVISOR)
        Person.objects.filter(pk=founded.stranger.pk).update(full_name="Anna Aaron")
        assert second_person(founded.coordinator, Capability.RELEASE_HOLDS) == founded.supervisor
        made = propose_release(founded.coordinator, hold=hold, evidence="Bank letter of March 1")
        done = proposals.confirm_with_code(made.pk, founded.supervisor, code_of(founded.supervisor), made.content_hash)
        assert done.state == "confirmed"

    def test_is_proposed_to_a_newcomer_where_there_is_nobody_else(self, founded: Cast, at: At) -> None:
        hold = place_hold(founded.coordinator, founded.smith_ledger, Hold.Kind.MANUAL, money(100), "To be looked at")
        promoted(founded, founded.stranger, Role.SUPERVISOR)
        people.deactivate(founded.administrator, founded.supervisor)
        made = propose_release(founded.coordinator, hold=hold, evidence="Bank letter of March 1")
        with pytest.raises(RoleTooNew, match="Come back then"):
            proposals.confirm_with_code(made.pk, founded.stranger, code_of(founded.stranger), made.content_hash)
        assert refused(lambda: confirm_straight(made, founded.stranger)) == "role_too_new"
        at(when(1))
        done = proposals.confirm_with_code(made.pk, founded.stranger, code_of(founded.stranger), made.content_hash)
        assert done.state == "confirmed"

    def test_of_a_role_waits_for_a_new_administrator(self, founded: Cast, at: At) -> None:
        """A coordinator made administrator does not confirm the attorney's role that a second account proposes."""
        promoted(founded, founded.coordinator, Role.ADMINISTRATOR)
        made = people.give_role(founded.administrator, founded.stranger, Role.ATTORNEY)
        assert isinstance(made, Proposal)
        with pytest.raises(RoleTooNew):
            proposals.confirm_with_code(made.pk, founded.coordinator, code_of(founded.coordinator), made.content_hash)
        at(when(1))
        confirmed = proposals.confirm_with_code(
            made.pk, founded.coordinator, code_of(founded.coordinator), made.content_hash
        )
        assert confirmed.state == "confirmed"

    def test_by_kinds_is_by_the_same_roles_in_code_and_database(self) -> None:
        for name, kind in proposals.KINDS.items():
            roles = sorted(str(role) for role, gives in CAPABILITIES.items() if kind.decided_with in gives)
            assert sorted(answer_of("SELECT proposal_roles(%s)", name)) == roles, name


def confirm_straight(proposal: Proposal, person: Person) -> None:
    """Confirm a proposal past the domain, as the web role could."""
    Proposal.objects.filter(pk=proposal.pk).update(state="confirmed", decided_by=person, decided_at=now())


def test_a_firm_decides_on_its_first_day(db: None) -> None:
    """What the first people are given by create_firm decides at once; nothing else needs to be waited for."""
    first = [
        FirstPerson("ada@first.example", "Ada First", (Role.ADMINISTRATOR, Role.PARTNER)),
        FirstPerson("bo@first.example", "Bo First", (Role.ATTORNEY, Role.SUPERVISOR)),
    ]
    ada, bo = create_firm("First & Co", "NY", first)
    for person, role in ((ada, "partner"), (ada, "administrator"), (bo, "attorney"), (bo, "supervisor")):
        assert answer_of("SELECT role_decides(%s, %s, firm_now())", person.pk, role)
    assert not answer_of("SELECT role_decides(%s, %s, firm_now())", hire("Not Yet").pk, "attorney")
