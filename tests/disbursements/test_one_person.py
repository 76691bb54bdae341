"""Two accounts of one person are not two people; two of the same name are pointed at.

Rule: FAULTS F119; SPEC two-person rules; DECISIONS 63.
"""

import datetime as dt
import json
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection

from compliance.models import TrustException
from compliance.watch import refresh
from disbursements.approval import approve
from disbursements.models import DisbursementRequest, State
from disbursements.queries import decidable_by, decides_on
from disbursements.requests import NobodyCanApprove, approvers_of, spending_of
from firms import people, proposals
from firms.clock import asked as answer_of
from firms.models import Firm, Person, Proposal, Role
from firms.one_person import OnePersonTwice, accounts_alike
from ledgers.authorities import authorize_spending
from ledgers.holds import place_hold
from ledgers.models import Hold, Matter
from ledgers.money import money
from ledgers.proposals import NobodyCanConfirm, propose_bank_event, propose_release
from reconciliation import months
from tests.cast import Cast, hire, today
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


def with_mailbox_of(other: Person, person: Person, written: str = "{name}+two@{domain}") -> Person:
    """Give an account an address that leads to the other one's mailbox."""
    name, _, domain = other.email.partition("@")
    Person.objects.filter(pk=person.pk).update(email=written.format(name=name, domain=domain, upper=name.upper()))
    person.refresh_from_db()
    return person


def with_app_of(other: Person, person: Person) -> Person:
    """Set up the same authenticator app for both."""
    Authenticator.objects.filter(user__in=[other, person]).delete()
    secret = generate_totp_secret()
    TOTP.activate(other, secret), TOTP.activate(person, secret)
    return person


SHARING = {"mailbox": with_mailbox_of, "second factor": with_app_of}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("dana@firm.example", "DANA@Firm.example", True),
        ("dana@firm.example", "dana+trust@firm.example", True),
        ("dana@firm.example", "ｄａｎａ@firm.example", True),  # wide letters  # noqa: RUF001
        ("zoe\u0301@firm.example", "zo\u00e9@firm.example", True),
        ("dana@firm.example", "dana@other.example", False),
        ("dana@firm.example", "dan@firm.example", False),
        ("a+x@firm.example", "b+x@firm.example", False),
    ],
)
def test_a_mailbox_is_what_an_address_leads_to(owner: Any, one: str, other: str, is_same: bool) -> None:
    (answer,) = owner.execute("SELECT mailbox_of(%s) = mailbox_of(%s)", [one, other]).fetchone()
    assert answer is is_same


@pytest.mark.parametrize("shares", sorted(SHARING))
class TestBothSides:
    def test_of_a_request_are_not_one_person(self, desk: Cast, shares: str) -> None:
        """A coordinator's second account is an attorney: it is neither asked nor let decide, nor by the database."""
        request = ask(desk)
        SHARING[shares](desk.coordinator, desk.attorney)
        assert not decides_on(desk.attorney, request)
        assert list(decidable_by(desk.attorney)) == []
        assert approvers_of(request) == [desk.other_attorney.pk]  # as where the responsible attorney asked
        with pytest.raises(OnePersonTwice, match=f"have the same {shares}"):
            approve(desk.attorney, request.pk, request.version, request.content_hash, code_of(desk.attorney))
        straight = (desk.attorney, desk.coordinator.pk, spending_of(request), request.hold_id)
        assert refused(lambda: authorize_spending(*straight)) == "one_person_twice"
        done = approve(
            desk.other_attorney, request.pk, request.version, request.content_hash, code_of(desk.other_attorney)
        )
        assert done.state == State.POSTED

    def test_of_a_request_that_nobody_else_decides_is_refused(self, desk: Cast, shares: str) -> None:
        Matter.objects.filter(pk=desk.smith_matter.pk).update(billing_attorney=None)
        SHARING[shares](desk.coordinator, desk.attorney)
        with pytest.raises(NobodyCanApprove):
            ask(desk)
        assert not DisbursementRequest.objects.exists()

    def test_of_two_approvals_are_not_one_person(self, desk: Cast, shares: str) -> None:
        SHARING[shares](desk.attorney, desk.other_attorney)
        place = (desk.smith_ledger.pk, desk.coordinator.pk, None, desk.attorney.pk)
        assert answer_of("SELECT count(*) FROM deciders(%s, %s, %s, %s)", *place) == 0

    def test_of_a_proposal_are_not_one_person(self, desk: Cast, shares: str) -> None:
        hold = place_hold(desk.coordinator, desk.smith_ledger, Hold.Kind.MANUAL, money(100), "To be looked at")
        made = propose_release(desk.coordinator, hold=hold, evidence="Bank letter of March 1")
        SHARING[shares](desk.coordinator, desk.supervisor)
        with pytest.raises(OnePersonTwice):
            proposals.confirm_with_code(made.pk, desk.supervisor, code_of(desk.supervisor), made.content_hash)
        done = {"state": "confirmed", "decided_by": desk.supervisor, "decided_at": made.proposed_at}
        assert refused(lambda: Proposal.objects.filter(pk=made.pk).update(**done)) == "one_person_twice"
        straight = (desk.coordinator.pk, hold.pk, desk.supervisor.pk, "Bank letter of March 1")
        assert refused("SELECT release_hold(%s, %s, %s, %s)", *straight) == "second_person_needed"

    def test_leave_to_others_what_one_of_them_proposes(self, desk: Cast, shares: str) -> None:
        """The proposer's second account, first by name, keeps nothing from being proposed to somebody else."""
        SHARING[shares](desk.coordinator, hire("Aaron Reyes", Role.SUPERVISOR))
        propose_bank_event(
            desk.coordinator, ledger=desk.smith_ledger, book_date=today(), signed_amount=money(-100), advice="Letter"
        )
        january = dt.date(2026, 1, 1)
        made = months.prepare(desk.coordinator, desk.account, january)
        proposals.confirm_with_code(made.pk, desk.supervisor, code_of(desk.supervisor), made.content_hash)
        months.propose_reopening(desk.coordinator, desk.account, january, "A receipt is missing")
        assert Proposal.objects.filter(state="proposed").count() == 2

    def test_are_nobody_else_to_propose_to(self, desk: Cast, shares: str) -> None:
        hold = place_hold(desk.coordinator, desk.smith_ledger, Hold.Kind.MANUAL, money(100), "To be looked at")
        SHARING[shares](desk.coordinator, desk.supervisor)
        with pytest.raises(NobodyCanConfirm):
            propose_release(desk.coordinator, hold=hold, evidence="Bank letter of March 1")

    def test_are_one_person_under_the_solo_policy(self, desk: Cast, shares: str) -> None:
        Firm.objects.update(solo_policy_by=desk.partner, solo_policy_at=answer_of("SELECT firm_now()"))
        SHARING[shares](desk.coordinator, desk.attorney)
        assert decides_on(desk.attorney, ask(desk))


