"""Checks in the browser, clean at both widths."""

import pytest
from playwright.sync_api import expect

from disbursements.checks import record_written_check, spoil_check
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean, follow
from tests.cast import Cast, key, today
from tests.disbursements.checking import issued, numbered, paid, printed
from tests.disbursements.outstanding import opening_check

LONG = "Metropolitan Transportation Authority, Department of Records and Subpoena Compliance"


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Payments by check: some printed, one spoiled, one written by hand, some waiting."""
    cast.receive(cast.smith_matter, 5_000_000)
    numbered(cast)
    spoil_check(cast.coordinator, key(), printed(cast, 31250), "The printer pulled two sheets")
    record_written_check(cast.coordinator, key(), paid(cast, 9900, payee="Dr. Helen Ashford"), 1004, today())
    paid(cast, 123456, payee=LONG, purpose="Certified copies of records", reference="MTA-77120")
    paid(cast, 40000, payee="Kings County Clerk", purpose="Filing fee")
    return cast


def test_are_numbered_and_spoiled_by_the_coordinator(page_as: PageAs, desk: Cast) -> None:
    page = page_as(desk.coordinator, "/checks/", second_factor=False)
    assert_clean(page, "checks")
    page.get_by_label("Kings County Clerk").check()
    page.get_by_role("button", name="Number the ticked checks").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")
    assert_clean(page, "check-batch")
    follow(page.get_by_role("link", name="1002"))
    assert_clean(page, "check")
    follow(page.get_by_role("link", name="Spoiled…"))
    assert_clean(page, "check-spoil")
    page.get_by_label("Reason").fill("Ink ran out")
    page.get_by_role("button", name="Make void").click()
    expect(page.get_by_text("Its payment waits for the printer again.")).to_be_visible()
    assert_clean(page, "check-void")
    page.goto("/checks/numbers/")
    assert_clean(page, "check-numbers")
    for path, name in (("numbering", "check-numbering"), ("blank", "check-blank")):
        page.goto(f"/checks/accounts/{desk.account.pk}/{path}/")
        assert_clean(page, name)
    page.goto(f"/checks/payments/{paid(desk, 50).pk}/written/")
    assert_clean(page, "check-written")


def test_end_and_stand_in_the_register(page_as: PageAs, desk: Cast) -> None:
    opening_check(desk, "981")
    first, second = issued(desk, paid(desk, 5000, payee="Harbor Medical Group"), paid(desk, 7000))
    page = page_as(desk.coordinator, f"/checks/{first.pk}/stop/", second_factor=False)
    assert_clean(page, "check-stop")
    page.get_by_label("Reason").fill("Lost in the mail")
    page.get_by_label("The bank’s confirmation").fill("SP-20417")
    page.get_by_role("button", name="Record the stop").click()
    expect(page.get_by_text("Its payment can be issued anew.")).to_be_visible()
    assert_clean(page, "check-stopped")
    page.goto(f"/checks/{second.pk}/undo/")
    assert_clean(page, "check-undo")
    page.get_by_label("Reason").fill("Never cashed; the hearing was called off")
    page.get_by_role("button", name="Undo the payment").click()
    expect(page.get_by_text("Its payment was undone by")).to_be_visible()
    page.goto(f"/checks/register/?account={desk.account.pk}&from_date={desk.start}")
    assert_clean(page, "check-register")
    page.goto(f"/checks/positive-pay/?account={desk.account.pk}&from_date={desk.start}")
    assert_clean(page, "positive-pay")
    page.goto("/checks/outstanding/?age=0")
    assert_clean(page, "checks-outstanding")
    page.get_by_label("Check 1004 has cleared").focus()
    page.keyboard.press("Space")
    page.get_by_label("Seen where").fill("Online bank, line 14")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 check cleared on")).to_be_visible()
    page.goto(f"/checks/register/?account={desk.account.pk}&from_date={desk.start}")
    assert_clean(page, "check-register-cleared")
    page.goto("/checks/outstanding/?age=0")
    follow(page.get_by_role("link", name="981"))
    assert_clean(page, "check-take-up")


def test_are_read_by_the_auditor(page_as: PageAs, desk: Cast) -> None:
    (check,) = issued(desk, paid(desk, 77))
    page = page_as(desk.auditor, "/checks/", second_factor=False)
    assert_clean(page, "checks-auditor")
    page.goto(f"/checks/{check.pk}/")
    assert_clean(page, "check-auditor")
    page.get_by_role("link", name="Open the payment").click()
    expect(page.get_by_role("link", name=f"Check {check.number}")).to_be_visible()
    assert_clean(page, "entry-with-check")
