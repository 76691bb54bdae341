"""An invoice paid from trust, in a browser: decided by the attorney on a telephone's width, answered, transferred."""

import pytest
from playwright.sync_api import expect

from ledgers.models import BankItem, Matter
from ledgers.money import money
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, follow
from tests.cast import Cast
from tests.disbursements.earning import approved, authorized, fee, invoiced
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
        follow(desk.get_by_role("link", name="Record what the client said…"))
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
        follow(page.get_by_role("link", name="Withdraw the authorization…"))
        assert_clean(page, "invoice-withdraw")


class TestABatchOfTransfers:
    def test_is_read_and_closed_with_the_reference_of_the_bank(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100000)
        cast.receive(cast.doe_matter, 50000)
        fee(cast, 30000)
        fee(cast, 12550, matter=cast.doe_matter)
        waits = invoiced(cast, 9900)
        page = page_as(cast.coordinator, "/earned-in-trust/", second_factor=False)
        expect(page.get_by_role("link", name=waits.number)).to_be_visible()
        assert_clean(page, "earned-in-trust")
        page.goto("/transfer-batches/")
        assert_clean(page, "transfer-batches")
        batch = BankItem.objects.get(kind=BankItem.Kind.TRANSFER_BATCH)
        page.goto(f"/transfer-batches/{batch.pk}/")
        assert_clean(page, "transfer-batch")
        page.goto(f"/transfer-batches/{batch.pk}/close/")
        assert_clean(page, "transfer-batch-close")
        page.get_by_label("reference").fill("ACH 20261122-7")
        page.keyboard.press("Enter")
        expect(page.get_by_text("ACH 20261122-7").first).to_be_visible()
        assert_clean(page, "transfer-batch-closed")


class TestOnePaymentOverSeveralInvoices:
    def test_is_shown_and_transferred(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 100)
        cast.pay(cast.smith_ledger, 100)
        for cents in (30000, 10000, 5001):
            invoice = invoiced(cast, cents)
            approved(cast, invoice)
            authorized(cast, invoice)
        cast.receive(cast.smith_matter, 15000)
        page = page_as(cast.coordinator, f"/invoices/{invoice.pk}/", second_factor=False)
        follow(page.get_by_role("link", name="Pay several invoices…"))
        assert_clean(page, "fee-distribution")
        page.get_by_label("Equal proportions").check()
        page.get_by_role("textbox", name="Amount").fill("150.01")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("alert")).to_contain_text("$150.00 is available in the ledger")
        assert_clean(page, "fee-distribution-refused")
        page.get_by_role("textbox", name="Amount").fill("140.00")
        follow(page.get_by_role("button", name="Show"))
        assert_clean(page, "fee-distribution-equal")
        page.get_by_role("button", name="Transfer $140.00").click()
        expect(page.get_by_text("$140.00 paid from trust in 3 transfers.")).to_be_visible()


class TestAnInvoiceOfAMatterWithAMinimum:
    def test_says_what_is_to_be_replenished(self, cast: Cast, page_as: PageAs) -> None:
        Matter.objects.filter(pk=cast.smith_matter.pk).update(minimum_balance=money(80000), version=2)
        cast.receive(cast.smith_matter, 100000)
        page = page_as(cast.coordinator, f"/invoices/{invoiced(cast, 45000).pk}/", second_factor=False)
        expect(page.get_by_text("To replenish, minimum $800.00")).to_be_visible()
        assert_clean(page, "invoice-replenishment")