class TestThatTheyAreAlike:
    def test_is_told_on_the_pages_the_proposal_and_as_an_exception(self, desk: Cast) -> None:
        give_second_factor(desk.administrator)
        second = with_mailbox_of(desk.coordinator, hire("Dana Reyes Jr"))
        refresh("accounts_alike")
        assert not TrustException.objects.filter(rule="accounts_alike").exists()  # it holds no role yet
        made = people.give_role(desk.administrator, second, Role.ATTORNEY)
        assert isinstance(made, Proposal)
        assert ("Another account", "Same mailbox as Dana Reyes") in proposals.described(made)
        people.give_role(desk.administrator, second, Role.COORDINATOR)
        refresh("accounts_alike")
        found = TrustException.objects.get(rule="accounts_alike")
        assert (found.severity, "same mailbox as Dana Reyes" in found.label) == ("high", True)
        browser = browser_of(desk.administrator)
        assert "Same mailbox as Dana Reyes" in browser.get("/people/").content.decode()
        page = browser.get(f"/people/{second.pk}/").content.decode()
        assert "Dana Reyes Jr may have another account." in page
        assert "may have another account" not in browser.get(f"/people/{desk.attorney.pk}/").content.decode()

    @pytest.mark.parametrize("name", ["DANA REYES", "Dána  Reyes", "Dana-Reyes"])
    def test_is_said_of_a_name_but_they_stay_two(self, desk: Cast, name: str) -> None:
        second = hire("Somebody Else", Role.COORDINATOR)
        Person.objects.filter(pk=second.pk).update(full_name=name)
        assert [(one.shares, one.other_id) for one in accounts_alike(second)] == [("name", desk.coordinator.pk)]
        assert answer_of("SELECT is_one_person(%s, %s)", second.pk, desk.coordinator.pk) is False
        refresh("accounts_alike")
        assert TrustException.objects.get(rule="accounts_alike").severity == "medium"

    def test_is_not_said_of_accounts_that_ended(self, desk: Cast) -> None:
        second = with_mailbox_of(desk.coordinator, hire("Old Account", Role.COORDINATOR))
        people.deactivate(desk.administrator, second)
        assert accounts_alike() == []


def test_a_secret_stays_locked_and_is_read_as_before(desk: Cast) -> None:
    kept = json.dumps(list(Authenticator.objects.filter(type="totp").values_list("data", flat=True)))
    for secret in Authenticator.objects.filter(type="totp").values_list("data__secret", flat=True):
        plain = get_adapter().decrypt(secret)
        assert len(plain) >= 26
        assert plain not in kept
        assert get_adapter().decrypt(secret.partition(".")[2]) == plain  # as it was kept before its hash stood there


def test_the_accounts_of_a_person_are_found_at_once(desk: Cast) -> None:
    """`accounts_of` asks no account one by one (it stands on every page of an attorney) and finds the same ones."""
    people_of_it = [desk.coordinator, with_mailbox_of(desk.coordinator, hire("Dana Reyes Jr"))]
    people_of_it += [with_app_of(desk.attorney, desk.other_attorney), desk.attorney, desk.partner]
    for person in people_of_it:
        assert found("accounts_of", person) == found("one_by_one", person)
    assert found("accounts_of", desk.coordinator) == {one.pk for one in people_of_it[:2]}
    assert found("accounts_of", desk.attorney) == {desk.attorney.pk, desk.other_attorney.pk}
    assert "is_one_person" not in answer_of("SELECT prosrc FROM pg_proc WHERE proname = 'accounts_of'")


HOW = {
    "accounts_of": "SELECT accounts_of(%s)",
    "one_by_one": "SELECT p.id FROM firms_person p WHERE is_one_person(p.id, %s)",
}


def found(how: str, person: Person) -> set[int]:
    """Return the accounts of a person, by the set or asked one by one."""
    with connection.cursor() as cursor:
        cursor.execute(HOW[how], [person.pk])
        return {pk for (pk,) in cursor.fetchall()}
