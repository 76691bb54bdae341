"""A passkey as the second factor of one decision.

Rule: RELIABILITY D15; ASVS 6.3.6, 6.5.5.
"""

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from firms import passkeys
from firms.models import AuditEvent, CodeTry, Person
from firms.second_factor import (
    CodeNotForThis,
    CodeRefused,
    PasskeyRefused,
    TooManyCodes,
    has_second_factor,
    spend,
    verify_code,
)
from firms.sign_in import MFAAdapter
from tests.firms.cast import Cast, code_of, found_firm
from tests.firms.device import Device
from tests.firms.test_second_factor import PURPOSE, in_parallel


@pytest.fixture
def device(cast: Cast) -> Device:
    """Give the attorney a telephone with a passkey."""
    made = Device()
    made.register(cast.attorney)
    return made


def at_another_time(monkeypatch: pytest.MonkeyPatch, person: Person, seconds: int) -> dict[str, Any]:
    """Return a challenge made so many seconds ago."""
    with monkeypatch.context() as patched:
        then = time.time() - seconds
        patched.setattr(time, "time", lambda: then)
        return passkeys.challenge(person, PURPOSE)


class TestATouch:
    def test_counts_for_its_decision(self, cast: Cast, device: Device) -> None:
        tried = verify_code(cast.attorney, device.touch(cast.attorney, PURPOSE), PURPOSE)
        assert (tried.accepted, tried.method) == (True, "passkey")
        spend(tried, cast.attorney, PURPOSE)
        with pytest.raises(CodeNotForThis):
            spend(tried, cast.attorney, PURPOSE)
        assert AuditEvent.objects.filter(action="second_factor.accepted").count() == 1
        assert Authenticator.objects.get(user=cast.attorney, type="webauthn").last_used_at is not None

    def test_counts_once(self, cast: Cast, device: Device) -> None:
        sent = device.touch(cast.attorney, PURPOSE)
        verify_code(cast.attorney, sent, PURPOSE)
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, sent, PURPOSE)

    @pytest.mark.django_db(transaction=True)
    def test_counts_once_when_sent_eight_times_at_once(self) -> None:
        attorney = found_firm().attorney
        device = Device()
        device.register(attorney)
        sent = device.touch(attorney, PURPOSE)
        results = in_parallel(8, lambda: verify_code(attorney, sent, PURPOSE))
        assert sum(isinstance(result, CodeTry) for result in results) == 1
        assert {type(result) for result in results} <= {CodeTry, PasskeyRefused, TooManyCodes}

    def test_decides_nothing_else(self, cast: Cast, device: Device) -> None:
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, device.touch(cast.attorney, "b" * 64), PURPOSE)

    def test_of_a_challenge_for_somebody_else_is_refused(self, cast: Cast, device: Device) -> None:
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, device.touch(cast.second_attorney, PURPOSE), PURPOSE)

    def test_of_somebody_elses_device_is_refused(self, cast: Cast, device: Device) -> None:
        with pytest.raises(PasskeyRefused):
            verify_code(cast.second_attorney, device.touch(cast.second_attorney, PURPOSE), PURPOSE)
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, Device().touch(cast.attorney, PURPOSE), PURPOSE)

    @pytest.mark.parametrize(
        "forged",
        [
            {"origin": "https://trust-ledger.example"},
            {"origin": "http://localhost.example.com"},
            {"site": "example.com"},
            {"flags": 0},
        ],
    )
    def test_on_a_false_page_or_without_a_touch_is_refused(
        self, cast: Cast, device: Device, forged: dict[str, Any]
    ) -> None:
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, device.touch(cast.attorney, PURPOSE, **forged), PURPOSE)

    @pytest.mark.parametrize("seconds", [passkeys.LIVES_SECONDS + 5, -60])
    def test_too_late_or_from_the_future_is_refused(
        self, cast: Cast, device: Device, monkeypatch: pytest.MonkeyPatch, seconds: int
    ) -> None:
        asked = at_another_time(monkeypatch, cast.attorney, seconds)
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, device.sign(asked), PURPOSE)

    def test_with_a_nonce_made_up_is_refused(self, cast: Cast, device: Device) -> None:
        sent = json.loads(device.touch(cast.attorney, PURPOSE))
        sent["nonce"] += "x"
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, json.dumps(sent), PURPOSE)

    @pytest.mark.parametrize(
        "sent",
        [
            "{",
            "{}",
            '{"nonce":1,"credential":1}',
            '{"nonce":"zz.1","credential":{}}',
            '{"nonce":[],"credential":{"response":{"authenticatorData":"AA"}}}',
        ],
    )
    def test_that_is_none_is_refused_and_recorded(self, cast: Cast, device: Device, sent: str) -> None:
        with pytest.raises(PasskeyRefused):
            verify_code(cast.attorney, sent, PURPOSE)
        assert CodeTry.objects.filter(person=cast.attorney, method="passkey", accepted=False).count() == 1

    def test_with_less_data_than_a_signature_has_is_refused(self, cast: Cast, device: Device) -> None:
        sent = json.loads(device.touch(cast.attorney, PURPOSE))
        for part in ("authenticatorData", "signature", "clientDataJSON"):
            short = json.loads(json.dumps(sent))
            short["credential"]["response"][part] = "AAAA"
            with pytest.raises(PasskeyRefused):
                verify_code(cast.attorney, json.dumps(short), PURPOSE)

    def test_refused_five_times_waits_ten_minutes(self, cast: Cast, device: Device) -> None:
        for _ in range(5):
            with pytest.raises(PasskeyRefused):
                verify_code(cast.attorney, "{}", PURPOSE)
        with pytest.raises(TooManyCodes):
            verify_code(cast.attorney, device.touch(cast.attorney, PURPOSE), PURPOSE)


