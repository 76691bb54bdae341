"""The page and the API of the balance check."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from firms.models import AuditEvent, Person
from ledgers.money import money
from ledgers.parties import edit_matter
from retainers.models import LowBalanceEpisode
from tests.cast import Cast
from tests.firms.cast import give_second_factor


@pytest.fixture
def low(cast: Cast) -> Cast:
    """Smith's matter needs $1,000.00 and has $250.00; nobody has checked yet."""
    edit_matter(cast.smith_matter, cast.smith_matter.version, minimum_balance=money(100_000))
    cast.receive(cast.smith_matter, 25_000)
    for person in (cast.attorney, cast.other_attorney, cast.partner):
        give_second_factor(person)
    return cast


def browser(person: Person, kind: type[Client] = Client) -> Client:
    client = kind()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


class TestLowBalancesPage:
    def test_checks_now_and_shows_what_is_short(self, low: Cast) -> None:
        client = browser(low.coordinator)
        page = client.post("/low-balances/check/", follow=True).content.decode()
        assert "Checked matters with a minimum: 1. Below it: 1 (1 new, 0 recovered)." in page
        assert "$750.00" in page
        event = AuditEvent.objects.get(subject_type="retainers_lowbalanceepisode")
        assert event.actor == low.coordinator

    def test_lets_only_those_check_who_send_requests(self, low: Cast) -> None:
        assert browser(low.attorney).get("/low-balances/").status_code == 200
        assert browser(low.attorney).post("/low-balances/check/").status_code == 403
        assert LowBalanceEpisode.objects.count() == 0

    @pytest.mark.parametrize("sort", ["client", "-client", "available", "minimum", "-short", "since", "nonsense"])
    def test_sorts_by_every_column(self, low: Cast, sort: str) -> None:
        client = browser(low.coordinator)
        client.post("/low-balances/check/")
        assert "Jane Smith" in client.get(f"/low-balances/?sort={sort}").content.decode()


class TestBalanceChecksApi:
    def test_runs_and_lists(self, low: Cast) -> None:
        client = browser(low.coordinator, APIClient)
        assert client.post("/api/v1/balance-checks").json() == {"checked": 1, "low": 1, "opened": 1, "closed": 0}
        (row,) = client.get("/api/v1/balance-checks").json()["results"]
        assert (row["available"], row["minimum"], row["short_by"]) == ("250.00", "1000.00", "750.00")

    def test_shows_an_attorney_only_own_matters(self, low: Cast) -> None:
        browser(low.coordinator, APIClient).post("/api/v1/balance-checks")
        assert browser(low.attorney, APIClient).get("/api/v1/balance-checks").json()["count"] == 1
        assert browser(low.administrator, APIClient).get("/api/v1/balance-checks").status_code == 403
