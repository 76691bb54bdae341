"""The browser: a served application and the pages of people in it.

def test_the_ledger_card_is_clean(page_as, coordinator):
    page = page_as(coordinator, "/ledgers/1")
    assert_clean(page, "ledger-card")        # tests.browser.harness
"""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from firms.models import Person
from tests.browser import harness

PageAs = Callable[..., Page]


def session_of(person: Person, *, second_factor: bool = True) -> str:
    """Sign a person in without the form, as if password and code had just been given; return the session's key.

    With `second_factor` the person has an authenticator app, as roles that decide, sign or administer must.
    """
    if second_factor and not is_mfa_enabled(person):
        TOTP.activate(person, generate_totp_secret())
    client = Client()
    client.force_login(person)
    session = client.session
    methods = [{"method": "password", "at": time.time(), "email": person.email}]
    if second_factor:
        methods.append({"method": "mfa", "at": time.time(), "type": "totp"})
    session["account_authentication_methods"] = methods
    session.save()
    return str(session.session_key)


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Let pages go to the served application by path."""
    return str(live_server.url)


@pytest.fixture
def guest(live_server: LiveServer, context: BrowserContext) -> Page:
    """Open a page of somebody who is not signed in; go on with `page.goto("/account/login/")`."""
    context.set_default_timeout(10_000)
    page = context.new_page()
    harness.listen(page)
    return page


@pytest.fixture
def page_as(live_server: LiveServer, context: BrowserContext) -> PageAs:
    """Return a function that opens a page as a person: `page_as(coordinator, "/matters/")`."""

    def open_page(person: Person, path: str = "/", *, second_factor: bool = True) -> Page:
        context.set_default_timeout(10_000)
        key = session_of(person, second_factor=second_factor)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        page = context.new_page()
        harness.listen(page)
        page.goto(path)
        return page

    return open_page
