"""What load balancers ask."""

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
class TestHealth:
    """The answer of /healthz."""

    def test_is_200_when_database_and_cache_answer(self, client: Client) -> None:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"database": "ok", "cache": "ok"})
        assert "no-cache" in answer["Cache-Control"]

    def test_names_the_cache_when_it_is_down(self, client: Client, settings: Settings) -> None:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere.sock"}}
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()) == (503, {"database": "ok", "cache": "down"})

    def test_carries_the_content_security_policy(self, client: Client) -> None:
        policy = client.get("/healthz")["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.django_db
class TestSignUp:
    """Accounts are made by an administrator."""

    def test_is_closed(self, client: Client) -> None:
        answer = client.post(
            "/account/signup/", {"email": "a@example.com", "password1": "x" * 14, "password2": "x" * 14}
        )
        assert "location" not in answer.headers
        assert answer.templates[0].name == "account/signup_closed.html"
