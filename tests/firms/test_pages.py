"""The pages of the firm, as people use them."""

import pytest
from django.test import Client

from firms import people
from firms.models import AuditEvent, Firm, OutboxEvent, Person, Proposal, Role, RoleGrant
from tests.firms.cast import PASSWORD, Cast, browser_of, code_of


def text_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/people/", "/people/new/", "/settings/", "/proposals/", "/profile/"])
    def test_opens_for_the_administrator_without_writing(self, cast: Cast, path: str) -> None:
        before = AuditEvent.objects.count()
        browser = browser_of(cast.administrator)
        signed_in_events = AuditEvent.objects.count() - before
        text_of(browser, path)
        assert AuditEvent.objects.count() == before + signed_in_events

    @pytest.mark.parametrize("path", ["/people/", "/people/new/", "/settings/", "/audit/"])
    def test_about_others_is_closed_to_a_coordinator(self, cast: Cast, path: str) -> None:
        assert browser_of(cast.coordinator).get(path).status_code == 403

    @pytest.mark.parametrize("path", ["/people/999999/", "/audit/999999/", "/proposals/999999/"])
    def test_says_404_for_what_does_not_exist(self, cast: Cast, path: str) -> None:
        assert browser_of(cast.partner).get(path).status_code == 404


class TestPeoplePages:
    def test_add_a_person_who_gets_a_link_to_set_a_password(self, cast: Cast) -> None:
        typed = {"full_name": "Nina Vale", "email": "Nina.Vale@hart-reed.example"}
        answer = browser_of(cast.administrator).post("/people/new/", typed)
        assert answer.headers["Location"] == "/people/"
        person = Person.objects.get(email="nina.vale@hart-reed.example")
        assert not person.has_usable_password()
        assert OutboxEvent.objects.get(kind="person.invited").payload == {"person": person.pk}
        event = AuditEvent.objects.get(subject_type="firms_person", subject_id=str(person.pk), action="insert")
        assert (event.actor, event.source, event.address) == (cast.administrator, "page", "127.0.0.1")

    def test_keep_what_was_typed_when_the_address_is_taken(self, cast: Cast) -> None:
        typed = {"full_name": "Nina Vale", "email": "PARTNER@hart-reed.example"}
        answer = browser_of(cast.administrator).post("/people/new/", typed)
        assert answer.status_code == 409
        assert "Another person of the firm has this e-mail address" in answer.content.decode()
        assert "Nina Vale" in answer.content.decode()
        assert not Person.objects.filter(full_name="Nina Vale").exists()

    def test_refuse_a_change_of_something_that_changed_meanwhile(self, cast: Cast) -> None:
        people.edit_person(cast.administrator, cast.stranger, 1, full_name="First")
        typed = {"full_name": "Second", "email": cast.stranger.email, "version": "1"}
        answer = browser_of(cast.administrator).post(f"/people/{cast.stranger.pk}/", typed)
        assert answer.status_code == 409
        assert Person.objects.get(pk=cast.stranger.pk).full_name == "First"

    def test_give_a_plain_role_at_once(self, cast: Cast) -> None:
        browser_of(cast.administrator).post(f"/people/{cast.stranger.pk}/roles/", {"role": "coordinator"})
        assert RoleGrant.objects.get(person=cast.stranger).granted_by == cast.administrator

    def test_give_an_approving_role_only_when_another_person_confirms_with_a_code(self, cast: Cast) -> None:
        browser_of(cast.administrator).post(f"/people/{cast.stranger.pk}/roles/", {"role": "attorney"})
        proposal = Proposal.objects.get()
        partner = browser_of(cast.partner)
        assert "Give Sam Gray the role attorney" in text_of(partner, "/proposals/")
        assert proposal.content_hash in text_of(partner, f"/proposals/{proposal.pk}/")
        wrong = partner.post(f"/proposals/{proposal.pk}/confirm/", {"code": "1", "shown_hash": proposal.content_hash})
        assert wrong.status_code == 409
        typed = {"code": code_of(cast.partner), "shown_hash": proposal.content_hash}
        assert partner.post(f"/proposals/{proposal.pk}/confirm/", typed).status_code == 302
        assert RoleGrant.objects.get(person=cast.stranger).confirmed_by == cast.partner

    def test_refuse_an_auditor_without_an_end(self, cast: Cast) -> None:
        answer = browser_of(cast.administrator).post(f"/people/{cast.stranger.pk}/roles/", {"role": "auditor"})
        assert answer.status_code == 409
        assert not RoleGrant.objects.filter(person=cast.stranger).exists()

    def test_take_a_role_away_and_deactivate(self, cast: Cast) -> None:
        grant = RoleGrant.objects.get(person=cast.coordinator)
        browser = browser_of(cast.administrator)
        browser.post(f"/people/{cast.coordinator.pk}/roles/{grant.pk}/revoke/")
        browser.post(f"/people/{cast.coordinator.pk}/deactivate/")
        assert RoleGrant.objects.get(pk=grant.pk).revoked_by == cast.administrator
        assert not Person.objects.get(pk=cast.coordinator.pk).is_active

    def test_keep_one_administrator(self, cast: Cast) -> None:
        browser = browser_of(cast.administrator)
        browser.post(f"/people/{cast.second_administrator.pk}/deactivate/")
        browser.post(f"/people/{cast.administrator.pk}/deactivate/")
        assert Person.objects.get(pk=cast.administrator.pk).is_active


