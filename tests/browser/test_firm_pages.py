"""The pages of the firm in a browser: clean at both widths, and an approving role given by two people."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from firms import people
from firms.absences import end_absence, record_absence
from firms.audit import acting
from firms.clock import today
from firms.models import AuditEvent, Person, Proposal, Role, RoleGrant
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.firms.cast import Cast, code_of, found_firm


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return found_firm()


def test_every_page_of_people_and_settings_is_clean(page_as: PageAs, cast: Cast) -> None:
    people.give_role(cast.administrator, cast.stranger, Role.ATTORNEY)
    page = page_as(cast.administrator, "/people/")
    assert_clean(page, "people")
    pages = {"person": f"/people/{cast.stranger.pk}/", "person-new": "/people/new/", "settings": "/settings/"}
    for name, path in (pages | {"profile": "/profile/", "confirmations-mine": "/proposals/"}).items():
        page.goto(path)
        assert_clean(page, name)


def test_absences_are_recorded_and_ended_with_the_keyboard(page_as: PageAs, cast: Cast) -> None:
    day = today()
    record_absence(cast.partner, cast.second_attorney, cast.supervisor, day, day + timedelta(days=11), "Parental leave")
    end_absence(cast.partner, record_absence(cast.partner, cast.attorney, cast.supervisor, day, day))
    page = page_as(cast.attorney, "/absences/")
    page.get_by_label("Who decides meanwhile").select_option("Susan Hale")
    page.get_by_label("First day").fill(str(day + timedelta(days=20)))
    page.get_by_label("Last day").fill(str(day + timedelta(days=24)))
    page.get_by_label("Note").fill("Trial in Albany")
    assert_clean(page, "absences")
    page.get_by_role("button", name="Record the absence").press("Enter")
    expect(page.get_by_text("Susan Hale decides for Adam Reed. Both are told.")).to_be_visible()
    page.get_by_role("button", name="End now the absence of Adam Reed").press("Enter")
    expect(page.get_by_text("The absence has ended: Adam Reed decides again.")).to_be_visible()
    assert_clean(page, "absences-ended")


def test_every_page_of_the_audit_trail_is_clean(page_as: PageAs, cast: Cast) -> None:
    with acting(cast.administrator, "page", "192.0.2.7"):
        people.edit_person(cast.administrator, cast.stranger, 1, full_name="Samuel Gray")
    page = page_as(cast.partner, "/audit/")
    assert_clean(page, "audit-trail")
    page.goto(f"/audit/{AuditEvent.objects.filter(subject_type='firms_person').latest('id').pk}/")
    assert_clean(page, "audit-event")
    page.goto("/audit/")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("Every event is as it was written")).to_be_visible()
    assert_clean(page, "audit-verified")


def test_an_approving_role_takes_two_people_and_a_code(page_as: PageAs, cast: Cast) -> None:
    page = page_as(cast.administrator, f"/people/{cast.stranger.pk}/")
    page.get_by_label("Role", exact=True).select_option("attorney")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("another person has to confirm this role")).to_be_visible()
    other = page_as(cast.partner, "/proposals/")
    assert_clean(other, "confirmations")
    other.get_by_role("link", name="Give Sam Gray the role attorney").click()
    other.wait_for_url("**/proposals/*/")
    assert_clean(other, "confirmation")
    other.get_by_label("Code from your authenticator app").fill("12345")
    other.keyboard.press("Enter")
    expect(other.get_by_text("This code is not valid")).to_be_visible()
    assert_clean(other, "confirmation-refused", status=409)
    other.get_by_label("Code from your authenticator app").fill(code_of(cast.partner))
    other.keyboard.press("Enter")
    expect(other.get_by_text("Confirmed: Give Sam Gray the role attorney")).to_be_visible()
    assert RoleGrant.objects.get(person=Person.objects.get(pk=cast.stranger.pk)).confirmed_by == cast.partner
    assert Proposal.objects.get().state == "confirmed"
