"""The pages of the worker's rounds are clean at both widths: exceptions, low balances, mail log, mailbox."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from compliance.models import TrustException
from compliance.watch import look
from firms import outbox, permits
from firms.clock import today
from ledgers.money import money
from ledgers.parties import edit_matter
from ledgers.posting import Share, post_receipt
from notifications.delivery import relay
from notifications.models import DemoMail, Notice
from retainers.monitoring import check_balances
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast, key
from tests.firms.cast import give_second_factor


@pytest.fixture
def busy(transactional_db: None, cast: Cast, settings: Any, live_server: LiveServer) -> Cast:
    """Give everybody something to look at."""
    settings.DEMO, settings.BASE_URL = True, live_server.url
    settings.ROOT_URLCONF = "tests.notifications.demo_urls"
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    edit_matter(cast.smith_matter, cast.smith_matter.version, minimum_balance=money(100_000))
    cast.receive(cast.smith_matter, 25_000)
    cast.receive(cast.doe_matter, 1_840_000)
    cast.doe_matter.refresh_from_db()
    edit_matter(cast.doe_matter, cast.doe_matter.version, status="closing")
    post_receipt(
        cast.coordinator, key(), account=cast.account, book_date=today(), method="wire", payer="Acme Insurance",
        shares=[Share(cast.special("unidentified"), money(125_000))], reference="W-9",
    )  # fmt: skip
    outbox.tell("mail.account", None, {"to": "nobody", "subject": "A letter to nobody", "text": "x"}, dedupe="x")
    permits.take("balance-check", "firm", "2026-11-20 08:00")
    permits.failed("balance-check", "firm", "2026-11-20 08:00", "OperationalError: the disk is full")
    check_balances()
    relay()
    look()
    relay()
    for person in (cast.partner, cast.supervisor):
        give_second_factor(person)
    return cast


@pytest.mark.django_db(transaction=True)
class TestRoundsInTheBrowser:
    def test_the_exception_dashboard_is_clean(self, busy: Cast, page_as: PageAs) -> None:
        page = page_as(busy.partner, "/exceptions/")
        assert_clean(page, "exceptions")
        page.get_by_role("link", name="Closed matter with money").click()
        page.wait_for_url("**/exceptions/*/")
        assert_clean(page, "exception")

    def test_an_exception_is_snoozed_with_the_keyboard(self, busy: Cast, page_as: PageAs) -> None:
        found = TrustException.objects.get(rule="closed_with_money")
        page = page_as(busy.coordinator, f"/exceptions/{found.pk}/")
        page.get_by_label("Reason").fill("The client is abroad")
        page.get_by_label("Until").fill((today() + timedelta(days=7)).isoformat())
        page.get_by_role("button", name="Snooze").press("Enter")
        page.wait_for_load_state()
        assert "Snoozed" in page.inner_text("main")

    def test_the_low_balances_are_clean(self, busy: Cast, page_as: PageAs) -> None:
        page = page_as(busy.coordinator, "/low-balances/")
        page.get_by_role("button", name="Check now").click()
        page.get_by_text("Checked matters with a minimum").wait_for()
        assert_clean(page, "low-balances")

    def test_the_mail_log_is_clean(self, busy: Cast, page_as: PageAs) -> None:
        page = page_as(busy.coordinator, "/mail/")
        assert_clean(page, "mail-log")
        page.goto(f"/mail/{Notice.objects.get(person=busy.attorney, kind='balance.low').pk}/")
        assert_clean(page, "mail-notice")

    def test_the_mailbox_is_clean(self, busy: Cast, page_as: PageAs) -> None:
        mail = DemoMail.objects.get(to=busy.attorney.email)
        page = page_as(busy.coordinator, f"/mailbox/{mail.pk}/")
        assert page.frame_locator("iframe").get_by_text("short of the minimum").is_visible()
        assert_clean(page, "mailbox")

    def test_a_letter_in_the_mailbox_leads_where_its_button_says(self, busy: Cast, page_as: PageAs) -> None:
        mail = DemoMail.objects.get(to=busy.attorney.email)
        page = page_as(busy.coordinator, f"/mailbox/{mail.pk}/")
        with page.context.expect_page() as opened:
            page.frame_locator("iframe").get_by_role("link", name="See low balances").click()
        opened.value.wait_for_url("**/low-balances/")
