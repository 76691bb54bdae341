"""The pages of clients, matters and accounts."""

import pytest
from django.test import Client as Browser

from firms.models import Person
from ledgers.models import Client, Matter, MatterAccount, MatterWall, TrustAccount
from ledgers.parties import raise_wall
from tests.cast import Cast
from tests.firms.cast import browser_of, give_second_factor

pytestmark = pytest.mark.django_db


def desk_of(person: Person) -> Browser:
    """Return the browser of a person who has what the roles need."""
    give_second_factor(person)
    return browser_of(person)


def matter_details(cast: Cast, **changes: object) -> dict[str, object]:
    """Return what somebody types for a new matter."""
    typed = {
        "number": "2026-0200",
        "client": f"Jane Smith ({cast.smith.pk})", "description": "Smith, will", "type": "hourly",
        "responsible_attorney": cast.attorney.pk, "opened_date": "2026-02-01", "minimum_balance": "1,500.00",
        "accounts": [cast.account.pk, cast.second_account.pk], "default": cast.second_account.pk,
    }  # fmt: skip
    return typed | changes


class TestClientPages:
    """Recording and changing clients."""

    def test_record_a_client_and_find_it_by_part_of_its_name(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        desk.post("/clients/new/", {"name": "Núñez & O’Brien", "kind": "organization", "is_active": "on"})
        page = desk.get("/clients/", {"q": "ñez brien"})
        assert "Núñez &amp; O’Brien" in page.content.decode()
        assert "Jane Smith" not in page.content.decode()

    def test_ask_before_a_second_client_of_the_same_name_is_made(self, cast: Cast) -> None:
        desk, typed = desk_of(cast.coordinator), {"name": " JANÉ  smith", "kind": "person", "is_active": "on"}
        assert "another client of the same name" not in desk.get("/clients/new/").content.decode()
        asked = desk.post("/clients/new/", typed)
        assert asked.status_code == 409
        assert "There is already a client named Jane Smith: open it, or create another." in asked.content.decode()
        assert f'href="/clients/{cast.smith.pk}/">Open Jane Smith</a>' in asked.content.decode()
        assert desk.post("/clients/new/", typed | {"is_another": "on"}).status_code == 302
        assert Client.objects.filter(name__iexact="JANÉ  smith").count() == 1
        said = {"name": "jane smith"}
        answer = desk.post("/api/v1/clients", said, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "client_name_known")
        assert desk.post("/api/v1/clients", said | {"is_another": True}, "application/json").status_code == 201

    def test_are_not_asked_about_a_client_behind_a_wall(self, cast: Cast) -> None:
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Conflict")
        made = desk_of(cast.coordinator).post("/clients/new/", {"name": "Jane Smith", "kind": "person"})
        assert made.status_code == 302

    def test_say_when_somebody_else_saved_first_and_keep_what_was_typed(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"/clients/{cast.smith.pk}/edit/"
        desk.post(url, {"name": "Jane Smith-Lee", "kind": "person", "version": 1})
        late = desk.post(url, {"name": "Jane Smyth", "kind": "person", "version": 1})
        assert late.status_code == 409
        assert "Someone else changed this since you opened it." in late.content.decode()
        assert 'value="Jane Smyth"' in late.content.decode()
        assert Client.objects.get(pk=cast.smith.pk).name == "Jane Smith-Lee"

    def test_are_not_there_for_whoever_may_not_edit_or_see(self, cast: Cast) -> None:
        assert desk_of(cast.auditor).post("/clients/new/", {"name": "X", "kind": "person"}).status_code == 403
        assert desk_of(cast.administrator).get(f"/clients/{cast.smith.pk}/").status_code == 403
        assert desk_of(cast.other_attorney).get("/clients/999999/").status_code == 404


class TestMatterPages:
    """Opening and changing matters."""

    def test_open_a_matter_in_two_accounts_with_the_chosen_default(self, cast: Cast) -> None:
        answer = desk_of(cast.coordinator).post("/matters/new/", matter_details(cast))
        matter = Matter.objects.get(number="2026-0200")
        assert answer.headers["Location"] == f"/matters/{matter.pk}/"
        uses = set(MatterAccount.objects.filter(matter=matter).values_list("trust_account", "is_default", "is_active"))
        assert uses == {(cast.account.pk, False, True), (cast.second_account.pk, True, True)}

    def test_refuse_a_number_that_is_taken_with_a_sentence(self, cast: Cast) -> None:
        answer = desk_of(cast.coordinator).post("/matters/new/", matter_details(cast, number="2026-0142"))
        assert answer.status_code == 409
        assert "Another matter has this number." in answer.content.decode()
        assert Matter.objects.count() == 2

    def test_refuse_a_default_that_is_not_ticked(self, cast: Cast) -> None:
        answer = desk_of(cast.coordinator).post("/matters/new/", matter_details(cast, accounts=[cast.account.pk]))
        assert answer.status_code == 422
        assert "The default must be one of the accounts ticked above." in answer.content.decode()

    def test_change_the_accounts_of_a_matter(self, cast: Cast) -> None:
        url = f"/matters/{cast.smith_matter.pk}/accounts/"
        desk_of(cast.coordinator).post(url, {"accounts": [cast.second_account.pk], "default": cast.second_account.pk})
        uses = dict(MatterAccount.objects.filter(matter=cast.smith_matter).values_list("trust_account", "is_active"))
        assert uses == {cast.account.pk: False, cast.second_account.pk: True}

    def test_edit_keeps_what_was_not_touched(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"/matters/{cast.smith_matter.pk}/edit/"
        form = desk.get(url).context["form"]
        typed = {name: value for name, value in form.initial.items() if value is not None and name in form.fields}
        desk.post(url, typed | {"practice_area": "Litigation"})
        matter = Matter.objects.get(pk=cast.smith_matter.pk)
        assert (matter.practice_area, matter.description, matter.version) == ("Litigation", "Smith v. Jones", 2)
        assert matter.billing_attorney == cast.other_attorney


class TestWalls:
    """Ethical walls from the matter's page."""

    def test_hide_the_matter_until_lifted(self, cast: Cast) -> None:
        partner, walled = desk_of(cast.partner), desk_of(cast.attorney)
        url = f"/matters/{cast.smith_matter.pk}/"
        assert walled.get(url).status_code == 200
        partner.post(f"{url}walls/", {"person": cast.attorney.pk, "reason": "Former client"})
        assert walled.get(url).status_code == 404
        assert "Smith v. Jones" not in walled.get("/matters/").content.decode()
        wall = MatterWall.objects.get()
        partner.post(f"{url}walls/{wall.pk}/lift/")
        assert walled.get(url).status_code == 200

    def test_are_raised_once_and_by_partner_or_supervisor_only(self, cast: Cast) -> None:
        url, wall = f"/matters/{cast.smith_matter.pk}/walls/", {"person": cast.auditor.pk, "reason": "Spouse"}
        assert desk_of(cast.coordinator).post(url, wall).status_code == 403
        supervisor = desk_of(cast.supervisor)
        assert supervisor.post(url, wall).status_code == 302
        again = supervisor.post(url, wall)
        assert (again.status_code, MatterWall.objects.count()) == (409, 1)
        assert "walled off from the matter already" in again.content.decode()


def account_details(**changes: object) -> dict[str, object]:
    """Return what somebody types for a new trust account."""
    typed = {
        "name": "Escrow", "kind": "escrow",
        "title": "Whitfield & Marsh LLP Escrow Account", "bank_name": "First National",
        "routing_number": "021000021", "account_number": "5550001234", "state": "NY", "opened_date": "2026-01-02",
    }  # fmt: skip
    return typed | changes


class TestAccountPages:
    """Opening and changing accounts."""

    def test_never_show_an_account_number_again(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        desk.post("/trust-accounts/new/", account_details())
        account = TrustAccount.objects.get(name="Escrow")
        for url in ("/trust-accounts/", f"/trust-accounts/{account.pk}/", f"/trust-accounts/{account.pk}/edit/"):
            page = desk.get(url).content.decode()
            assert "1234" in page
            assert "5550001234" not in page

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"routing_number": "021000022"}, "This is not a routing number: its check digit is wrong."),
            ({"title": "Whitfield & Marsh LLP Operating"}, "The title at the bank must say Trust, IOLTA, Escrow"),
            ({"account_number": "900100"}, "cannot be a trust account and an operating account"),
            ({"account_number": "100200304471"}, "This account at the bank is in the books already."),
            ({"name": "IOLTA"}, "Another account of the firm has this name."),
        ],
    )
    def test_refuse_with_a_sentence(self, cast: Cast, changes: dict[str, object], sentence: str) -> None:
        answer = desk_of(cast.coordinator).post("/trust-accounts/new/", account_details(**changes))
        assert answer.status_code == 409
        assert sentence in answer.content.decode()
        assert TrustAccount.objects.count() == 2

    def test_keep_the_number_unless_a_new_one_is_typed(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"/trust-accounts/{cast.account.pk}/edit/"
        typed = account_details(name="IOLTA Main", title=cast.account.title, version=1, account_number="")
        assert desk.post(url, typed).status_code == 302
        account = TrustAccount.objects.get(pk=cast.account.pk)
        assert (account.name, account.last_four, account.kind) == ("IOLTA Main", "4471", "pooled")
        moved = desk.post(url, typed | {"version": 2, "routing_number": "011401533"})
        assert moved.status_code == 422
        assert "An account number has 4 to 17 digits." in moved.content.decode()

    def test_change_the_firms_own_account(self, cast: Cast) -> None:
        typed = account_details(name="Operating", title="Whitfield & Marsh LLP Business", version=1, account_number="")
        desk_of(cast.coordinator).post(f"/operating-accounts/{cast.operating.pk}/edit/", typed)
        cast.operating.refresh_from_db()
        assert (cast.operating.title, cast.operating.last_four) == ("Whitfield & Marsh LLP Business", "0100")
