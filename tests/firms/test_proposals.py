"""The two-person rule."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from firms import people, policies, proposals
from firms.access import roles_of
from firms.clock import now
from firms.founding import FirmFoundedAlready
from firms.models import AuditEvent, Firm, OutboxEvent, Person, Proposal, Role, RoleGrant
from firms.proposals import AlreadyDecided, AlreadyProposed, ContentChanged, NeedsAnotherPerson, ReasonMissing
from firms.refusals import ChangedMeanwhile, NotAllowed, translating
from firms.second_factor import CodeRefused
from tests.firms.cast import Cast, code_of, found_firm
from tests.firms.test_second_factor import in_parallel


@pytest.fixture
def proposal(cast: Cast) -> Proposal:
    made = people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
    assert isinstance(made, Proposal)
    return made


def confirmed(proposal: Proposal, person: Person, steps_ahead: int = 0) -> Proposal:
    return proposals.confirm_with_code(proposal.pk, person, code_of(person, steps_ahead), proposal.content_hash)


class TestConfirm:
    def test_lets_another_person_put_it_into_effect(self, cast: Cast, proposal: Proposal) -> None:
        assert roles_of(cast.stranger) == frozenset()
        confirmed(proposal, cast.partner)
        grant = RoleGrant.objects.get(person=cast.stranger)
        assert (grant.role, grant.granted_by, grant.confirmed_by) == ("attorney", cast.administrator, cast.partner)
        assert Proposal.objects.get().result == {"role_grant": grant.pk}

    def test_refuses_whoever_proposed_it(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(NeedsAnotherPerson):
            confirmed(proposal, cast.administrator)
        assert not RoleGrant.objects.filter(person=cast.stranger).exists()

    def test_refuses_somebody_whose_roles_do_not_decide_this(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(NotAllowed):
            confirmed(proposal, cast.attorney)

    def test_refuses_a_wrong_code(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(CodeRefused):
            proposals.confirm_with_code(proposal.pk, cast.partner, "12345x", proposal.content_hash)
        assert Proposal.objects.get().state == "proposed"

    def test_refuses_other_content_than_was_shown(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(ContentChanged):
            proposals.confirm_with_code(proposal.pk, cast.partner, code_of(cast.partner), "f" * 64)

    def test_refuses_a_second_decision(self, cast: Cast, proposal: Proposal) -> None:
        confirmed(proposal, cast.partner)
        with pytest.raises(AlreadyDecided) as refusal:
            confirmed(proposal, cast.second_administrator)
        assert refusal.value.facts == {"state": "confirmed"}

    def test_writes_nothing_when_what_follows_is_refused(self, cast: Cast, proposal: Proposal) -> None:
        people.deactivate(cast.administrator, cast.stranger)
        with pytest.raises(people.NotActive):
            confirmed(proposal, cast.partner)
        assert Proposal.objects.get().state == "proposed"

    @pytest.mark.django_db(transaction=True)
    def test_lets_one_of_two_deciders_win(self) -> None:
        cast = found_firm()
        made = people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
        deciders = iter([cast.partner, cast.second_administrator])
        results = in_parallel(2, lambda: confirmed(made, next(deciders)))  # type: ignore[arg-type]
        assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "Proposal"]
        assert RoleGrant.objects.filter(person=cast.stranger).count() == 1


class TestDecline:
    def test_needs_a_reason(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(ReasonMissing):
            proposals.decline(proposal.pk, cast.partner, "  ")

    def test_ends_it(self, cast: Cast, proposal: Proposal) -> None:
        proposals.decline(proposal.pk, cast.partner, "Not admitted to the bar")
        stored = Proposal.objects.get()
        assert (stored.state, stored.reason, stored.decided_by) == ("declined", "Not admitted to the bar", cast.partner)
        assert OutboxEvent.objects.filter(kind="proposal.decided").count() == 1


class TestWithdraw:
    def test_is_for_its_author(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(NotAllowed):
            proposals.withdraw(proposal.pk, cast.partner)
        assert proposals.withdraw(proposal.pk, cast.administrator).state == "withdrawn"


class TestPropose:
    def test_refuses_the_very_same_thing_twice(self, cast: Cast, proposal: Proposal) -> None:
        with pytest.raises(AlreadyProposed):
            people.give_role(cast.second_administrator, cast.stranger, Role.ATTORNEY)

    def test_tells_and_records_it(self, cast: Cast, proposal: Proposal) -> None:
        assert OutboxEvent.objects.filter(kind="proposal.opened", subject_id=str(proposal.pk)).count() == 1
        assert AuditEvent.objects.filter(subject_type="firms_proposal", action="insert").count() == 1


class TestWaitingFor:
    def test_lists_what_a_person_may_decide(self, cast: Cast, proposal: Proposal) -> None:
        assert list(proposals.waiting_for(cast.partner)) == [proposal]
        assert list(proposals.waiting_for(cast.second_administrator)) == [proposal]
        assert list(proposals.waiting_for(cast.administrator)) == []
        assert list(proposals.waiting_for(cast.coordinator)) == []


class TestRawSql:
    @pytest.mark.parametrize(("statement", "code"), [
        ("UPDATE firms_proposal SET state = 'confirmed', decided_by_id = proposed_by_id, decided_at = firm_now()",
         "needs_another_person"),
        ("UPDATE firms_proposal SET state='confirmed', solo=true, decided_by_id=proposed_by_id, decided_at=firm_now()",
         "needs_another_person"),
    ])  # fmt: skip
    def test_cannot_confirm_ones_own(self, cast: Cast, proposal: Proposal, statement: str, code: str) -> None:
        with pytest.raises(proposals.NeedsAnotherPerson) as refusal, translating(), transaction.atomic():
            connection.cursor().execute(statement)
        assert refusal.value.code == code

    def test_cannot_change_what_was_decided(self, cast: Cast, proposal: Proposal) -> None:
        proposals.withdraw(proposal.pk, cast.administrator)
        with pytest.raises(AlreadyDecided), translating(), transaction.atomic():
            Proposal.objects.update(reason="another")

    def test_cannot_give_an_approving_role_alone(self, cast: Cast) -> None:
        with pytest.raises(people.RoleNeedsAnotherPerson), translating(), transaction.atomic():
            RoleGrant.objects.create(person=cast.stranger, role="attorney", granted_at=now(), granted_by=cast.partner)

    def test_cannot_give_an_approving_role_that_two_people_never_decided(self, cast: Cast) -> None:
        with pytest.raises(people.RoleNeedsAnotherPerson), translating(), transaction.atomic():
            RoleGrant.objects.create(
                person=cast.stranger, role="attorney", granted_at=now(),
                granted_by=cast.partner, confirmed_by=cast.administrator,
            )  # fmt: skip

    @pytest.mark.parametrize("assignment", [
        "hold_days_check = 0", "two_attorneys_above_cents = 1", "device_decides_up_to_cents = 1",
        "time_zone = 'UTC'", "deficit_stops_account = true", "fee_condition = 'notice'", "fee_notice_days = 0",
        "fees_distributed_by_hand = true",
        "solo_policy_at = firm_now(), solo_policy_by_id = 1, solo_policy_reason = 'me'",
    ])  # fmt: skip
    def test_cannot_change_a_policy_alone(self, cast: Cast, assignment: str) -> None:
        assignment = assignment.replace("by_id = 1", f"by_id = {cast.partner.pk}")
        with pytest.raises(policies.PolicyNeedsAnotherPerson), translating(), transaction.atomic():
            connection.cursor().execute(f"UPDATE firms_firm SET {assignment}")

    def test_cannot_found_the_firm_again(self, cast: Cast) -> None:
        with pytest.raises(FirmFoundedAlready), translating(), transaction.atomic():
            connection.cursor().execute("UPDATE firms_firm SET founded_at = NULL")

    def test_cannot_confirm_a_role_by_the_same_person(self, cast: Cast) -> None:
        with pytest.raises(DatabaseError, match=r"role_needs_another_person|role_grant_two"), transaction.atomic():
            RoleGrant.objects.create(
                person=cast.stranger, role="attorney", granted_at=now(),
                granted_by=cast.partner, confirmed_by=cast.partner,
            )  # fmt: skip


class TestPolicies:
    def test_change_only_with_a_second_person(self, cast: Cast) -> None:
        made = policies.change_firm(cast.administrator, 1, name="Hart LLP", hold_days_check=7)
        firm = Firm.objects.get()
        assert (firm.name, firm.hold_days_check) == ("Hart LLP", 5)
        assert made is not None
        confirmed(made, cast.partner)
        assert Firm.objects.get().hold_days_check == 7

    def test_are_refused_when_they_changed_meanwhile(self, cast: Cast) -> None:
        first = policies.change_firm(cast.administrator, 1, hold_days_check=7)
        second = policies.change_firm(cast.second_administrator, 1, hold_days_check=9)
        assert first is not None
        assert second is not None
        confirmed(first, cast.partner)
        with pytest.raises(ChangedMeanwhile):
            confirmed(second, cast.partner, 1)
        assert Firm.objects.get().hold_days_check == 7

    def test_refuse_a_zone_that_does_not_exist(self, cast: Cast) -> None:
        with pytest.raises(policies.UnknownTimeZone):
            policies.change_firm(cast.administrator, 1, time_zone="America/Gotham")


class TestSoloPolicy:
    def test_needs_another_person_while_there_is_one(self, cast: Cast) -> None:
        made = policies.propose_solo_policy(cast.partner, "I am alone")
        with pytest.raises(NeedsAnotherPerson):
            confirmed(made, cast.partner)

    def test_is_recorded_by_somebody_whose_other_account_is_nobody_else(self, cast: Cast) -> None:
        """A lawyer alone who is partner, attorney and administrator with three accounts of one mailbox."""
        for person in (cast.second_attorney, cast.supervisor, cast.administrator):
            people.deactivate(cast.second_administrator, person)
        made = policies.propose_solo_policy(cast.partner, "I am alone")
        with pytest.raises(NeedsAnotherPerson):
            confirmed(made, cast.partner)
        name, _, domain = cast.partner.email.partition("@")
        for label, other in (("attorney", cast.attorney), ("admin", cast.second_administrator)):
            Person.objects.filter(pk=other.pk).update(email=f"{name}+{label}@{domain}")
        confirmed(made, cast.partner, 1)
        assert Firm.objects.get().solo_policy_by == cast.partner

    def test_is_recorded_in_two_steps_by_somebody_who_is_alone(self, cast: Cast, at: Callable[[str], None]) -> None:
        for person in (cast.attorney, cast.second_attorney, cast.supervisor, cast.administrator):
            people.deactivate(cast.second_administrator, person)
        role = people.give_role(cast.second_administrator, cast.partner, Role.ADMINISTRATOR)
        assert isinstance(role, Proposal)
        confirmed(role, cast.partner)
        people.deactivate(cast.partner, cast.second_administrator)
        made = policies.propose_solo_policy(cast.partner, "I am alone")
        confirmed(made, cast.partner, 1)
        firm = Firm.objects.get()
        assert (firm.solo_policy_by, firm.solo_policy_reason) == (cast.partner, "I am alone")
        assert Proposal.objects.get(pk=made.pk).solo is True
