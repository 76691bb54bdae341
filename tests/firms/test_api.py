"""API tokens and the API of the firm."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client

from firms import people
from firms.api_tokens import UnknownScope, make_token, revoke_token
from firms.models import ApiToken, AuditEvent, Person
from tests.firms.cast import Cast, browser_of


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


class TestWhatIsForbidden:
    def test_names_the_scope_that_a_token_lacks(self, cast: Cast) -> None:
        _, secret = make_token(cast.partner, "script", ["people:read"])
        answer = Client().get("/api/v1/audit-events", headers=bearer(secret)).json()
        assert (answer["code"], answer["facts"]) == ("scope_missing", {"needs": ["audit:read"], "has": ["people:read"]})
        assert answer["detail"].startswith("This token lacks the scope audit:read. ")

    def test_names_the_roles_that_would_do(self, cast: Cast) -> None:
        _, secret = make_token(cast.coordinator, "script", ["books:read"])
        for asking in (browser_of(cast.coordinator), Client(headers=bearer(secret))):
            answer = asking.get("/api/v1/audit-events").json()
            assert (answer["code"], answer["facts"]["needs"]) == ("role_missing", ["audit:read"])
            assert "auditor or managing partner or trust supervisor; you are billing coordinator." in answer["detail"]

    def test_says_that_a_decision_is_no_tokens(self, cast: Cast) -> None:
        _, secret = make_token(cast.attorney, "script", ["books:read"])
        url = "/api/v1/disbursement-requests/1/approve"
        answer = Client().post(url, {}, "application/json", headers=bearer(secret)).json()
        assert (answer["code"], answer["facts"]["needs"]) == ("decision_in_token", ["decide:money"])

    def test_says_that_the_second_factor_comes_first(self, cast: Cast) -> None:
        Authenticator.objects.filter(user=cast.partner).delete()
        answer = browser_of(cast.partner).get("/api/v1/people")
        assert answer.status_code == 403
        assert "Set up your authenticator app" in answer.json()["detail"]


class TestToken:
    def test_opens_what_its_scopes_and_the_persons_roles_allow(self, cast: Cast) -> None:
        _, secret = make_token(cast.partner, "script", ["audit:read"])
        answer = Client().get("/api/v1/audit-events?subject_type=firms_apitoken", headers=bearer(secret))
        assert answer.status_code == 200
        assert answer.json()["results"][0]["subject_type"] == "firms_apitoken"

    def test_opens_nothing_beyond_its_scopes(self, cast: Cast) -> None:
        _, secret = make_token(cast.partner, "script", ["people:read"])
        assert Client().get("/api/v1/audit-events", headers=bearer(secret)).status_code == 403

    def test_opens_nothing_beyond_the_persons_roles(self, cast: Cast) -> None:
        _, secret = make_token(cast.coordinator, "script", ["audit:read"])
        assert Client().get("/api/v1/audit-events", headers=bearer(secret)).status_code == 403

    def test_is_kept_only_as_a_digest(self, cast: Cast) -> None:
        token, secret = make_token(cast.partner, "script", ["audit:read"])
        stored = ApiToken.objects.values().get(pk=token.pk)
        assert secret not in str(stored)
        assert secret not in str([e.detail.after for e in AuditEvent.objects.filter(subject_type="firms_apitoken")])

    def test_is_refused_once_revoked_or_its_person_deactivated(self, cast: Cast) -> None:
        token, secret = make_token(cast.partner, "script", ["audit:read"])
        revoke_token(token, cast.partner)
        assert Client().get("/api/v1/audit-events", headers=bearer(secret)).status_code == 401
        _, another = make_token(cast.partner, "script", ["audit:read"])
        people.deactivate(cast.administrator, cast.partner)
        assert Client().get("/api/v1/audit-events", headers=bearer(another)).status_code == 401

    @pytest.mark.parametrize("header", ["Bearer", "Bearer tl_nothing", "Bearer a b"])
    def test_that_nobody_made_is_refused(self, cast: Cast, header: str) -> None:
        assert Client().get("/api/v1/people", headers={"Authorization": header}).status_code == 401

    def test_notes_when_and_from_where_it_was_used(self, cast: Cast) -> None:
        token, secret = make_token(cast.partner, "script", ["audit:read"])
        Client().get("/api/v1/audit-events", headers=bearer(secret))
        token.refresh_from_db()
        assert token.last_used_at is not None
        assert token.last_used_address == "127.0.0.1"

    @pytest.mark.parametrize("scope", ["decide:money", "decide:roles", "everything"])
    def test_can_never_hold_a_decision(self, cast: Cast, scope: str) -> None:
        with pytest.raises(UnknownScope):
            make_token(cast.partner, "script", [scope])

    def test_names_itself_in_what_it_does(self, cast: Cast) -> None:
        token, secret = make_token(cast.administrator, "script", ["people:write"])
        body = {"full_name": "Nina Vale", "email": "nina@hart-reed.example"}
        answer = Client().post("/api/v1/people", body, "application/json", headers=bearer(secret))
        assert answer.status_code == 201
        event = AuditEvent.objects.get(subject_type="firms_person", subject_id=str(answer.json()["id"]))
        assert (event.actor, event.source) == (cast.administrator, f"token {token.prefix}")


class TestPeopleApi:
    def test_refuses_with_409_code_and_facts(self, cast: Cast) -> None:
        body = {"full_name": "Nina Vale", "email": cast.partner.email}
        answer = browser_of(cast.administrator).post("/api/v1/people", body, "application/json")
        assert answer.status_code == 409
        assert answer.json()["code"] == "email_taken"
        assert Person.objects.filter(full_name="Nina Vale").count() == 0

    def test_answers_400_for_malformed_input(self, cast: Cast) -> None:
        answer = browser_of(cast.administrator).post("/api/v1/people", {"email": "x"}, "application/json")
        assert answer.status_code == 400

    def test_lists_people_with_their_roles(self, cast: Cast) -> None:
        rows = browser_of(cast.administrator).get("/api/v1/people").json()
        assert {row["email"]: row["roles"] for row in rows}[cast.supervisor.email] == ["attorney", "supervisor"]

    def test_lets_only_managers_add(self, cast: Cast) -> None:
        body = {"full_name": "Nina Vale", "email": "nina@hart-reed.example"}
        assert browser_of(cast.partner).post("/api/v1/people", body, "application/json").status_code == 403


class TestAuditEventsApi:
    def test_pages_backwards(self, cast: Cast) -> None:
        browser = browser_of(cast.partner)
        seen: list[int] = []
        before = ""
        while True:
            page = browser.get(f"/api/v1/audit-events?subject_type=firms_person{before}").json()
            seen += [row["id"] for row in page["results"]]
            if page["older_than"] is None:
                break
            before = f"&before={page['older_than']}"
        assert seen == sorted(set(seen), reverse=True)
        assert len(seen) == AuditEvent.objects.filter(subject_type="firms_person").count()

    @pytest.mark.parametrize("query", ["before=x", "actor=0", "first_day=tomorrow", "before=99999999999999999999"])
    def test_answers_400_for_a_filter_it_cannot_read(self, cast: Cast, query: str) -> None:
        assert browser_of(cast.partner).get(f"/api/v1/audit-events?{query}").status_code == 400


class TestApiTokenCommand:
    def test_makes_lists_and_revokes(self, cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("api_token", cast.partner.email, scope=["audit:read"])
        secret = capsys.readouterr().out.strip()
        assert Client().get("/api/v1/audit-events", headers=bearer(secret)).status_code == 200
        call_command("api_token", cast.partner.email, revoke=secret[:11])
        assert Client().get("/api/v1/audit-events", headers=bearer(secret)).status_code == 401
        call_command("api_token", cast.partner.email, list=True)
        assert f"{secret[:11]} revoked" in capsys.readouterr().out


class TestSchema:
    """The document of the API."""

    def test_is_read_with_a_token_or_a_session_and_by_nobody_else(self, cast: Cast) -> None:
        _, secret = make_token(cast.coordinator, "books", ["money:record"])
        assert Client().get("/api/schema/", headers=bearer(secret)).status_code == 200
        assert browser_of(cast.coordinator).get("/api/schema/").status_code == 200
        assert Client().get("/api/schema/").status_code in {401, 403}
