"""Who may open what."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from rest_framework.permissions import IsAuthenticated

from firms import access, gate, people
from firms.access import CAPABILITIES, Capability, may, requires, signed_in
from firms.models import AuditEvent, Role
from tests.firms.cast import Cast, browser_of


def every_view(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from every_view(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern), pattern


REFUSED_FOR_EVERYBODY = {"account_email", "account_email_verification_sent", "account_confirm_email"}


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody decided who may see this")


@requires(Capability.SIGN_RECONCILIATION)
def for_signers(request: HttpRequest) -> HttpResponse:
    return HttpResponse("signers")


@signed_in
def for_everybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everybody")


urlpatterns = [
    path("undeclared/", undeclared, name="undeclared"),
    path("signers/", for_signers, name="for_signers"),
    path("everybody/", for_everybody, name="for_everybody"),
    path("", include("trustledger.urls")),
]


class TestEveryAddress:
    def test_declares_who_may_open_it(self) -> None:
        declared = gate.OF_THE_SIGN_IN | gate.OPEN_TO_MACHINES | gate.FOR_EVERYBODY_SIGNED_IN
        silent = [
            address
            for address, pattern in every_view(get_resolver().url_patterns)
            if pattern.name not in declared | REFUSED_FOR_EVERYBODY and gate.policy_of(pattern.callback) is None
        ]
        assert silent == []

    def test_is_listed_only_while_it_exists(self) -> None:
        names = {pattern.name for _, pattern in every_view(get_resolver().url_patterns)}
        assert {"account_login", "mfa_activate_totp", "healthz", "api-schema"} <= names

    def test_of_the_api_asks_more_than_that_somebody_signed_in(self) -> None:
        for address, pattern in every_view(get_resolver().url_patterns):
            if address.startswith("api/v1/"):
                classes = getattr(getattr(pattern.callback, "cls", None), "permission_classes", ())
                assert IsAuthenticated not in classes, address


@pytest.mark.urls("tests.firms.test_access")
class TestAccessMiddleware:
    def test_refuses_a_page_on_which_nobody_decided(self, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
        assert browser_of(cast.partner).get("/undeclared/").status_code == 403
        assert "declares no access policy" in caplog.text

    def test_refuses_it_to_strangers_too(self, cast: Cast) -> None:
        assert Client().get("/undeclared/").status_code == 403

    def test_shows_a_page_to_whoever_holds_the_capability(self, cast: Cast) -> None:
        assert browser_of(cast.supervisor).get("/signers/").content == b"signers"

    def test_refuses_a_page_to_the_others(self, cast: Cast) -> None:
        for person in (cast.coordinator, cast.attorney, cast.partner, cast.administrator, cast.stranger):
            assert browser_of(person).get("/signers/").status_code == 403

    def test_asks_to_sign_in_first(self, db: None) -> None:
        answer = Client().get("/signers/?a=1")
        assert answer.headers["Location"] == "/account/login/?next=/signers/%3Fa%3D1"

    def test_sends_an_approver_without_second_factor_to_set_it_up(self, cast: Cast) -> None:
        people.give_role(cast.administrator, cast.stranger, Role.COORDINATOR)
        assert browser_of(cast.stranger).get("/everybody/").status_code == 200
        from allauth.mfa.models import Authenticator

        Authenticator.objects.filter(user=cast.attorney).delete()
        answer = browser_of(cast.attorney).get("/everybody/")
        assert answer.headers["Location"] == "/account/2fa/totp/activate/"

    def test_forgets_who_acted_when_the_request_is_over(self, cast: Cast) -> None:
        browser_of(cast.partner).get("/everybody/")
        people.create_person(cast.administrator, "new@hart-reed.example", "New")
        assert AuditEvent.objects.latest("id").actor is None

    def test_refuses_pages_of_the_sign_in_that_the_firm_does_not_offer(self, cast: Cast) -> None:
        assert browser_of(cast.coordinator).get("/account/email/").status_code == 403


class TestDeactivation:
    def test_ends_sessions_at_the_next_request(self, cast: Cast) -> None:
        browser = browser_of(cast.coordinator)
        assert browser.get("/profile/").status_code == 200
        people.deactivate(cast.administrator, cast.coordinator)
        assert browser.get("/profile/").status_code == 302

    def test_ends_every_role(self, cast: Cast) -> None:
        people.deactivate(cast.administrator, cast.attorney)
        assert access.roles_of(cast.attorney) == frozenset()
        assert not may(cast.attorney, Capability.APPROVE_MONEY)


class TestCapabilities:
    def test_keep_administrators_from_money(self) -> None:
        held = CAPABILITIES[Role.ADMINISTRATOR]
        assert not held & {Capability.SEE_BOOKS, Capability.RECORD_MONEY, Capability.APPROVE_MONEY}

    def test_keep_coordinators_from_deciding(self) -> None:
        assert not any(capability.is_decision for capability in CAPABILITIES[Role.COORDINATOR])

    def test_let_auditors_only_read(self) -> None:
        assert all(capability.value.endswith(":read") for capability in CAPABILITIES[Role.AUDITOR])

    def test_keep_partners_from_posting(self) -> None:
        assert not CAPABILITIES[Role.PARTNER] & {Capability.RECORD_MONEY, Capability.REQUEST_MONEY}

    def test_add_up(self, cast: Cast) -> None:
        assert access.capabilities_of(cast.supervisor) == CAPABILITIES[Role.SUPERVISOR] | CAPABILITIES[Role.ATTORNEY]

    def test_end_with_the_last_day_of_a_grant(self, cast: Cast, at: object) -> None:
        import datetime as dt

        from firms.clock import today

        people.give_role(cast.administrator, cast.stranger, Role.AUDITOR, today() + dt.timedelta(days=1))
        assert may(cast.stranger, Capability.SEE_AUDIT)
        at((today() + dt.timedelta(days=2)).isoformat() + " 12:00-05")  # type: ignore[operator]
        assert not may(cast.stranger, Capability.SEE_AUDIT)


class TestClientAddress:
    def test_is_the_callers_own_when_the_firm_runs_no_proxy(self) -> None:
        request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9")
        assert gate.client_address(request) == "192.0.2.1"

    def test_is_what_the_firms_own_proxy_saw(self, settings: Any) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
        assert gate.client_address(request) == "203.0.113.9"
