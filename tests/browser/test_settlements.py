"""A settlement statement in the browser: drafted, issued, signed by the client; clean at both widths."""

import pytest
from playwright.sync_api import expect

from billing.settlement_models import SettlementStatement
from tests.billing.settling import contingent, drafted, issued
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, follow
from tests.cast import Cast, today
from tests.disbursements.settling import PAPER

pytestmark = pytest.mark.django_db(transaction=True)


class TestASettlement:
    def test_is_drafted_and_issued(self, page_as: PageAs, cast: Cast) -> None:
        contingent(cast)
        cast.receive(cast.smith_matter, 10_000_000)
        page = page_as(cast.coordinator, "/settlements/new/?matter=2026-0142", second_factor=False)
        assert_clean(page, "settlement-new")
        page.get_by_label("Gross recovery").fill("100,000.00")
        page.get_by_label("Recovered from").fill("Acme Insurance, claim 4711")
        page.get_by_label("Percent", exact=True).fill("33.3333")
        page.get_by_role("button", name="Begin").click()
        lien = page.locator("section", has=page.get_by_role("heading", name="Lien or third party"))
        lien.get_by_label("Claimed by").fill("St. Mary’s Hospital")
        lien.get_by_label("For").fill("Lien 88-1203, emergency care")
        lien.get_by_label("Claimed", exact=True).fill("10,000")
        lien.get_by_label("Agreed").fill("8,000")
        page.get_by_role("button", name="Add lien").click()
        expect(page.get_by_text("Lien or third party: added.")).to_be_visible()
        assert_clean(page, "settlement-draft")
        page.keyboard.press("i")
        expect(page.get_by_role("heading", level=1)).to_have_text("Issue settlement statement")
        assert_clean(page, "settlement-issue")
        page.get_by_role("button", name="Issue").click()
        expect(page.get_by_text("For the client to sign")).to_be_visible()
        assert_clean(page, "settlement-issued")

    def test_is_signed_with_the_paper(self, page_as: PageAs, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000_000)
        it = issued(cast)
        drafted(cast)
        page = page_as(cast.coordinator, "/settlements/", second_factor=False)
        assert_clean(page, "settlements")
        page.get_by_role("link", name=f"{it}").click()
        follow(page.get_by_role("link", name="Record the signature…"))
        assert_clean(page, "settlement-sign")
        page.get_by_label("Code on the paper").fill(it.printed_code)
        page.get_by_label("Signed paper").set_input_files(
            {"name": "signed.png", "mimeType": "image/png", "buffer": PAPER}
        )
        page.get_by_label("How it came back").fill("Signed in the office before Dana Reyes")
        page.get_by_role("button", name="Record signature").click()
        expect(page.get_by_text("Signature recorded.")).to_be_visible()
        assert_clean(page, "settlement-signed")
        assert SettlementStatement.objects.get(pk=it.pk).state == "signed"
        page.goto(f"/matters/{cast.smith_matter.pk}/")
        expect(page.get_by_role("link", name=f"Settlement S-{today().year}-0001")).to_be_visible()
        assert_clean(page, "matter-settlements")
