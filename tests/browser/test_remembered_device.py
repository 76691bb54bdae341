"""A remembered device in the browser: the code once, from then on one tap, on a telephone."""

import pytest
from playwright.sync_api import expect

from disbursements.models import DisbursementRequest, State
from firms import devices
from firms.clock import now
from firms.models import Firm, KnownDevice
from tests.browser.conftest import PageAs
from tests.browser.harness import NARROW, assert_clean
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.firms.cast import code_of, give_second_factor


@pytest.fixture
def desk(transactional_db: None, cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger, where a remembered device decides up to $500.00."""
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    Firm.objects.filter(pk=1).update(device_decides_up_to_cents=50000)
    return cast


def test_a_second_small_payment_takes_one_tap(page_as: PageAs, desk: Cast) -> None:
    first, second = ask(desk, 12500), ask(desk, 8000)
    phone = page_as(desk.attorney, "/waiting/")
    phone.context.add_cookies(
        [{"name": devices.COOKIE, "value": "this-telephone", "url": phone.url.removesuffix("waiting/")}]
    )
    agent = phone.evaluate("navigator.userAgent")
    KnownDevice.objects.create(
        person=desk.attorney, digest=devices.digest_of("this-telephone"), user_agent=agent,
        first_seen_at=now(), last_seen_at=now(),
    )  # fmt: skip
    phone.set_viewport_size(NARROW)  # type: ignore[arg-type]
    phone.goto(f"/disbursements/{first.pk}/")
    phone.get_by_label("Remember this device for 30 days").check()
    assert_clean(phone, "device-remember")
    phone.get_by_label("Code from your authenticator app").fill(code_of(desk.attorney))
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Posted")
    phone.goto(f"/disbursements/{second.pk}/")
    expect(phone.get_by_text("This device is remembered until")).to_be_visible()
    assert_clean(phone, "device-decides")
    phone.get_by_role("button", name="Approve $80.00").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Posted")
    assert DisbursementRequest.objects.filter(state=State.POSTED).count() == 2
    phone.goto("/profile/")
    expect(phone.get_by_role("heading", name="Devices that decide small amounts without a code")).to_be_visible()
    assert_clean(phone, "device-profile")
