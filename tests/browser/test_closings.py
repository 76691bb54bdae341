"""Putting a fee back, closing and re-opening, in a browser: clean at both widths, and without a mouse."""

from decimal import Decimal

import pytest

from billing.timekeeping import Work, record_time
from ledgers.closing import close_account, close_matter
from ledgers.holding import hold_money
from ledgers.money import money
from tests.billing.settling import lien, recovery
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast, key, today
from tests.disbursements.checking import paid
from tests.disbursements.earning import fee, invoiced
from tests.disbursements.requesting import ask
from tests.disbursements.settling import signed

pytestmark = pytest.mark.django_db(transaction=True)


class TestFeePutBackInABrowser:
    def test_is_recorded_without_a_mouse(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        taken = fee(cast)
        page = page_as(cast.coordinator, f"/entries/{taken.pk}/", second_factor=False)
        assert_clean(page, "entry-fee")
        page.focus("a:has-text('Put fee back')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/put-back/")
        assert_clean(page, "fee-put-back")
        page.fill("[name=amount]", "100")
        page.fill("[name=reference]", "W-77")
        page.fill("[name=reason]", "Invoice 12 was reduced")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Is this right?")
        assert_clean(page, "fee-put-back-confirm")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Fee put back: recorded.")
        assert cast.smith_ledger.balance.amount == 800


class TestClosingInABrowser:
    def test_leads_from_what_is_held_to_the_end_without_a_mouse(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        page = page_as(cast.coordinator, f"/matters/{cast.smith_matter.pk}/close/", second_factor=False)
        assert_clean(page, "matter-close-holding")
        page.keyboard.press("Escape")
        page.focus("button:has-text('Start closing')")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=It closes by itself when nothing is left of it.")
        page.focus("button:has-text('Close matter')")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Return it to the client first")
        assert_clean(page, "matter-close-refused", status=409)

    def test_shows_everything_that_stands_against_it(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 842500)
        cast.receive(cast.smith_matter, 100000, method="check")
        hold_money(cast.coordinator, key(), cast.smith_ledger, kind="disputed", amount=money(120000),
                   reason="Lien claimed on Oct 2", disputed_by="Harbor Medical Group")  # fmt: skip
        worked = Work(cast.attorney, cast.smith_matter, today(), Decimal("2.5"), money(35000), "Closing letter")
        record_time(cast.coordinator, key(), worked)
        invoiced(cast, 40000)
        paid(cast, 31250, payee="Metropolitan Court Reporting Services, Incorporated")
        ask(cast, cents=5000)
        signed(cast, lien(50000), said=recovery(gross=money(300000)))
        page = page_as(cast.coordinator, f"/matters/{cast.smith_matter.pk}/close/", second_factor=False)
        assert_clean(page, "matter-close-everything")
        page.get_by_label("Metropolitan Court Reporting").check()
        page.get_by_label("Seen where").fill("Online bank, line 14")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Marked as cleared.")
        page.locator("a:visible", has_text="Make the final invoice").click()
        assert page.input_value("[name=time_until]") == today().isoformat()
        page.go_back()
        page.locator("a:visible", has_text="Request return").click()
        assert page.input_value("[name=amount]") == "3587.50"
        assert_clean(page, "matter-return")

    def test_is_clean_on_its_other_pages(self, cast: Cast, page_as: PageAs) -> None:
        close_matter(cast.coordinator, cast.smith_matter, 1)
        cast.receive(cast.doe_matter, 5000)
        second = close_account(cast.coordinator, cast.second_account, 1, today(), "Letter of First National")
        for name, path in {
            "matter-closed": f"/matters/{cast.smith_matter.pk}/",
            "matter-reopen": f"/matters/{cast.smith_matter.pk}/re-open/",
            "account-close": f"/trust-accounts/{cast.account.pk}/close/",
            "account-closed": f"/trust-accounts/{second.pk}/",
            "account-reopen": f"/trust-accounts/{second.pk}/re-open/",
        }.items():
            assert_clean(page_as(cast.coordinator, path, second_factor=False), name)
