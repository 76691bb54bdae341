"""What any address may be asked."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.firms.cast import browser_of
from trustledger.addresses import page_above

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Client:
    return browser_of(cast.coordinator)


class TestNul:
    """A character that PostgreSQL keeps in no text."""

    @pytest.mark.parametrize("name", ["search", "matter_options", "client_options", "receipts", "client_ledgers"])
    def test_in_an_address_is_a_bad_request_and_not_our_error(self, desk: Client, name: str) -> None:
        answer = desk.get(f"{reverse(name)}?q=%00&text=a%00b")
        assert (answer.status_code, "could not be read" in answer.text) == (400, True)

    def test_is_a_bad_request_of_the_api_too(self, desk: Client) -> None:
        answer = desk.get("/api/v1/matters?q=%00", headers={"accept": "application/json"})
        assert answer.status_code == 400
        assert answer.json()


class TestFormAddress:
    """An address that only takes forms, opened as a page."""

    def test_leads_to_the_page_above_it(self, desk: Client) -> None:
        answer = desk.get(reverse("disbursement_post", args=[7]))
        assert (answer.status_code, answer["Refresh"]) == (405, f"0; url={reverse('disbursement', args=[7])}")
        assert "only takes forms" in answer.text

    def test_of_an_exceptions_owner_leads_to_the_exception(self, desk: Client) -> None:
        answer = desk.get(reverse("exception_owner", args=[3]))
        assert (answer.status_code, answer["Refresh"]) == (405, f"0; url={reverse('exception', args=[3])}")

    def test_two_steps_down_leads_to_the_nearest_page(self) -> None:
        assert page_above(reverse("session_end", args=[1])) == reverse("profile")
        assert page_above("/nowhere/") == "/"

    def test_of_the_api_keeps_its_405(self, desk: Client) -> None:
        assert desk.get("/api/v1/holds/1/release").status_code == 405
