"""A coordinator's morning: a check for two matters, without touching the mouse."""

from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from ledgers.models import JournalEntry
from ledgers.money import money
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, console
from tests.cast import Cast
from tests.journeys.keyboard import tab_to, type_split_receipt


@pytest.fixture
def firm(transactional_db: None, cast: Cast) -> Cast:
    return cast


def test_records_a_split_receipt_by_keyboard_and_prints_a_card(page_as: PageAs, firm: Cast) -> None:
    page = page_as(firm.coordinator, "/receipts/")
    page.keyboard.press("n")
    type_split_receipt(page)
    expect(page.locator("#outlook")).to_contain_text("$2,000.00")
    expect(page.locator("#outlook")).to_contain_text("5 business days")
    assert_clean(page, "receipt-typed")
    page.evaluate("window.sameDocument = true")
    tab_to(page, "Record receipt")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("$2,000.00 from Acme Insurance recorded")
    assert page.evaluate("window.sameDocument"), "the page is not loaded again"
    expect(page.get_by_label("Received from")).to_be_focused()
    expect(page.get_by_label("Received from")).to_have_value("")
    assert_clean(page, "receipt-recorded")
    assert JournalEntry.objects.get().bank_amount == money(200000)

    for number, balance in (("2026-0142", "$1,250.00"), ("2026-0143", "$750.00")):
        link = page.locator("section", has_text="Last receipts").get_by_role("link", name=number)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("row", name="Receipt")).to_contain_text(balance)
        assert_clean(page, f"card-{number}")
        page.go_back()

    page.goto(f"/client-ledgers/{firm.smith_ledger.pk}/")
    href = page.get_by_role("link", name="PDF").get_attribute("href")
    document = page.request.get(f"/client-ledgers/{firm.smith_ledger.pk}/{href}").body()
    text = PdfReader(BytesIO(document)).pages[0].extract_text()
    assert "Acme Insurance" in text
    assert "$1,250.00" in text
    assert console(page) == []


def test_keeps_what_was_typed_and_asks_about_a_repeat_without_loading_the_page(page_as: PageAs, firm: Cast) -> None:
    page = page_as(firm.coordinator, "/receipts/new/")
    for _ in range(2):
        type_split_receipt(page)
        tab_to(page, "Record receipt")
        page.keyboard.press("Enter")
        page.wait_for_load_state("networkidle")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("[data-error-summary]")).to_contain_text("Is this the same money twice?")
    expect(page.get_by_label("Received from")).to_have_value("Acme Insurance")
    assert_clean(page, "receipt-repeat", status=409)
    assert JournalEntry.objects.count() == 1
    page.get_by_label("This is other money, not a repeat. Record it.").focus()
    page.keyboard.press("Space")
    tab_to(page, "Record receipt")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("recorded as entry")
    assert JournalEntry.objects.count() == 2
