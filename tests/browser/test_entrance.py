"""Signing in, by the real forms, and the pages of one's own account."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page, expect

from firms.models import OutboxEvent, Person
from firms.people import password_link
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean

PASSWORD = "correct horse battery"


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


@pytest.fixture
def dana(transactional_db: None) -> Person:
    return Person.objects.create_user("dana@firm.test", PASSWORD, full_name="Dana Reyes")


def sign_in(page: Page, password: str) -> None:
    """Fill the form of the sign-in page by keyboard."""
    page.get_by_label("Email").fill("dana@firm.test")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def set_up_second_step(page: Page) -> str:
    """Go from the account page through confirming and scanning to the recovery codes; return the first of them."""
    page.goto("/account/2fa/")
    assert_clean(page, "two-step")
    page.get_by_role("link", name="Set up the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    assert_clean(page, "two-step-set-up")
    page.get_by_label("Authenticator code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert_clean(page, "two-step-set-up-refused")
    page.get_by_label("Authenticator code").fill(code_of(page.locator("#secret").inner_text()))
    page.keyboard.press("Enter")
    codes = page.get_by_role("list", name="Unused recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    assert_clean(page, "recovery-codes")
    return codes.first.inner_text()


def test_signs_in_sets_up_the_second_step_and_uses_it(guest: Page, dana: Person) -> None:
    guest.goto("/")
    assert_clean(guest, "sign-in")
    expect(guest.get_by_label("Email")).to_be_focused()
    sign_in(guest, "wrong")
    expect(guest.locator("[data-error-summary]")).to_be_focused()
    assert_clean(guest, "sign-in-refused")
    sign_in(guest, PASSWORD)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Welcome")
    assert_clean(guest, "welcome")
    recovery_code = set_up_second_step(guest)
    guest.goto("/account/logout/")
    assert_clean(guest, "sign-out")
    guest.get_by_role("main").get_by_role("button", name="Sign out").click()
    guest.wait_for_url("**/account/login/")
    sign_in(guest, PASSWORD)
    expect(guest.get_by_role("heading", level=1)).to_have_text("One more step")
    assert_clean(guest, "second-step")
    guest.get_by_label("Code").fill(recovery_code)
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Welcome")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/account/password/change/", "password-change"),
        ("/account/2fa/", "account-two-step"),
        ("/account/reauthenticate/", "reauthenticate"),
    ],
)
def test_the_pages_of_ones_account_are_clean(page_as: PageAs, dana: Person, path: str, name: str) -> None:
    assert_clean(page_as(dana, path), name)


def test_shows_where_one_is_signed_in_and_ends_the_other_places(
    guest: Page, browser: Browser, base_url: str, dana: Person
) -> None:
    elsewhere = browser.new_context(base_url=base_url)
    other = elsewhere.new_page()
    for page in (other, guest):
        page.goto("/")
        sign_in(page, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    guest.goto("/account/sessions/")
    expect(guest.get_by_text("This one")).to_have_count(1)
    assert_clean(guest, "sessions")
    guest.get_by_role("button", name="Sign out everywhere else").click()
    expect(guest.get_by_text("You are signed in only here.")).to_be_visible()
    other.goto("/")
    expect(other).to_have_url(re.compile("/account/login/"))
    elsewhere.close()


def test_signs_out_from_the_menu_of_every_page(page_as: PageAs, dana: Person) -> None:
    page = page_as(dana, "/")
    page.get_by_text("Dana Reyes").click()
    assert_clean(page, "user-menu")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/")
    page.goto(page.url.replace("/account/login/", "/"))
    expect(page).to_have_url(re.compile("/account/login/"))


def test_a_password_is_reset_by_a_link_that_works_once(guest: Page, dana: Person) -> None:
    guest.goto("/account/password/reset/")
    assert_clean(guest, "password-reset")
    guest.get_by_label("Email").fill("dana@firm.test")
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Look at your mail")
    assert_clean(guest, "password-reset-sent")
    assert OutboxEvent.objects.filter(kind="person.password-forgotten", subject_id=dana.pk).exists()
    address = re.sub(r"^https?://[^/]+", "", password_link(dana))  # as the letter has it once it is handed over
    guest.goto(address)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    assert_clean(guest, "password-new")
    guest.get_by_label("New Password", exact=True).fill("another horse battery")
    guest.get_by_label("New Password (again)").fill("another horse battery")
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Password changed")
    guest.goto(address)
    expect(guest.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    assert_clean(guest, "password-link-old")


def test_signing_in_works_without_javascript(browser: Browser, base_url: str, dana: Person) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email").fill("dana@firm.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/")
    context.close()
