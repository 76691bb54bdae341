"""Somebody new in a role that decides, and two accounts that look like one person, as the pages tell of them."""

import pytest
from playwright.sync_api import expect

from firms.clock import now
from firms.models import Firm, Person, Role
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.disbursements.test_new_roles import in_charge, promoted
from tests.firms.cast import give_second_factor


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm, founded before now, with $1,000.00 in Smith's ledger and a new attorney in charge of it."""
    Firm.objects.update(founded_at=now())
    give_second_factor(cast.partner)
    cast.receive(cast.smith_matter, 100000)
    promoted(cast, cast.stranger, Role.ATTORNEY)
    in_charge(cast, cast.stranger)
    return cast


def test_of_a_new_attorney_everybody_is_told(page_as: PageAs, desk: Cast) -> None:
    request = ask(desk)
    page = page_as(desk.coordinator, f"/disbursements/{request.pk}/")
    expect(page.get_by_text("was given the role attorney on")).to_be_visible()
    assert_clean(page, "newcomer-request")
    own = page_as(desk.stranger, f"/disbursements/{request.pk}/")
    expect(own.get_by_text("Reject instead…")).to_be_visible()
    expect(own.get_by_role("button", name="Approve")).to_be_hidden()
    assert_clean(own, "newcomer-may-reject")
    own.goto("/profile/")
    expect(own.get_by_text("Attorney: decides from")).to_be_visible()
    assert_clean(own, "newcomer-profile")
    office = page_as(desk.administrator, f"/people/{desk.stranger.pk}/")
    assert_clean(office, "newcomer-person")


def test_accounts_that_look_like_one_person_are_pointed_at(page_as: PageAs, desk: Cast) -> None:
    mailbox, _, host = desk.attorney.email.partition("@")
    other = Person.objects.create_user(f"{mailbox}+office@{host}", full_name="Maja Okafor")
    page = page_as(desk.administrator, "/people/")
    assert_clean(page, "people-alike")
    page.goto(f"/people/{other.pk}/")
    expect(page.get_by_role("alert")).to_contain_text("count as one person")
    assert_clean(page, "person-alike")
