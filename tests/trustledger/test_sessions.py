"""How long a sign-in lasts."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from trustledger.sessions import SEEN, STARTED


@pytest.fixture
def signed_in(client: Client, db: None) -> Client:
    """Sign a person in."""
    person = get_user_model().objects.create_user("ann@example.com", "a long enough password", full_name="Ann")
    client.force_login(person)
    client.get("/healthz")
    return client


def rewind(client: Client, key: str, by: timedelta) -> None:
    """Set a clock of the session back."""
    session = client.session
    session[key] = int(time.time() - by.total_seconds())
    session.save()


class TestSession:
    """A session of somebody signed in."""

    @pytest.mark.parametrize(("key", "limit"), [(STARTED, timedelta(hours=12)), (SEEN, timedelta(minutes=30))])
    def test_ends_when_it_is_too_old(self, signed_in: Client, key: str, limit: timedelta) -> None:
        rewind(signed_in, key, limit - timedelta(minutes=1))
        signed_in.get("/healthz")
        assert "_auth_user_id" in signed_in.session
        rewind(signed_in, key, limit + timedelta(minutes=1))
        signed_in.get("/healthz")
        assert "_auth_user_id" not in signed_in.session

    def test_is_renewed_by_use_but_not_by_every_page(self, signed_in: Client) -> None:
        rewind(signed_in, SEEN, timedelta(seconds=30))
        before = signed_in.session[SEEN]
        signed_in.get("/healthz")
        assert signed_in.session[SEEN] == before
        rewind(signed_in, SEEN, timedelta(seconds=90))
        signed_in.get("/healthz")
        assert signed_in.session[SEEN] > before

    def test_cookie_is_for_this_host_only(self, settings: Settings) -> None:
        assert settings.SESSION_COOKIE_HTTPONLY
        assert settings.SESSION_COOKIE_AGE == 30 * 60
