"""From the letter to the paid invoice on the client's telephone, without an account and without a script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.models import Invoice
from disbursements.models import ClientAnswer, FeeAuthorization, InvoiceLink
from ledgers.models import JournalEntry
from ledgers.money import money
from notifications.delivery import relay
from notifications.models import Notice
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean
from tests.cast import Cast
from tests.disbursements.asking_clients import asked
from tests.notifications.conftest import Mailroom

LINK = re.compile(r"http\S+/bill/link/[\w-]{43}/")
CODE = re.compile(r"Your code: (\d{3} \d{3})")


@pytest.fixture
def waits(
    transactional_db: None, cast: Cast, mailroom: Mailroom, live_server: LiveServer, settings: object
) -> FeeAuthorization:
    """Return an authorized invoice over $450.00 whose letter is about to leave."""
    settings.BASE_URL = live_server.url  # type: ignore[attr-defined]
    cast.receive(cast.smith_matter, 100000)
    return asked(cast, 45000)


def letter_of(mailroom: Mailroom) -> tuple[str, str]:
    """Return link and code of the last letter to the client; the invoice is attached."""
    sent = zip(mailroom.received, mailroom.recipients, strict=True)
    letter = [message for message, to in sent if to == ["jane@smith.example"]][-1]
    (paper,) = letter.iter_attachments()
    assert (paper.get_content_type(), paper.get_content()[:4]) == ("application/pdf", b"%PDF")
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    return LINK.findall(text)[0], CODE.findall(text)[0]


def test_a_client_approves_on_a_telephone_without_a_script(
    browser: Browser, guest: Page, cast: Cast, waits: FeeAuthorization, mailroom: Mailroom, page_as: PageAs
) -> None:
    relay()
    link, code = letter_of(mailroom)
    notice = Notice.objects.get(kind="invoice_to_client")
    assert notice.state == "sent"
    for secret in (link, code):  # the kept copy has neither
        assert secret not in notice.text + notice.html
    guest.goto(link)
    assert re.fullmatch(r".*/bill/\d+/", guest.url)
    assert_clean(guest, "client-bill")
    guest.locator("summary").click()
    assert_clean(guest, "client-bill-objecting")
    plain = browser.new_context(java_script_enabled=False, viewport=NARROW).new_page()  # type: ignore[arg-type]
    plain.goto(link)
    plain.get_by_label("Your code from the letter").first.fill("000")
    plain.get_by_role("button", name="Approve $450.00").click()
    expect(plain.get_by_role("alert")).to_contain_text("Type the six digits")
    plain.get_by_label("Your code from the letter").first.fill(code)
    plain.get_by_role("button", name="Approve $450.00").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Thank you: you approved")
    plain.context.close()
    guest.reload()
    assert_clean(guest, "client-approved")
    assert Invoice.objects.get(pk=waits.invoice_id).state == "paid"
    assert JournalEntry.objects.get(kind="earned_fee").bank_amount == money(-45000)
    relay()
    told = [m["Subject"] for m, to in zip(mailroom.received, mailroom.recipients, strict=True)
            if to == [cast.attorney.email]]  # fmt: skip
    assert any(str(subject).startswith("Approved by the client: $450.00") for subject in told)
    desk = page_as(cast.coordinator, f"/invoices/{waits.invoice_id}/", second_factor=False)
    assert_clean(desk, "invoice-answered-by-link")


def test_a_client_objects_and_everybody_is_told(
    guest: Page, cast: Cast, waits: FeeAuthorization, mailroom: Mailroom
) -> None:
    relay()
    link, code = letter_of(mailroom)
    guest.goto(link)
    guest.locator("summary").click()
    guest.get_by_label("What do you object to?").fill("Two hours on March 3 were never agreed.")
    guest.locator("details").get_by_label("Your code from the letter").fill(code)
    guest.get_by_role("button", name="Object").click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Your objection is recorded")
    assert_clean(guest, "client-objected")
    assert not JournalEntry.objects.filter(kind="earned_fee").exists()
    relay()
    bodies = [m.get_body(("plain",)) for m in mailroom.received]
    assert any("never agreed" in body.get_content() for body in bodies if body is not None)


def test_a_scanner_that_fills_in_and_submits_everything_changes_nothing(
    guest: Page, waits: FeeAuthorization, mailroom: Mailroom
) -> None:
    relay()
    link, _ = letter_of(mailroom)
    guest.goto(link)
    for place in range(guest.locator("form").count()):
        guest.goto(link)
        for field in guest.locator("input:not([type=hidden]), textarea").all():
            field.evaluate("field => { field.value = 'test' }")
        guest.locator("form").nth(place).evaluate("form => form.submit()")
        guest.wait_for_load_state()
    for place in range(guest.locator("a[href]").count()):
        guest.goto(link)
        guest.locator("a[href]").nth(place).evaluate("thing => fetch(thing.href)")
    assert not ClientAnswer.objects.exists()
    left = InvoiceLink.objects.get()
    assert (left.used_at, left.wrong_codes, left.superseded_at) == (None, 0, None)


def test_a_link_that_was_never_sent_and_one_opened_by_staff_say_so(
    guest: Page, cast: Cast, waits: FeeAuthorization, mailroom: Mailroom, page_as: PageAs
) -> None:
    guest.goto("/bill/link/never-sent/")
    assert_clean(guest, "client-unknown", status=404)
    relay()
    page = page_as(cast.coordinator, letter_of(mailroom)[0], second_factor=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("This letter is for a client")
    assert_clean(page, "client-not-yours", status=403)
