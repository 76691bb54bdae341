"""Signing in."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from firms import devices, people
from firms.founding import FirmFoundedAlready, FirstPerson, NobodyCanBegin, create_firm
from firms.models import AuditEvent, Firm, KnownDevice, OutboxEvent, Person, Role, RoleGrant
from tests.firms.cast import PASSWORD, Cast, code_of, recovery_codes_of


def sign_in_with(client: Client, person: Person, password: str = PASSWORD) -> Any:
    return client.post("/account/login/", {"login": person.email, "password": password})


class TestSignIn:
    def test_lets_a_coordinator_in_with_the_password(self, cast: Cast) -> None:
        client = Client()
        assert sign_in_with(client, cast.coordinator).headers["Location"] == "/"
        assert client.get("/profile/").status_code == 200
        assert AuditEvent.objects.filter(action="signed_in", actor=cast.coordinator).count() == 1

    def test_asks_an_attorney_for_a_code_before_anything_opens(self, cast: Cast) -> None:
        client = Client()
        assert sign_in_with(client, cast.attorney).headers["Location"] == "/account/2fa/authenticate/"
        assert client.get("/profile/").status_code == 302
        client.post("/account/2fa/authenticate/", {"code": code_of(cast.attorney)})
        assert client.get("/profile/").status_code == 200

    def test_refuses_a_code_that_was_used_to_sign_in_before(self, cast: Cast) -> None:
        code = code_of(cast.attorney)
        for client, opened in ((Client(), 200), (Client(), 302)):
            sign_in_with(client, cast.attorney)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert client.get("/profile/").status_code == opened

    def test_takes_a_recovery_code_once(self, cast: Cast) -> None:
        code = recovery_codes_of(cast.attorney)[0]
        for client, opened in ((Client(), 200), (Client(), 302)):
            sign_in_with(client, cast.attorney)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert client.get("/profile/").status_code == opened

    def test_records_a_wrong_password_without_keeping_it(self, cast: Cast) -> None:
        sign_in_with(Client(), cast.coordinator, "not this one")
        event = AuditEvent.objects.get(action="sign_in_refused")
        assert event.subject_id == str(cast.coordinator.pk)
        assert "not this one" not in str((event.detail.before, event.detail.after))

    def test_slows_down_after_five_wrong_passwords(self, cast: Cast) -> None:
        client = Client()
        for _ in range(5):
            sign_in_with(client, cast.coordinator, "wrong")
        sign_in_with(client, cast.coordinator)
        assert client.get("/profile/").status_code == 302

    def test_is_refused_to_whoever_was_deactivated(self, cast: Cast) -> None:
        people.deactivate(cast.administrator, cast.coordinator)
        client = Client()
        sign_in_with(client, cast.coordinator)
        assert client.get("/profile/").status_code == 302

    def test_lets_nobody_sign_up(self, db: None) -> None:
        answer = {"email": "x@x.example", "password1": PASSWORD, "password2": PASSWORD}
        Client().post("/account/signup/", answer)
        assert not Person.objects.exists()


class TestNewDevice:
    def test_is_told_to_the_person_but_not_for_the_first_one(self, cast: Cast) -> None:
        first, second = Client(), Client()
        sign_in_with(first, cast.coordinator)
        assert not OutboxEvent.objects.filter(kind="person.new-device").exists()
        sign_in_with(second, cast.coordinator)
        assert OutboxEvent.objects.get(kind="person.new-device").payload["to"] == cast.coordinator.email
        assert KnownDevice.objects.filter(person=cast.coordinator).count() == 2

    def test_is_not_told_again_for_a_device_known_by_its_cookie(self, cast: Cast) -> None:
        client = Client()
        for _ in range(2):
            sign_in_with(client, cast.coordinator)
            client.post("/account/logout/")
        assert KnownDevice.objects.filter(person=cast.coordinator).count() == 1
        assert client.cookies[devices.COOKIE]["httponly"]


class TestPasswordLink:
    def test_sets_a_password_once(self, cast: Cast) -> None:
        person = people.create_person(cast.administrator, "nina@hart-reed.example", "Nina Vale")
        path = people.password_link(person).removeprefix("http://localhost:8000")
        client = Client()
        form = client.get(path).headers["Location"]
        client.post(form, {"password1": "a quite new phrase", "password2": "a quite new phrase"})
        person.refresh_from_db()
        assert person.check_password("a quite new phrase")
        again = Client().get(path)
        assert again.status_code == 200

    @pytest.mark.parametrize("weak", ["short", "password1234", "123456789012345"])
    def test_refuses_a_weak_password(self, cast: Cast, weak: str) -> None:
        person = people.create_person(cast.administrator, "nina@hart-reed.example", "Nina Vale")
        path = people.password_link(person).removeprefix("http://localhost:8000")
        client = Client()
        form = client.get(path).headers["Location"]
        client.post(form, {"password1": weak, "password2": weak})
        person.refresh_from_db()
        assert not person.has_usable_password()

    def test_goes_through_the_outbox_when_somebody_forgot_the_password(self, cast: Cast) -> None:
        Client().post("/account/password/reset/", {"email": cast.coordinator.email})
        asked = OutboxEvent.objects.get(kind="person.password-forgotten")
        assert (asked.subject_id, asked.payload) == (str(cast.coordinator.pk), {"person": cast.coordinator.pk})


class TestCreateFirm:
    def test_makes_the_first_people_once(self, cast: Cast) -> None:
        with pytest.raises(FirmFoundedAlready):
            create_firm("Other", "CA", [FirstPerson("x@x.example", "X", (Role.ADMINISTRATOR,))])
        assert Firm.objects.get().name == "Hart & Reed LLP"
        assert not Person.objects.filter(email="x@x.example").exists()

    def test_needs_an_administrator(self, db: None) -> None:
        with pytest.raises(NobodyCanBegin):
            create_firm("Firm", "CA", [FirstPerson("x@x.example", "X", (Role.ATTORNEY,))])
        assert not Firm.objects.exists()

    def test_refuses_a_weak_first_password(self, db: None) -> None:
        from django.core.exceptions import ValidationError

        with pytest.raises(ValidationError):
            create_firm("Firm", "CA", [FirstPerson("x@x.example", "X", (Role.ADMINISTRATOR,), "password")])
        assert not Person.objects.exists()


class TestCreateFirmCommand:
    def test_prints_links_and_no_passwords(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        options = {"name": "Hart LLP", "state": "ny", "no_input": True}
        call_command("create_firm", person=["ida@x.example:Ida Moss:administrator,partner"], **options)
        assert "/account/password/reset/key/" in capsys.readouterr().out
        ida = Person.objects.get()
        assert not ida.has_usable_password()
        assert set(RoleGrant.objects.values_list("role", flat=True)) == {"administrator", "partner"}
        assert AuditEvent.objects.filter(source="create_firm", subject_type="firms_person").exists()

    def test_refuses_the_second_time(self, cast: Cast) -> None:
        with pytest.raises(CommandError, match="exists already"):
            call_command("create_firm", name="X", state="NY", no_input=True, person=["i@x.example:I:administrator"])

    def test_refuses_an_unknown_role(self, db: None) -> None:
        with pytest.raises(CommandError, match="king"):
            call_command("create_firm", name="X", state="NY", no_input=True, person=["i@x.example:I:king"])
