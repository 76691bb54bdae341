"""Putting a fee back, closing and re-opening, in a browser: clean at both widths, and without a mouse."""

import pytest

from ledgers.posting import post_earned_fee
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast, key, today

pytestmark = pytest.mark.django_db(transaction=True)


class TestFeePutBackInABrowser:
    def test_is_recorded_without_a_mouse(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        authority = cast.authority(
            cast.smith_ledger, 30000, kind="earned_fee", method="wire", operating_account_id=cast.operating.pk
        )
        fee = post_earned_fee(cast.coordinator, key(), authority=authority, book_date=today())
        page = page_as(cast.coordinator, f"/entries/{fee.id}/", second_factor=False)
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
