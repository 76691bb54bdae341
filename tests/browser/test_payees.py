"""Payees in a browser: recorded without a mouse, asked about when a name looks like a known one."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from disbursements.models import DisbursementRequest, Payee
from disbursements.payees import record_payee
from firms.clock import now
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, follow
from tests.cast import Cast, assemble
from tests.disbursements.paying import changed_bank, confirmed, proposed
from tests.firms.cast import code_of, give_second_factor

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


def test_bank_details_are_called_back_proposed_and_confirmed(page_as: PageAs, office: Cast) -> None:
    give_second_factor(office.supervisor)
    metro, other = Payee.objects.get(name__startswith="Metro"), Payee.objects.get(name__startswith="Dr.")
    confirmed(office, proposed(office, other))
    page = page_as(office.coordinator, f"/payees/{metro.pk}/")
    assert_clean(page, "payee-without-bank")
    follow(page.get_by_role("link", name="Enter bank details"))
    assert_clean(page, "payee-bank-new")
    page.get_by_role("textbox", name="Bank").fill("Empire State Bank")
    page.get_by_label("Routing number").fill("021000021")
    page.get_by_label("Account number").fill("000123456789")
    page.get_by_label("Whom did you call?").fill("Rosa Diaz, accounts receivable")
    page.get_by_label("At which number?").fill("(718) 555-0100")
    page.get_by_label("When?").fill("2026-01-05T10:30")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("already that of Dr. Helen Ashford")
    assert_clean(page, "payee-bank-shared", status=409)
    page.get_by_label("Account number").fill("000987654321")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Another person has to confirm them")).to_be_visible()
    assert_clean(page, "payee-bank-waiting", status=409)
    page.context.clear_cookies()
    page.close()

    second = page_as(office.supervisor, "/waiting/")
    second.get_by_role("link", name="Bank details of Metro").click()
    expect(second.get_by_text("Rosa Diaz, accounts receivable at (718) 555-0100")).to_be_visible()
    assert_clean(second, "payee-bank-proposal")
    second.get_by_label("Code from your authenticator app").fill(code_of(office.supervisor, 1))
    second.keyboard.press("Enter")
    expect(second.get_by_text("Confirmed:")).to_be_visible()
    second.goto(f"/payees/{metro.pk}/")
    expect(second.get_by_text("confirmed details rest for 24 hours")).to_be_visible()
    assert_clean(second, "payee-bank-resting")


@pytest.fixture
def old_office(transactional_db: None, at: Any) -> Cast:
    """Return the firm as it was assembled three days ago, with a vendor whose bank details are 30 hours old."""
    instant = now()
    at((instant - timedelta(days=3)).isoformat())
    office = assemble()
    for person in (office.supervisor, office.attorney):
        give_second_factor(person)
    metro = record_payee(office.coordinator, name="Metro Court Reporting, Inc.", default_method="ach")
    office.receive(office.smith_matter, 100000)
    at((instant - timedelta(hours=30)).isoformat())
    confirmed(office, proposed(office, metro))
    at("")
    return office


def test_a_wire_is_asked_for_by_the_picker_and_shows_what_changed(page_as: PageAs, old_office: Cast) -> None:
    office, metro = old_office, Payee.objects.get()
    page = page_as(office.coordinator, "/disbursements/new/")
    page.get_by_role("combobox", name="Matter").fill("Smith v")
    page.locator("[role=listbox]:visible [role=option]").first.click()
    page.get_by_role("combobox", name="Pay to").fill("metro")
    expect(page.locator("[role=listbox]:visible [role=option]").first).to_contain_text("Metro Court Reporting")
    assert_clean(page, "disbursement-payee-picker")
    page.locator("[role=listbox]:visible [role=option]").first.click()
    page.get_by_label("Amount").fill("400")
    page.get_by_label("Method").select_option("wire")
    page.get_by_label("Purpose").fill("Transcript")
    page.get_by_label("Reference").fill("T-77")
    page.get_by_role("button", name="Request approval").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("$400.00 to Metro Court Reporting")
    assert_clean(page, "disbursement-wire")
    changed_bank(office, metro)
    page.context.clear_cookies()
    page.close()
    request = DisbursementRequest.objects.get()
    phone = page_as(office.attorney, f"/disbursements/{request.pk}/")
    expect(phone.get_by_text("have changed since this was requested")).to_be_visible()
    assert_clean(phone, "disbursement-payee-changed")
