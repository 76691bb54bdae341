"""A settlement authorized and paid in the browser: by the attorney with a code, the liens and the share by requests."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.disbursements.settling import signed
from tests.firms.cast import code_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestASignedSettlement:
    def test_is_authorized_and_its_share_is_asked_for(self, page_as: PageAs, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000_000)
        it = signed(cast)
        page = page_as(cast.attorney, "/waiting/")
        assert_clean(page, "waiting-settlements")
        page.get_by_role("link", name=f"{it}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Authorize {it}")
        assert_clean(page, "settlement-authorize")
        page.get_by_label("Code from your authenticator app").fill(code_of(cast.attorney))
        page.get_by_role("button", name="Authorize $34,533.30").click()
        expect(page.get_by_text("Authorized: $34,533.30 of fee and costs")).to_be_visible()
        assert_clean(page, "settlement-authorized")
        desk = page_as(cast.coordinator, f"/settlements/{it.pk}/", second_factor=False)
        desk.get_by_role("link", name="Pay Jane Smith…").click()
        assert_clean(desk, "settlement-share-pay")
        desk.get_by_role("button", name="Request approval").click()
        expect(desk.get_by_text("$57,466.70 to Jane Smith: requested and reserved.")).to_be_visible()
        desk.goto(f"/settlements/{it.pk}/")
        expect(desk.get_by_text("awaiting approval")).to_be_visible()
        assert_clean(desk, "settlement-asked")
