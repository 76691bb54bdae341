"""A balance falls below its minimum in the demonstration: "Check now", and a letter lies in its mailbox, once."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from firms.models import OutboxEvent
from notifications.models import DemoMail, Notice
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.journeys.keyboard import press
from tests.notifications.worker import eventually, worker_with

LETTER = "Low trust balance"


@pytest.fixture
def demonstration(transactional_db: None, settings: Any) -> None:
    """Serve the pages as the demonstration does."""
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.notifications.demo_urls"
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"


@pytest.fixture
def worker(demonstration: None) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the demonstration's worker, which must not use this EMAIL_URL. No beat: it would check by itself."""
    yield from worker_with({"TRUSTLEDGER_DEMO": "1", "EMAIL_URL": "smtp://127.0.0.1:1"})


def check_now(page: Page) -> None:
    """Go to the low balances and check them, by keyboard."""
    press(page, "g b")
    page.wait_for_url("**/low-balances/")
    press(page, "n")


def test_a_low_balance_reaches_the_mailbox_once(
    page_as: PageAs, demonstration: None, smith_is_low: Cast, worker: "subprocess.Popen[bytes]"
) -> None:
    page = page_as(smith_is_low.coordinator, "/low-balances/")
    check_now(page)
    expect(page.locator("#messages")).to_contain_text("Below it: 1 (1 new, 0 recovered).")
    assert_clean(page, "mail-low-balances")
    asked = {smith_is_low.coordinator.email, smith_is_low.attorney.email}
    assert eventually(lambda: DemoMail.objects.filter(subject__startswith=LETTER).count() == len(asked))
    assert set(DemoMail.objects.values_list("to", flat=True)) == asked
    press(page, "g x")
    page.wait_for_url("**/mailbox/")
    expect(page.get_by_role("heading", level=2).filter(has_text=LETTER)).to_be_visible()
    letter = page.frame_locator("iframe").get_by_text("$250.00").first
    expect(letter).to_be_visible()
    assert_clean(page, "mail-mailbox")

    told = OutboxEvent.objects.count()
    check_now(page)
    expect(page.locator("#messages")).to_contain_text("Below it: 1 (0 new, 0 recovered).")
    assert OutboxEvent.objects.count() == told, "a letter begins as an event in the check's own transaction"
    assert not Notice.objects.exclude(state="sent").exists()
    assert DemoMail.objects.count() == len(asked)
    assert worker.poll() is None
