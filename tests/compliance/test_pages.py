"""The pages and operations of the exceptions: each person sees and does what the role allows, and walls hold."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from compliance.models import TrustException
from compliance.watch import look
from firms.clock import today
from firms.models import Person
from ledgers.models import MatterWall
from ledgers.parties import edit_matter
from tests.cast import Cast
from tests.firms.cast import give_second_factor


@pytest.fixture
def closing(cast: Cast) -> Cast:
    """Smith's matter is closing and still holds $400.00; everyone has a second factor."""
    cast.receive(cast.smith_matter, 40_000)
    cast.smith_matter.refresh_from_db()
    edit_matter(cast.smith_matter, cast.smith_matter.version, status="closing")
    for person in (cast.attorney, cast.supervisor, cast.partner, cast.administrator):
        give_second_factor(person)
    look()
    return cast


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def api(person: Person) -> APIClient:
    client = APIClient()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def the_one() -> TrustException:
    return TrustException.objects.get(rule="closed_with_money")


class TestExceptions:
    @pytest.mark.parametrize(
        ("who", "status"),
        [("coordinator", 200), ("supervisor", 200), ("partner", 200), ("auditor", 200), ("attorney", 403),
         ("administrator", 403), ("stranger", 403)],
    )  # fmt: skip
    def test_is_open_to_those_who_look_after_the_books(self, closing: Cast, who: str, status: int) -> None:
        assert browser(getattr(closing, who)).get("/exceptions/").status_code == status
        assert api(getattr(closing, who)).get("/api/v1/exceptions").status_code == status

    def test_shows_the_exception_with_its_next_action(self, closing: Cast) -> None:
        page = browser(closing.coordinator).get("/exceptions/").content.decode()
        assert "Closed matter with money" in page
        assert "$400.00" in page

    def test_hides_a_matter_behind_a_wall(self, closing: Cast) -> None:
        raised = {"raised_by": closing.partner, "raised_at": "2026-01-05T12:00Z"}
        MatterWall.objects.create(matter=closing.smith_matter, person=closing.coordinator, reason="Conflict", **raised)
        client = browser(closing.coordinator)
        assert "Smith" not in client.get("/exceptions/").content.decode()
        assert client.get(f"/exceptions/{the_one().pk}/").status_code == 404
        found = api(closing.coordinator).get("/api/v1/exceptions", {"rule": "closed_with_money"}).json()
        assert found["count"] == 0

    def test_filters_by_severity_owner_and_state(self, closing: Cast) -> None:
        client = browser(closing.coordinator)
        for query, shown in (("severity=critical", False), ("severity=medium", True), ("owner=me", False),
                             ("state=resolved", False), ("severity=nonsense", True)):  # fmt: skip
            page = client.get(f"/exceptions/?{query}").content.decode()
            assert ("2026-0142" in page) == shown, query

    def test_asks_as_often_for_many_as_for_one(self, closing: Cast, django_assert_max_num_queries: Any) -> None:
        client = browser(closing.coordinator)
        client.get("/exceptions/")
        with django_assert_max_num_queries(30):
            client.get("/exceptions/")


class TestException:
    def test_is_snoozed_and_owned_by_people_who_work_on_it(self, closing: Cast) -> None:
        client, url = browser(closing.coordinator), f"/exceptions/{the_one().pk}/"
        until = (today() + dt.timedelta(days=2)).isoformat()
        assert client.post(f"{url}owner/", {"owner": closing.partner.pk}).status_code == 302
        assert client.post(f"{url}snooze/", {"until": until, "reason": "Client is abroad"}).status_code == 302
        found = the_one()
        assert (found.owner, found.state) == (closing.partner, "snoozed")
        assert "Client is abroad" in client.get(url).content.decode()

    def test_is_not_resolved_by_a_sentence_while_its_cause_is_there(self, closing: Cast) -> None:
        client, url = browser(closing.coordinator), f"/exceptions/{the_one().pk}/resolve/"
        answer = client.post(url, {"resolution": "Done"})
        assert answer.status_code == 409
        assert "the cause is still there" in answer.content.decode()

    def test_is_not_changed_by_an_auditor(self, closing: Cast) -> None:
        url = f"/exceptions/{the_one().pk}/"
        assert browser(closing.auditor).get(url).status_code == 200
        assert browser(closing.auditor).post(f"{url}owner/", {"owner": ""}).status_code == 403


class TestExceptionsApi:
    def test_returns_amounts_as_strings(self, closing: Cast) -> None:
        found = api(closing.partner).get("/api/v1/exceptions", {"rule": "closed_with_money"}).json()["results"]
        assert [(row["amount"], row["severity"], row["title"]) for row in found] == [
            ("400.00", "medium", "Closed matter with money")
        ]

    def test_refuses_with_code_detail_and_facts(self, closing: Cast) -> None:
        url = f"/api/v1/exceptions/{the_one().pk}/resolve"
        answer = api(closing.coordinator).post(url, {"resolution": "Done"}, format="json")
        assert answer.status_code == 409
        assert answer.json()["code"] == "cause_still_there"
        assert api(closing.coordinator).post(url, {}, format="json").status_code == 400

    def test_sets_owner_and_snooze(self, closing: Cast) -> None:
        url, client = f"/api/v1/exceptions/{the_one().pk}", api(closing.coordinator)
        assert client.post(f"{url}/owner", {"owner": closing.attorney.pk}, format="json").status_code == 400
        assert client.post(f"{url}/owner", {"owner": closing.partner.pk}, format="json").status_code == 200
        until = (today() + dt.timedelta(days=2)).isoformat()
        answer = client.post(f"{url}/snooze", {"until": until, "reason": "Waits for the client"}, format="json")
        assert (answer.status_code, answer.json()["state"]) == (200, "snoozed")
