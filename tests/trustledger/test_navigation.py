"""Where one can go."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from firms.access import Capability, requires, signed_in
from firms.models import Person
from tests.cast import Cast
from trustledger.navigation import SECTIONS, Shell, shell_of


@requires(Capability.SEE_BOOKS)
def books(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@requires(Capability.SEE_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@signed_in
def everybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("receipts/", books, name="receipts"),
    path("client-ledgers/", books, name="client_ledgers"),
    path("people/", people, name="people"),
    path("waiting/", everybody, name="waiting"),
    path("matters/", undeclared, name="matters"),
]


def shell_for(person: Person, path: str = "/") -> Shell:
    request = RequestFactory().get(path)
    request.user = person
    return shell_of(request)


def labels(shell: Shell) -> list[str]:
    return [link.label for _, links in shell.sections for link in links]


@pytest.mark.urls(__name__)
class TestShell:
    def test_shows_a_person_the_pages_whose_policy_lets_them_in(self, cast: Cast) -> None:
        assert labels(shell_for(cast.coordinator)) == ["Waiting for me", "Receipts", "Client ledgers"]
        assert labels(shell_for(cast.administrator)) == ["Waiting for me", "People"]
        assert labels(shell_for(cast.auditor)) == ["Waiting for me", "Receipts", "Client ledgers", "People"]

    def test_does_not_show_a_page_that_declares_no_policy(self, cast: Cast) -> None:
        assert "Matters" not in labels(shell_for(cast.coordinator))

    def test_marks_the_page_one_is_on_and_the_pages_below_it(self, cast: Cast) -> None:
        shell = shell_for(cast.coordinator, "/receipts/17/")
        assert [link.label for _, links in shell.sections for link in links if link.is_current] == ["Receipts"]

    def test_shows_no_pages_to_a_person_without_a_role(self, cast: Cast) -> None:
        assert shell_for(cast.stranger).sections == ()

    def test_shows_no_pages_while_the_second_factor_is_missing(self, cast: Cast) -> None:
        cast.partner.roles_in_this_request = frozenset({"partner"})  # type: ignore[attr-defined]  # as the gate sets it
        cast.partner.has_second_factor = False  # type: ignore[attr-defined]
        shell = shell_for(cast.partner)
        assert shell.needs_second_factor
        assert shell.sections == ()


def test_no_two_pages_share_a_key() -> None:
    keys = [entry.shortcut for section in SECTIONS for entry in section.entries if entry.shortcut]
    assert len(keys) == len(set(keys))
