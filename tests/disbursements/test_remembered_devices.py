"""A remembered device stands for the second factor: of its person, signed in, up to the firm's limit, for thirty days.

Rule: SPEC flow *Disbursement*; RELIABILITY D15.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from disbursements.approval import approve
from disbursements.models import DisbursementRequest, State
from disbursements.requests import withdraw
from firms import devices, people
from firms.clock import now
from firms.models import AuditEvent, CodeTry, Firm, KnownDevice, Person
from firms.refusals import Refusal, translating
from firms.second_factor import spend
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
LIMIT, SECRET = 50000, "cookie-of-this-telephone"


@pytest.fixture
def small(desk: Cast) -> Cast:
    """Let a remembered device decide up to $500.00."""
    Firm.objects.filter(pk=1).update(device_decides_up_to_cents=LIMIT)
    return desk


def signed_in_before(person: Person, secret: str = SECRET) -> KnownDevice:
    return KnownDevice.objects.create(
        person=person, digest=devices.digest_of(secret), user_agent="Firefox", first_seen_at=now(), last_seen_at=now()
    )


def remember(person: Person) -> None:
    """Remember the person's devices with the cookie that they have."""
    KnownDevice.objects.filter(person=person).update(decides_until=now() + timedelta(days=devices.DAYS))


