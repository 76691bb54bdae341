"""Over the firm's limit in the browser: a delegate approves first, the billing attorney second, on telephones."""

import pytest
from playwright.sync_api import expect

from disbursements.links import issue_link
from disbursements.models import State
from firms.absences import record_absence
from firms.clock import today
from firms.models import Firm, Role
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean
from tests.cast import Cast, hire
from tests.disbursements.requesting import ask
from tests.firms.cast import code_of, give_second_factor


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger and a limit of $500.00 for one attorney."""
    for person in (cast.attorney, cast.other_attorney):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100000)
    Firm.objects.filter(pk=1).update(two_attorneys_above_cents=50000)
    return cast


def test_two_attorneys_approve_one_after_the_other(page_as: PageAs, desk: Cast) -> None:
    delegate = hire("Fay Park", Role.ATTORNEY)
    give_second_factor(delegate)
    record_absence(desk.attorney, desk.attorney, delegate, today(), today())
    ask(desk, 25000)
    request = ask(desk, 32500)

    phone = page_as(delegate, f"/approvals/link/{issue_link(request.pk, delegate)}/")
    expect(phone.get_by_text("You decide for Maya Okafor, who is away.")).to_be_visible()
    expect(phone.get_by_text("come to $575.00, over the limit of $500.00")).to_be_visible()
    assert_clean(phone, "two-first-decision")
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    phone.get_by_label("Code from your authenticator app").fill(code_of(delegate))
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("your approval is the first of two")).to_be_visible()
    assert_clean(phone, "two-first-given")
    phone.goto("/waiting/")

    second = page_as(desk.other_attorney, "/waiting/")
    assert_clean(second, "two-waiting")
    second.goto(f"/approvals/link/{issue_link(request.pk, desk.other_attorney)}/")
    expect(second.get_by_text("First of two, by Fay Park for Maya Okafor")).to_be_visible()
    assert_clean(second, "two-second-decision")
    second.get_by_label("Code from your authenticator app").fill(code_of(desk.other_attorney))
    second.keyboard.press("Enter")
    expect(second.get_by_role("heading", level=1)).to_contain_text("Posted")
    assert_clean(second, "two-posted")
    request.refresh_from_db()
    assert request.state == State.POSTED
