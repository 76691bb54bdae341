"""Every page that needs no number in its address, seen by the first of the cast whom its policy lets in."""

from dataclasses import fields

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, resolve, reverse

from firms.access import Policy
from firms.gate import policy_of
from firms.models import Person
from tests.browser.conftest import PageAs, session_of
from tests.browser.harness import assert_clean
from tests.cast import Cast

NOT_PAGES = ("/api/", "/account/", "/healthz", "/demonstration/")


def pages() -> list[str]:
    """Return the names of the pages that open by their address alone."""
    found = []
    for name in get_resolver().reverse_dict:
        if not isinstance(name, str):
            continue
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        if not address.startswith(NOT_PAGES):
            found.append(name)
    return sorted(found)


def people(cast: Cast) -> list[Person]:
    """Return the cast in its order: coordinator first."""
    return [person for f in fields(cast) if isinstance(person := getattr(cast, f.name), Person)]


def is_shown(person: Person, address: str) -> bool:
    """Say whether the address answers with a page; the others only take a POST (405) or give data to a page."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(person)
    answer = client.get(address)
    assert answer.status_code in {200, 302, 405}, f"{address} answers {answer.status_code}"
    return answer.status_code != 405 and answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("name", pages())
def test_every_page_is_clean(page_as: PageAs, cast: Cast, name: str) -> None:
    address = reverse(name)
    policy = policy_of(resolve(address).func)
    assert isinstance(policy, Policy), f"{name} declares no policy"
    person = next(person for person in people(cast) if policy.allows(person))
    if not is_shown(person, address):
        return
    page = page_as(person, address)
    assert_clean(page, f"page-{name.replace('_', '-')}")