class TestAPasskeyAlone:
    @pytest.fixture
    def alone(self, cast: Cast, device: Device) -> Person:
        """Take the authenticator app away."""
        Authenticator.objects.filter(user=cast.attorney).exclude(type="webauthn").delete()
        return cast.attorney

    def test_is_a_second_factor(self, alone: Person, device: Device) -> None:
        assert has_second_factor(alone)
        assert verify_code(alone, device.touch(alone, PURPOSE), PURPOSE).accepted

    def test_refuses_codes(self, alone: Person) -> None:
        with pytest.raises(CodeRefused):
            verify_code(alone, "123456", PURPOSE)

    def test_opens_the_pages(self, alone: Person, client: Client) -> None:
        client.force_login(alone)
        assert client.get("/profile/").status_code == 200

    def test_is_the_last_one_and_stays_for_a_role_that_decides(self, alone: Person, cast: Cast) -> None:
        passkey = Authenticator.objects.get(user=alone, type="webauthn")
        assert not MFAAdapter().can_delete_authenticator(passkey)
        assert MFAAdapter().can_delete_authenticator(Device().register(cast.coordinator))


class TestTheAppBesideAPasskey:
    def test_may_be_switched_off(self, cast: Cast, device: Device) -> None:
        app = Authenticator.objects.get(user=cast.attorney, type="totp")
        assert MFAAdapter().can_delete_authenticator(app)

    def test_still_decides(self, cast: Cast, device: Device) -> None:
        assert verify_code(cast.attorney, code_of(cast.attorney), PURPOSE).method == "totp"


class TestTheChallenge:
    def test_is_given_to_whoever_is_signed_in_and_kept_nowhere(
        self, cast: Cast, device: Device, client: Client
    ) -> None:
        assert client.get(f"/profile/passkey/{PURPOSE}/").status_code == 302
        client.force_login(cast.attorney)
        first, second = (client.get(f"/profile/passkey/{PURPOSE}/") for _ in range(2))
        assert first.headers["Cache-Control"] == "no-store"
        assert first.json()["nonce"] != second.json()["nonce"]
        assert not CodeTry.objects.exists()
        assert verify_code(cast.attorney, device.sign(second.json()), PURPOSE).accepted
