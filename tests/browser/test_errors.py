"""The pages of what went wrong."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from firms.models import Person
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/no-such-page", 404, "Nothing here"),
        ("/broken", 500, "Something went wrong on our side"),
        ("/busy", 503, "Not available just now"),
    ],
)
def test_an_error_page_says_what_to_do_next_and_nothing_else(
    guest: Page, settings: Any, path: str, status: int, title: str
) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery_urls"
    answer = guest.goto(path)
    assert answer
    assert answer.status == status
    expect(guest.get_by_role("heading", level=1)).to_have_text(title)
    assert "secret detail" not in guest.content()
    assert "Traceback" not in guest.content()
    assert_clean(guest, f"error-{status}", status=status)


def test_a_page_of_another_role_says_whom_to_ask(page_as: PageAs, settings: Any, transactional_db: None) -> None:
    settings.ROOT_URLCONF = "tests.browser.gallery_urls"
    page = page_as(Person.objects.create_user("dana@firm.test", full_name="Dana Reyes"), "/partners-only")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your role does not allow this")
    expect(page.locator("#request")).to_have_text(re.compile(r"^\w{8,}"))
    assert_clean(page, "error-403", status=403)


def test_a_form_without_its_token_is_refused_with_a_sentence(client: Client, db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@b.test", "password": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_the_api_gets_json_with_the_same_sentence(client: Client, db: None) -> None:
    answer = client.get("/api/v1/no-such-thing")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert answer.json()["detail"].startswith("Nothing here.")
