"""What hands do on a keyboard: reach a field, a button or a link by Tab, type, press Enter. No mouse anywhere."""

import pytest
from playwright.sync_api import Locator, Page, expect

LONGEST_WAY = 60


def tab_until(page: Page, wanted: Locator, name: str) -> None:
    """Press Tab until what is wanted has the focus."""
    wanted.first.wait_for()
    for _ in range(LONGEST_WAY):
        if wanted.first.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not reached by Tab")


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the field or button with this name has the focus."""
    fields = page.locator("input, select, textarea, button").and_(page.get_by_label(label, exact=True))
    tab_until(page, fields.or_(page.get_by_role("button", name=label, exact=True)), label)


def tab_to_link(page: Page, name: str) -> None:
    """Press Tab until the link of the page with this name has the focus."""
    tab_until(page, page.get_by_role("main").get_by_role("link", name=name), name)


def follow(page: Page, name: str) -> None:
    """Go to a link of the page and press Enter."""
    tab_to_link(page, name)
    page.keyboard.press("Enter")


def press(page: Page, keys: str) -> None:
    """Press a shortcut of the pages, key by key: "g d"."""
    for key in keys.split():
        page.keyboard.press(key)


def sign_in(page: Page, email: str, password: str) -> None:
    """Fill the form of the sign-in page and send it."""
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(email)
    tab_to(page, "Password")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def sign_out(page: Page) -> None:
    """Open the menu under one's name and sign out."""
    tab_until(page, page.locator(".tl-user summary"), "the menu of the person")
    page.keyboard.press("Enter")
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/login/")


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


def type_request(page: Page, amount: str) -> None:
    """Ask for a filing fee out of Smith's matter; the form is not sent yet."""
    expect(page.get_by_role("combobox", name="Matter")).to_be_focused()
    pick(page, "smith jones")
    for label, typed in (
        ("Pay to", "Court Clerk"),
        ("Amount", amount),
        ("Purpose", "Filing fee"),
        ("Reference", "1001"),
    ):
        tab_to(page, label)
        page.keyboard.type(typed)
