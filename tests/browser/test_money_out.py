"""Money out in the browser: asked for by keyboard, approved on a telephone with a code."""

import pytest
from playwright.sync_api import expect

from disbursements.models import DisbursementRequest, State
from ledgers.holding import hold_money
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from ledgers.proposals import propose_returned_receipt
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask
from tests.firms.cast import code_of, give_second_factor
from tests.journeys.keyboard import type_request


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and authenticator apps for who decides."""
    for person in (cast.attorney, cast.supervisor, cast.partner):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100000)
    return cast


def test_a_payment_is_requested_by_keyboard_and_approved_with_a_code(page_as: PageAs, desk: Cast) -> None:
    page = page_as(desk.coordinator, "/disbursements/")
    assert_clean(page, "disbursements-empty")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Request a payment")
    assert_clean(page, "disbursement-new")
    type_request(page, "1,250.00")
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("only $1,000.00 is available")
    assert_clean(page, "disbursement-refused", status=409)
    page.get_by_label("Amount").fill("400")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$400.00 to Court Clerk")
    assert_clean(page, "disbursement-requested", status=409)
    request = DisbursementRequest.objects.get()
    page.context.clear_cookies()
    page.close()

    phone = page_as(desk.attorney, "/waiting/")
    assert_clean(phone, "waiting-attorney")
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    phone.get_by_role("link", name="Court Clerk").click()
    expect(phone.get_by_label("Code from your authenticator app")).to_be_visible()
    assert_clean(phone, "approval")
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    phone.get_by_label("Code from your authenticator app").fill("000000")
    phone.get_by_role("button", name="Approve $400.00").click()
    expect(phone.locator("[data-error-summary]")).to_contain_text("This code is not valid")
    assert_clean(phone, "approval-refused", status=409)
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    phone.get_by_label("Code from your authenticator app").fill(code_of(desk.attorney))
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Posted")
    assert_clean(phone, "approved", status=409)
    request.refresh_from_db()
    assert (request.state, desk.smith_ledger.balance) == (State.POSTED, money(60000))
    phone.get_by_role("link", name="Open the ledger").click()
    row = phone.get_by_role("row").filter(has_text="Court Clerk")
    expect(row).to_contain_text("$400.00")
    expect(row).to_contain_text("$600.00")


def test_the_buttons_of_the_decision_fill_a_telephone(page_as: PageAs, desk: Cast) -> None:
    request = ask(desk)
    page = page_as(desk.attorney, f"/disbursements/{request.pk}/")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    box = page.get_by_role("button", name="Approve $400.00").bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] >= 44
    page.get_by_text("Reject instead").click()
    page.get_by_label("Reason").fill("Waived by the court")
    assert_clean(page, "approval-rejecting")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected")


def test_the_pages_of_the_coordinator_are_clean(page_as: PageAs, desk: Cast) -> None:
    request = ask(desk)
    receipt = post_receipt(
        desk.coordinator,
        key(),
        account=desk.account,
        book_date=today(),
        method="wire",
        payer="Unknown LLC",
        reference="W",
        shares=[Share(desk.special("unidentified"), money(5000))],
    )
    page = page_as(desk.coordinator, "/disbursements/")
    assert_clean(page, "disbursements")
    for path, name in (
        ("/transfers/", "transfers-empty"),
        ("/transfers/new/", "transfer-new"),
        ("/disbursements/firm-funds/", "firm-funds-withdrawal"),
        (f"/disbursements/{request.pk}/", "disbursement"),
        (f"/disbursements/{request.pk}/change/", "disbursement-change"),
        (f"/disbursements/{request.pk}/withdraw/", "disbursement-withdraw"),
        ("/waiting/", "waiting-coordinator"),
        (f"/unidentified/{receipt.id}/assign/", "receipt-assign"),
        (f"/unidentified/{receipt.id}/return/", "receipt-return"),
    ):
        page.goto(path)
        assert_clean(page, name)


def test_a_draft_is_kept_edited_and_submitted_by_keyboard(page_as: PageAs, desk: Cast) -> None:
    page = page_as(desk.coordinator, "/disbursements/new/")
    type_request(page, "1,250.00")
    page.get_by_role("button", name="Request approval").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save as draft")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$1,250.00 to Court Clerk Draft")
    assert_clean(page, "draft")
    page.get_by_role("button", name="Request approval").press("Enter")
    expect(page.locator("[data-error-summary]")).to_contain_text("only $1,000.00 is available")
    assert_clean(page, "draft-refused", status=409)
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Edit draft")
    assert_clean(page, "draft-edit", status=409)
    page.get_by_label("Amount").fill("400")
    page.get_by_role("button", name="Save as draft").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$400.00 to Court Clerk Draft")
    page.goto("/waiting/")
    assert_clean(page, "waiting-drafts", status=409)
    page.get_by_role("link", name="Court Clerk").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Delete draft").press("Enter")
    assert_clean(page, "draft-delete", status=409)
    page.get_by_role("link", name="Cancel").press("Enter")
    page.get_by_role("button", name="Request approval").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("$400.00 to Court Clerk Awaiting approval")
    assert_clean(page, "draft-submitted", status=409)


def test_the_pages_of_corrections_are_clean(page_as: PageAs, desk: Cast) -> None:
    desk.pay(desk.smith_ledger, 60000)
    receipt = JournalEntry.objects.get(kind="receipt")
    hold = hold_money(
        desk.coordinator, key(), desk.smith_ledger, kind="disputed", amount=money(1000), reason="The fee of May",
        disputed_by="Jane Smith, by letter of Oct 2",
    )  # fmt: skip
    page = page_as(desk.coordinator, f"/entries/{receipt.pk}/returned/")
    assert_clean(page, "receipt-returned")
    page.get_by_label("Bank’s line or advice").fill("NSF check 5531")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    assert_clean(page, "receipt-returned-confirm")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("leaving a deficit of $600.00")
    assert_clean(page, "proposal-mine")
    page.goto(f"/entries/{receipt.pk}/reverse/")
    page.get_by_label("Reason").fill("Never came")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reverse").click()
    expect(page.get_by_role("button", name="Propose for confirmation")).to_be_visible()
    assert_clean(page, "reversal-takes-two", status=409)
    for path, name in (
        ("/bank-events/charge/", "bank-charge"),
        ("/bank-events/cure/", "deficit-cure"),
        ("/bank-events/other/", "bank-event-other"),
        ("/holds/", "holds"),
        (f"/holds/{hold.pk}/release/", "hold-release"),
        (f"/reconciliation/{desk.account.pk}/", "months"),
        (f"/reconciliation/{desk.account.pk}/2026-01/", "month"),
        (f"/entries/{receipt.pk}/", "entry-with-actions"),
    ):
        page.goto(path)
        assert_clean(page, name, status=409)


def test_a_trust_supervisor_confirms_a_deficit_with_a_code(page_as: PageAs, desk: Cast) -> None:
    desk.pay(desk.smith_ledger, 60000)
    receipt = JournalEntry.objects.get(kind="receipt")
    shares = [(desk.smith_ledger, money(100000))]
    propose_returned_receipt(desk.coordinator, receipt=receipt, book_date=today(), shares=shares, advice="NSF")
    page = page_as(desk.supervisor, "/waiting/")
    assert_clean(page, "waiting-supervisor")
    page.get_by_role("link", name="came back").click()
    page.get_by_label("Code from your authenticator app").fill(code_of(desk.supervisor))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Confirmed:")).to_be_visible()
    assert desk.smith_ledger.deficit == money(60000)
