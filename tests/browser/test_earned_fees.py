"""An invoice paid from trust, in a browser: decided by the attorney on a telephone's width, answered, transferred."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.disbursements.earning import approved, authorized, invoiced
from tests.firms.cast import code_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestAnInvoicePaidFromTrust:
    def test_is_authorized_and_then_approved(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        invoice = invoiced(cast, 125000)
        page = page_as(cast.attorney, "/waiting/")
        assert_clean(page, "waiting-invoices")
        page.get_by_role("link", name=f"{invoice}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Pay $1,250.00 of {invoice} from trust")
        assert_clean(page, "invoice-authorize")
        page.get_by_label("Code from your authenticator app").fill(code_of(cast.attorney))
        page.get_by_role("button", name="Authorize $1,250.00").click()
        expect(page.get_by_text("Payment of $1,250.00 from trust authorized.")).to_be_visible()
        assert_clean(page, "invoice-authorized")
        desk = page_as(cast.coordinator, f"/invoices/{invoice.pk}/", second_factor=False)
        desk.get_by_role("link", name="Record what the client said…").click()
        assert_clean(desk, "invoice-answer")
        desk.get_by_label("Evidence").fill("E-mail of Jane Smith, Mar 3, filed with the invoice")
        desk.get_by_role("button", name="Save").click()
        expect(desk.get_by_text("Recorded: the client approved.")).to_be_visible()
        expect(desk.get_by_text("Stays due until money is available")).to_be_visible()
        assert_clean(desk, "invoice-partly-paid")

    def test_is_withdrawn_with_a_reason(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        invoice = invoiced(cast)
        authorized(cast, invoice)
        approved(cast, invoice, "objected")
        page = page_as(cast.attorney, f"/invoices/{invoice.pk}/")
        assert_clean(page, "invoice-objected")
        page.get_by_role("link", name="Withdraw the authorization…").click()
        assert_clean(page, "invoice-withdraw")