class TestProposalPages:
    def test_do_not_exist_for_people_who_may_not_decide(self, cast: Cast) -> None:
        made = people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
        assert browser_of(cast.coordinator).get(f"/proposals/{made.pk}/").status_code == 404

    def test_decline_with_a_reason(self, cast: Cast) -> None:
        made = people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
        browser_of(cast.partner).post(f"/proposals/{made.pk}/decline/", {"reason": "No"})
        assert Proposal.objects.get().state == "declined"

    def test_take_ones_own_back(self, cast: Cast) -> None:
        made = people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
        browser_of(cast.administrator).post(f"/proposals/{made.pk}/withdraw/")
        assert Proposal.objects.get().state == "withdrawn"


class TestSettingsPage:
    def typed(self, **changes: str) -> dict[str, str]:
        firm = Firm.objects.get()
        names = ["name", "state", "time_zone", "version", *(f"hold_days_{m}" for m in ("wire", "cash", "ach", "check"))]
        names += ["hold_days_cashiers_check", "hold_days_foreign_check", "fee_condition", "fee_notice_days"]
        return {name: str(getattr(firm, name)) for name in names} | changes

    def test_changes_the_name_at_once_and_a_limit_after_confirmation(self, cast: Cast) -> None:
        answer = browser_of(cast.administrator).post(
            "/settings/", self.typed(name="Hart LLP", two_attorneys_above="25000.00")
        )
        assert answer.status_code == 302
        firm = Firm.objects.get()
        assert (firm.name, firm.two_attorneys_above_cents) == ("Hart LLP", None)
        assert Proposal.objects.get().content["after"] == {"two_attorneys_above_cents": 2_500_000}

    def test_says_that_nothing_changed(self, cast: Cast) -> None:
        assert browser_of(cast.administrator).post("/settings/", self.typed()).status_code == 409

    def test_records_the_first_step_of_the_solo_policy(self, cast: Cast) -> None:
        browser_of(cast.partner).post("/settings/solo-policy/", {"reason": "alone"})
        assert Proposal.objects.get().kind == "firm.solo-policy"


class TestAuditPages:
    def test_show_who_did_what_to_the_partner(self, cast: Cast) -> None:
        people.edit_person(cast.administrator, cast.stranger, 1, full_name="Samuel Gray")
        event = AuditEvent.objects.latest("id")
        browser = browser_of(cast.partner)
        assert f"/audit/{event.pk}/" in text_of(browser, "/audit/?subject_type=firms_person&action=update")
        shown = text_of(browser, f"/audit/{event.pk}/")
        assert "Sam Gray" in shown
        assert "Samuel Gray" in shown

    def test_filter_and_page(self, cast: Cast) -> None:
        for n in range(60):
            people.create_person(cast.administrator, f"p{n}@hart-reed.example", f"P{n}")
        text = text_of(browser_of(cast.partner), "/audit/?subject_type=firms_person&action=insert")
        assert text.count('href="/audit/') >= 50
        assert "before=" in text
        assert "Nothing found" in text_of(browser_of(cast.partner), "/audit/?action=never-happened")

    def test_verify_the_chain_and_say_that_they_did(self, cast: Cast) -> None:
        answer = browser_of(cast.partner).post("/audit/verify/")
        assert "Every event is as it was written" in answer.content.decode()
        assert AuditEvent.objects.filter(action="audit.verified", actor=cast.partner).count() == 1


class TestProfilePage:
    def test_ends_other_sessions_of_mine_only(self, cast: Cast) -> None:
        here, there, other = Client(), Client(), Client()
        for browser, person in ((here, cast.coordinator), (there, cast.coordinator), (other, cast.stranger)):
            browser.post("/account/login/", {"login": person.email, "password": PASSWORD})
            text_of(browser, "/profile/")
        here.post("/profile/sessions/end/")
        assert there.get("/profile/").status_code == 302
        assert here.get("/profile/").status_code == other.get("/profile/").status_code == 200
