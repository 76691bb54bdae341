"""Files of a request in the browser: attached with the form, kept when it is refused, seen where it is decided."""

import pytest
from playwright.sync_api import FilePayload, expect

from disbursements.links import issue_link
from disbursements.models import DisbursementRequest
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.firms.cast import give_second_factor
from tests.journeys.keyboard import type_request
from trustledger.demo.approvals import ORDER, paper


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger."""
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    return cast


def test_are_attached_kept_and_downloaded(page_as: PageAs, desk: Cast) -> None:
    page = page_as(desk.coordinator, "/disbursements/new/")
    type_request(page, "1,250.00")
    invoice: FilePayload = {"name": "invoice-LM-2207.pdf", "mimeType": "application/pdf", "buffer": paper(ORDER)}
    wrong: FilePayload = {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"plain text"}
    page.get_by_label("Attach files").set_input_files([invoice, wrong])
    page.get_by_role("button", name="Request approval").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("“notes.pdf” was not attached")
    expect(page.get_by_label("invoice-LM-2207.pdf")).to_be_checked()
    assert_clean(page, "attachments-refused", status=422)
    page.get_by_label("Amount").fill("400")
    page.get_by_role("button", name="Request approval").click()
    expect(page.get_by_role("link", name="invoice-LM-2207.pdf")).to_be_visible()
    request = DisbursementRequest.objects.get()
    assert len(request.attachments) == 1

    phone = page_as(desk.attorney, f"/approvals/link/{issue_link(request.pk, desk.attorney)}/")
    assert_clean(phone, "attachments-decision")
    with phone.expect_download() as started:
        phone.get_by_role("link", name="invoice-LM-2207.pdf").click()
    assert started.value.path().read_bytes() == paper(ORDER)
    page.goto(f"/disbursements/{request.pk}/")
    assert_clean(page, "attachments-request", status=422)
