"""Payees in a browser: recorded without a mouse, asked about when a name looks like a known one."""

import pytest
from playwright.sync_api import expect

from disbursements.payees import record_payee
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast

ADDRESS = "360 Adams Street\nRoom 189\nBrooklyn, NY 11201"


@pytest.fixture
def office(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with some payees."""
    who = cast.coordinator
    record_payee(who, name="Kings County Clerk", kind="court", address=ADDRESS, email="clerk@kings.example")
    record_payee(who, name="Metro Court Reporting, Inc.", kind="vendor", default_method="ach")
    record_payee(who, name="Dr. Helen Ashford", kind="expert", notes="Bills by the half day")
    return cast


def test_a_payee_is_recorded_and_a_look_alike_asked_about(page_as: PageAs, office: Cast) -> None:
    page = page_as(office.coordinator, "/payees/")
    assert_clean(page, "payees")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("New payee")
    assert_clean(page, "payee-new")
    page.get_by_label("Name").fill("Metro C0urt Reporting Inc")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("looks like the payee “Metro Court Reporting, Inc.”")
    assert_clean(page, "payee-look-alike", status=409)
    page.get_by_label("This is another payee").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Metro C0urt Reporting Inc")
    expect(page.get_by_text("Names that look like this one")).to_be_visible()
    assert_clean(page, "payee", status=409)
