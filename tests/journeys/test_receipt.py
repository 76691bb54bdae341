"""A coordinator's morning: a check for two matters, without touching the mouse."""

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from ledgers.models import JournalEntry
from ledgers.money import money
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, console
from tests.cast import Cast


@pytest.fixture
def firm(transactional_db: None, cast: Cast) -> Cast:
    return cast


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the field or button with this name has the focus."""
    fields = page.locator("input, select, textarea, button").and_(page.get_by_label(label, exact=True))
    wanted = fields.or_(page.get_by_role("button", name=label, exact=True)).first
    for _ in range(40):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{label} is not reached by Tab")


def pick(page: Page, typed: str) -> None:
    """Type into the matter picker and take what it offers first."""
    page.keyboard.type(typed)
    expect(page.locator(".tl-options [aria-selected=true]:visible")).to_have_count(1)
    page.keyboard.press("Enter")


def type_split_receipt(page: Page) -> None:
    """Type a check of $2,000.00: $1,250.00 for Smith, $750.00 for the estate."""
    expect(page.get_by_label("Received from")).to_be_focused()
    page.keyboard.type("Acme Insurance")
    page.keyboard.press("Tab")
    page.keyboard.type("5531")
    tab_to(page, "Matter")
    pick(page, "jane smi")
    page.keyboard.press("Tab")
    page.keyboard.type("1,250.00")
    tab_to(page, "Add split")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Matter 2")).to_be_focused()
    pick(page, "doe")
    page.keyboard.press("Tab")
    page.keyboard.type("750")
    page.keyboard.press("Tab")


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
