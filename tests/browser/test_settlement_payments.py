"""A settlement authorized and paid in the browser: by the attorney with a code, the liens and the share by requests."""

import pytest
from playwright.sync_api import expect

from tests.billing.settling import issued
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, follow
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
        follow(desk.get_by_role("link", name="Pay Jane Smith…"))
        assert_clean(desk, "settlement-share-pay")
        desk.get_by_role("button", name="Request approval").click()
        expect(desk.get_by_text("$57,466.70 to Jane Smith: requested and reserved.")).to_be_visible()
        desk.goto(f"/settlements/{it.pk}/")
        expect(desk.get_by_text("awaiting approval")).to_be_visible()
        assert_clean(desk, "settlement-asked")

    def test_counts_a_lien_as_settled_otherwise(self, page_as: PageAs, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000_000)
        unsigned = issued(cast)
        it = signed(cast)
        cast.pay(cast.smith_ledger, 800_000)
        desk = page_as(cast.coordinator, "/waiting/", second_factor=False)
        expect(desk.get_by_role("link", name=f"{unsigned}")).to_be_visible()
        assert_clean(desk, "waiting-unsigned")
        desk.goto(f"/settlements/{it.pk}/")
        assert_clean(desk, "settlement-left-otherwise")
        desk.get_by_role("link", name="St. Mary’s Hospital: settled otherwise…").click()
        desk.get_by_label("Evidence").fill("Letter of the hospital, file 12")
        assert_clean(desk, "settled-otherwise")
        desk.get_by_role("button", name="Propose").click()
        expect(desk.get_by_text("A second person is asked to confirm")).to_be_visible()
        supervisor = page_as(cast.supervisor, "/waiting/")
        follow(supervisor.get_by_role("link", name="was settled by entry"))
        assert_clean(supervisor, "settled-otherwise-confirm")
        supervisor.get_by_label("Code from your authenticator app").fill(code_of(cast.supervisor))
        supervisor.keyboard.press("Enter")
        expect(supervisor.get_by_text("Confirmed:")).to_be_visible()
        desk.goto(f"/settlements/{it.pk}/")
        expect(desk.get_by_role("link", name="$8,000.00, settled otherwise")).to_be_visible()
        assert_clean(desk, "settlement-settled-otherwise")
        desk = page_as(cast.coordinator, f"/settlements/{it.pk}/", second_factor=False)
        follow(desk.get_by_role("link", name="Take back…"))
        assert_clean(desk, "settled-otherwise-taken-back")
        desk.get_by_label("Reason").fill("The letter was for another accident")
        desk.get_by_role("button", name="Propose").click()
        expect(desk.get_by_text("was not settled by entry")).to_be_visible()
        assert_clean(desk, "settlement-taking-back")
