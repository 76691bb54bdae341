"""A day in the office without a mouse: money in for two matters, money out of one of them, and the attorney's code."""

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from disbursements.models import DisbursementRequest, State
from ledgers.money import money
from tests.browser.harness import assert_clean, console
from tests.cast import Cast
from tests.firms.cast import PASSWORD, code_of, give_second_factor
from tests.journeys.keyboard import (
    follow,
    press,
    sign_in,
    sign_out,
    tab_to,
    tab_to_link,
    type_request,
    type_split_receipt,
)

CARDS = (("Estate of O’Doe", "$750.00"), ("Smith v. Jones", "$2,250.00"))


@pytest.fixture
def office(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger; two people have passwords, the attorney an app."""
    for person in (cast.coordinator, cast.attorney):
        person.set_password(PASSWORD)
        person.save()
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    return cast


def test_a_day_in_the_office_is_done_without_a_mouse(guest: Page, office: Cast) -> None:
    guest.goto("/")
    assert_clean(guest, "day-sign-in")
    sign_in(guest, office.coordinator.email, PASSWORD)
    record_receipt(guest)
    see_cards(guest)
    print_card(guest)
    request_payment(guest)
    sign_out(guest)
    assert_clean(guest, "day-signed-out")
    sign_in_with_code(guest, office)
    approve(guest, office)
    see_payment(guest)
    assert console(guest) == []
    request = DisbursementRequest.objects.get()
    assert (request.state, request.requester, office.smith_ledger.balance) == (
        State.POSTED,
        office.coordinator,
        money(185000),
    )


def record_receipt(page: Page) -> None:
    """Record a check of $2,000.00 for two matters."""
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert_clean(page, "day-first-page")
    press(page, "g r")
    page.wait_for_url("**/receipts/")
    assert_clean(page, "day-receipts")
    press(page, "n")
    page.wait_for_url("**/receipts/new/**")
    assert_clean(page, "day-receipt-new")
    type_split_receipt(page)
    expect(page.locator("#outlook")).to_contain_text("$2,000.00")
    assert_clean(page, "day-receipt-typed")
    tab_to(page, "Record receipt")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("$2,000.00 from Acme Insurance recorded")
    assert_clean(page, "day-receipt-recorded")


def see_cards(page: Page) -> None:
    """Open the cards of both matters from the list of ledgers; stay on the one that is printed."""
    tab_to(page, "Record receipt")  # in a field, letters are text: shortcuts count outside of it
    for name, balance in CARDS:
        press(page, "g l")
        page.wait_for_url("**/client-ledgers/")
        assert_clean(page, "day-client-ledgers")
        follow(page, name)
        page.wait_for_url("**/client-ledgers/*/")
        expect(page.get_by_role("row").filter(has_text="Acme Insurance")).to_contain_text(balance)
        assert_clean(page, f"day-card-{name}")


def print_card(page: Page) -> None:
    """Take the card as PDF: a file with the receipt in it."""
    tab_to_link(page, "PDF")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    file = Path(taken.value.path()).read_bytes()
    assert file.startswith(b"%PDF-")
    text = PdfReader(BytesIO(file)).pages[0].extract_text()
    for part in ("Acme Insurance", "5531", "$1,250.00", "$2,250.00"):
        assert part in text


def request_payment(page: Page) -> None:
    """Ask for $400.00 for the court."""
    press(page, "g d")
    page.wait_for_url("**/disbursements/")
    assert_clean(page, "day-disbursements")
    press(page, "n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Request a payment")
    type_request(page, "400")
    assert_clean(page, "day-request-typed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$400.00 to Court Clerk")
    assert_clean(page, "day-requested")


def sign_in_with_code(page: Page, office: Cast) -> None:
    """Sign in with a password and what the authenticator app shows."""
    sign_in(page, office.attorney.email, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert_clean(page, "day-second-step")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(code_of(office.attorney))
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert_clean(page, "day-attorney-first-page")


def approve(page: Page, office: Cast) -> None:
    """Open what waits and approve it with the app's next code: each counts once."""
    press(page, "g w")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for me")
    assert_clean(page, "day-waiting")
    follow(page, "Court Clerk")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Awaiting approval")
    assert_clean(page, "day-approval")
    tab_to(page, "Code from your authenticator app")
    page.keyboard.type(code_of(office.attorney, steps_ahead=1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Posted")
    assert_clean(page, "day-approved")


def see_payment(page: Page) -> None:
    """Open the ledger: the payment stands on the card with the balance after it."""
    follow(page, "Open the ledger")
    row = page.get_by_role("row").filter(has_text="Court Clerk")
    expect(row).to_contain_text("$400.00")
    expect(row).to_contain_text("$1,850.00")
    assert_clean(page, "day-card-paid")
