"""From the letter to the posted payment on a telephone, over a real mail server; a forwarded letter decides nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from disbursements.models import ApprovalLink, DisbursementRequest, State
from ledgers.money import money
from notifications.delivery import relay
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.firms.cast import PASSWORD, code_of, give_second_factor
from tests.journeys.keyboard import sign_in
from tests.notifications.conftest import Mailroom

LINK = re.compile(r"http\S+/approvals/link/[\w-]{43}/")


@pytest.fixture
def asked(
    transactional_db: None, cast: Cast, mailroom: Mailroom, live_server: LiveServer, settings: Any
) -> DisbursementRequest:
    """Return a request for $400.00 whose letter is about to leave."""
    settings.BASE_URL = live_server.url
    for person in (cast.attorney, cast.other_attorney):
        person.set_password(PASSWORD)
        person.save()
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100000)
    return ask(cast)


def link_in_letter_to(person: Any, mailroom: Mailroom) -> str:
    """Return the link in the text of the last letter to a person."""
    letters = [m for m, to in zip(mailroom.received, mailroom.recipients, strict=True) if to == [person.email]]
    body = letters[-1].get_body(("plain",))
    assert body is not None
    return LINK.findall(body.get_content())[0]  # type: ignore[no-any-return]


def test_an_attorney_decides_on_a_telephone_from_the_letter(
    guest: Page, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
) -> None:
    relay()
    guest.set_viewport_size(NARROW)  # type: ignore[arg-type]
    guest.goto(link_in_letter_to(cast.attorney, mailroom))
    expect(guest.get_by_role("heading", level=1)).to_have_text(f"This is for {cast.attorney.full_name}")
    assert re.fullmatch(r".*/approvals/\d+/", guest.url)
    assert_clean(guest, "link-sign-in")
    guest.set_viewport_size(NARROW)  # type: ignore[arg-type]
    guest.get_by_role("link", name="Sign in to decide").click()
    sign_in(guest, cast.attorney.email, PASSWORD)
    guest.get_by_label("Code").fill(code_of(cast.attorney))
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", level=1)).to_have_text("$400.00 to Court Clerk")
    assert_clean(guest, "link-approval")
    guest.set_viewport_size(NARROW)  # type: ignore[arg-type]
    guest.get_by_label("Code from your authenticator app").fill(code_of(cast.attorney, steps_ahead=1))
    guest.get_by_role("button", name="Approve $400.00").click()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Posted")
    assert_clean(guest, "link-approved")
    asked.refresh_from_db()
    assert (asked.state, cast.smith_ledger.balance) == (State.POSTED, money(60000))
    guest.goto(link_in_letter_to(cast.attorney, mailroom))
    expect(guest.get_by_role("heading", level=1)).to_have_text("This has been decided already")
    assert_clean(guest, "link-over")


def test_a_forwarded_letter_shows_whom_it_is_for(
    page_as: PageAs, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
) -> None:
    relay()
    page = page_as(cast.other_attorney, link_in_letter_to(cast.attorney, mailroom))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"This is for {cast.attorney.full_name}")
    assert_clean(page, "link-not-yours", status=403)
    assert not ApprovalLink.objects.filter(opened_at__isnull=False).exists()


def test_a_scanner_that_clicks_and_submits_everything_changes_nothing(
    guest: Page, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
) -> None:
    relay()
    link = link_in_letter_to(cast.attorney, mailroom)
    guest.goto(link)
    things = guest.locator("a[href], button, input[type=submit], form")
    for place in range(things.count()):
        guest.goto(link)
        things.nth(place).evaluate("thing => thing.requestSubmit ? thing.requestSubmit() : thing.click()")
        guest.wait_for_load_state()
    asked.refresh_from_db()
    assert asked.state == State.AWAITING_APPROVAL
    assert (
        ApprovalLink.objects.filter(opened_at__isnull=True, used_at__isnull=True, superseded_at__isnull=True).count()
        == 1
    )


def test_a_link_that_was_never_sent_says_so(guest: Page, cast: Cast) -> None:
    guest.goto("/approvals/link/never-sent/")
    expect(guest.get_by_role("heading", level=1)).to_have_text("This link is not known")
    assert_clean(guest, "link-unknown", status=404)


def test_an_attorney_with_a_passkey_signs_in_and_decides_with_a_touch(
    guest: Page, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
) -> None:
    relay()
    with_device(guest)
    guest.goto("/account/login/")
    sign_in(guest, cast.attorney.email, PASSWORD)
    guest.get_by_label("Code").fill(code_of(cast.attorney))
    guest.keyboard.press("Enter")
    guest.wait_for_url("**/waiting/")
    guest.goto("/account/2fa/")
    assert_clean(guest, "two-step-passkeys")
    guest.get_by_role("link", name="Add a passkey").click()
    guest.get_by_label("Password").fill(PASSWORD)
    guest.keyboard.press("Enter")
    guest.wait_for_url("**/2fa/webauthn/add/")
    assert_clean(guest, "passkey-add")
    guest.get_by_role("button", name="Add the passkey").click()
    guest.wait_for_url("**/account/2fa/")
    guest.get_by_role("link", name="See them").click()
    expect(guest.get_by_text("not used yet")).to_be_visible()
    assert_clean(guest, "passkeys")
    guest.context.clear_cookies()
    guest.set_viewport_size(NARROW)  # type: ignore[arg-type]
    guest.goto(link_in_letter_to(cast.attorney, mailroom))
    guest.get_by_role("link", name="Sign in to decide").click()
    sign_in(guest, cast.attorney.email, PASSWORD)
    expect(guest.get_by_role("heading", level=1)).to_have_text("One more step")
    assert_clean(guest, "second-step-passkey")
    guest.get_by_role("button", name="Use a passkey").click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("$400.00 to Court Clerk")
    assert_clean(guest, "link-approval-passkey")
    guest.set_viewport_size(NARROW)  # type: ignore[arg-type]
    guest.get_by_role("button", name="Approve $400.00 with a passkey").click()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Posted")
    asked.refresh_from_db()
    assert (asked.state, cast.smith_ledger.balance) == (State.POSTED, money(60000))


def with_device(page: Page) -> None:
    """Give the browser a device that holds passkeys and is touched at once."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    abilities = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": {**abilities, "isUserVerified": True}})