def refused(deed: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as refusal:  # what was refused is counted in its own transaction
        deed()
    return refusal.value.code


def telephone(person: Person) -> Client:
    browser = browser_of(person)
    browser.cookies[devices.COOKIE] = SECRET
    return browser


def by_device(request: DisbursementRequest, person: Person, secret: str = SECRET) -> DisbursementRequest:
    return approve(person, request.pk, request.version, request.content_hash, devices.GIVEN + secret)


def sent(browser: Client, request: DisbursementRequest, **typed: str) -> Any:
    shown = {"version": request.version, "shown_hash": request.content_hash}
    return browser.post(f"/disbursements/{request.pk}/approve/", shown | typed)


class TestOnThePage:
    def test_is_remembered_with_a_code_and_decides_with_one_tap_from_then_on(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        browser, first, second = telephone(small.attorney), ask(small, 20000), ask(small, 30000)
        page = browser.get(f"/disbursements/{first.pk}/").content.decode()
        assert "Remember this device for 30 days" in page
        assert 'name="device"' not in page
        assert sent(browser, first, code=code_of(small.attorney), remember="on").status_code == 302
        assert browser.cookies[devices.COOKIE].value != SECRET  # what was in the browser may be known to others
        assert refused(lambda: by_device(second, small.attorney)) == "device_not_enough"
        page = browser.get(f"/disbursements/{second.pk}/").content.decode()
        assert 'name="device"' in page
        assert 'name="code"' not in page
        assert sent(browser, second, device="this").status_code == 302
        second.refresh_from_db()
        assert (second.state, second.decided_by) == (State.POSTED, small.attorney)
        tried = CodeTry.objects.latest("pk")
        assert (tried.method, tried.purpose_hash, tried.spent_at is not None) == ("device", second.content_hash, True)

    def test_is_not_remembered_by_a_refused_code(self, small: Cast) -> None:
        device = signed_in_before(small.attorney)
        assert sent(telephone(small.attorney), ask(small, 20000), code="000000", remember="on").status_code == 409
        device.refresh_from_db()
        assert device.decides_until is None

    def test_is_not_offered_above_the_limit_or_without_one(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        big = ask(small, LIMIT + 1)
        page = telephone(small.attorney).get(f"/disbursements/{big.pk}/").content.decode()
        assert 'name="remember"' not in page
        assert 'name="device"' not in page
        assert 'name="code"' in page

    def test_a_device_that_is_not_enough_is_told_what_to_do(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        answer = sent(telephone(small.attorney), ask(small, 20000), device="this")
        assert answer.status_code == 409
        assert "Use your passkey, or type a code" in answer.content.decode()

    def test_all_are_forgotten_on_the_profile(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        browser = telephone(small.attorney)
        assert "Forget every device" in browser.get("/profile/").content.decode()
        browser.post("/profile/devices/forget/")
        assert "Forget every device" not in browser.get("/profile/").content.decode()
        assert refused(lambda: by_device(ask(small, 100), small.attorney)) == "device_not_enough"


class TestDecides:
    def test_up_to_the_limit_and_not_a_cent_over_it(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        over = ask(small, LIMIT + 1)
        assert refused(lambda: by_device(over, small.attorney)) == "device_not_enough"
        withdraw(small.coordinator, over.pk, over.version)
        assert by_device(ask(small, LIMIT), small.attorney).state == State.POSTED

    def test_not_about_small_requests_that_are_one_large_one(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        assert by_device(ask(small, 30000), small.attorney).state == State.POSTED
        assert refused(lambda: by_device(ask(small, 30000), small.attorney)) == "device_not_enough"

    def test_nothing_while_the_firm_has_no_limit(self, desk: Cast) -> None:
        signed_in_before(desk.attorney)
        remember(desk.attorney)
        assert refused(lambda: by_device(ask(desk, 1), desk.attorney)) == "device_not_enough"

    def test_for_thirty_days(self, small: Cast) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        KnownDevice.objects.update(decides_until=now())
        assert refused(lambda: by_device(ask(small, 100), small.attorney)) == "device_not_enough"

    @pytest.mark.parametrize("other", ["", "another-cookie"])
    def test_only_with_its_cookie(self, small: Cast, other: str) -> None:
        signed_in_before(small.attorney)
        remember(small.attorney)
        assert refused(lambda: by_device(ask(small, 100), small.attorney, other)) == "device_not_enough"

    def test_for_its_person_alone(self, small: Cast) -> None:
        signed_in_before(small.other_attorney)
        remember(small.other_attorney)
        signed_in_before(small.attorney)
        assert refused(lambda: by_device(ask(small, 100), small.attorney)) == "device_not_enough"

    def test_no_other_kind_of_decision(self, small: Cast) -> None:
        from firms.second_factor import verify_code

        signed_in_before(small.attorney)
        remember(small.attorney)
        given = devices.GIVEN + SECRET
        assert refused(lambda: verify_code(small.attorney, given, "0" * 64)) == "device_not_enough"

    def test_not_from_where_nobody_signed_in(self, small: Cast) -> None:
        assert devices.remember(small.attorney, SECRET) == ""
        assert not devices.remembered(small.attorney).exists()


class TestIsForgotten:
    @pytest.mark.parametrize("deed", [
        lambda cast: people.deactivate(cast.administrator, cast.attorney),
        lambda cast: telephone(cast.attorney).post("/profile/sessions/end/"),
        lambda cast: _renew_password(cast.attorney),
        lambda cast: _change_factor(cast.attorney),
    ], ids=["deactivated", "other sessions ended", "new password", "new second factor"])  # fmt: skip
    def test_with_what_it_rested_on(self, small: Cast, deed: Callable[[Cast], Any]) -> None:
        device = signed_in_before(small.attorney)
        remember(small.attorney)
        assert AuditEvent.objects.filter(subject_type="firms_knowndevice", action="update").count() == 1
        deed(small)
        device.refresh_from_db()
        assert device.decides_until is None


def _renew_password(person: Person) -> None:
    from allauth.account.signals import password_reset

    password_reset.send(Person, request=None, user=person)


def _change_factor(person: Person) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.signals import authenticator_removed

    authenticator = Authenticator.objects.filter(user_id=person.pk).latest("pk")
    authenticator_removed.send(Authenticator, request=None, user=person, authenticator=authenticator)


def test_a_use_of_a_device_names_it_whoever_writes(small: Cast) -> None:
    with pytest.raises(IntegrityError, match="code_of_device"), transaction.atomic():
        CodeTry.objects.create(person=small.attorney, purpose_hash="0" * 64, method="device", accepted=True, at=now())


@pytest.mark.parametrize("purpose", ["nothing asked for", "decided already"])
def test_a_device_decides_about_a_waiting_request_alone_whoever_writes(small: Cast, purpose: str) -> None:
    device, request = signed_in_before(small.attorney), ask(small, 100)
    remember(small.attorney)
    by_device(request, small.attorney)
    purpose_hash = request.content_hash if purpose == "decided already" else "0" * 64
    tried = CodeTry.objects.create(
        person=small.attorney, purpose_hash=purpose_hash, method="device", device=device, accepted=True, at=now()
    )
    with pytest.raises(Refusal, match="not remembered for this decision"), translating(), transaction.atomic():
        spend(tried, small.attorney, purpose_hash)
