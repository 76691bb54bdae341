"""Accounts, walls and the lesser stages of an import, through the API: as on the pages."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client as Browser

from firms.api_tokens import SCOPES, make_token
from firms.models import Person
from ledgers.access import books_of
from ledgers.models import OpeningImport, OperatingAccount, TrustAccount
from ledgers.opening import runs
from tests.cast import Cast
from tests.firms.cast import browser_of, give_second_factor
from tests.ledgers.opening import checked, typed
from tests.ledgers.test_opening_api import sent

BANK = {
    "name": "Payroll", "title": "Whitfield & Marsh LLP Payroll", "bank_name": "First National",
    "routing_number": "021000021", "account_number": "77001234", "opened_date": "2026-01-02",
}  # fmt: skip


def desk_of(person: Person) -> Browser:
    """Return a browser in which the person works, with a second factor."""
    if not Authenticator.objects.filter(user=person, type="totp").exists():
        give_second_factor(person)
    return browser_of(person)


class TestAccounts:
    """Trust accounts and the firm's own."""

    def test_of_trust_are_changed_as_they_were_read(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"trust-accounts/{cast.account.pk}"
        read = desk.get(f"/api/v1/{url}").json()
        changed = sent(desk, "patch", url, {"version": read["version"], "bank_name": "Second National"})
        assert (changed.status_code, changed.json()["bank_name"]) == (200, "Second National")
        assert changed.json()["last_four"] == read["last_four"]
        late = sent(desk, "patch", url, {"version": read["version"], "bank_name": "Third National"})
        assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")

    def test_of_trust_keep_their_kind_and_their_bounds_in_order(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"trust-accounts/{cast.account.pk}"
        sent(desk, "patch", url, {"version": 1, "kind": "escrow", "client": cast.smith.pk, "name": "IOLTA 1"})
        assert TrustAccount.objects.get(pk=cast.account.pk).kind == "pooled"
        wrong = sent(desk, "patch", url, {"version": 2, "firm_funds_minimum": "900.00"})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "cushion_bounds")
        made = BANK | {
            "title": "Whitfield & Marsh Trust",
            "kind": "pooled",
            "state": "NY",
            "firm_funds_minimum": "900.00",
        }
        wrong = sent(desk, "post", "trust-accounts", made)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "cushion_bounds")

    def test_need_their_number_again_with_a_new_routing_number(self, cast: Cast) -> None:
        desk, url = desk_of(cast.coordinator), f"operating-accounts/{cast.operating.pk}"
        wrong = sent(desk, "patch", url, {"version": 1, "routing_number": "011401533"})
        assert (wrong.status_code, list(wrong.json()["facts"])) == (400, ["account_number"])
        both = {"version": 1, "routing_number": "011401533", "account_number": "88001234"}
        right = sent(desk, "patch", url, both)
        assert (right.status_code, right.json()["last_four"]) == (200, "1234")
        assert "88001234" not in right.content.decode()

    def test_of_the_firm_are_recorded_and_listed(self, cast: Cast) -> None:
        desk = desk_of(cast.coordinator)
        assert sent(desk, "post", "operating-accounts", BANK).status_code == 201
        assert [row["name"] for row in desk.get("/api/v1/operating-accounts").json()] == ["Operating", "Payroll"]
        again = sent(desk, "post", "operating-accounts", BANK)
        assert (again.status_code, OperatingAccount.objects.count()) == (409, 2)

    def test_are_not_changed_by_who_only_reads(self, cast: Cast) -> None:
        desk = desk_of(cast.auditor)
        assert desk.get(f"/api/v1/operating-accounts/{cast.operating.pk}").status_code == 200
        for kind, account in (("operating", cast.operating), ("trust", cast.account)):
            body = {"version": 1, "name": "Mine"}
            assert sent(desk, "patch", f"{kind}-accounts/{account.pk}", body).status_code == 403


class TestWalls:
    """Raised and lifted by a managing partner or trust supervisor."""

    def raised(self, cast: Cast) -> Any:
        body = {"person": cast.auditor.pk, "reason": "A cousin"}
        return sent(desk_of(cast.partner), "post", f"matters/{cast.smith_matter.pk}/walls", body)

    def test_keep_the_matter_from_the_person_until_they_are_lifted(self, cast: Cast) -> None:
        wall = self.raised(cast)
        assert (wall.status_code, wall.json()["raised_by"]) == (201, cast.partner.pk)
        assert cast.smith_matter not in books_of(cast.auditor).matters
        url = f"matters/{cast.smith_matter.pk}/walls"
        lifted = sent(desk_of(cast.supervisor), "post", f"{url}/{wall.json()['id']}/lift", {})
        assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, cast.supervisor.pk)
        assert cast.smith_matter in books_of(cast.auditor).matters
        (listed,) = desk_of(cast.partner).get(f"/api/v1/{url}").json()
        assert listed == lifted.json()

    def test_stand_once_and_only_against_who_could_see(self, cast: Cast) -> None:
        self.raised(cast)
        assert self.raised(cast).json()["code"] == "wall_stands_already"
        body = {"person": cast.administrator.pk, "reason": "Why not"}
        answer = sent(desk_of(cast.partner), "post", f"matters/{cast.smith_matter.pk}/walls", body)
        assert (answer.status_code, list(answer.json()["facts"])) == (400, ["person"])

    def test_are_not_for_others_nor_for_a_token(self, cast: Cast) -> None:
        url = f"/api/v1/matters/{cast.smith_matter.pk}/walls"
        assert desk_of(cast.coordinator).get(url).status_code == 403
        desk = desk_of(cast.partner)
        _, secret = make_token(cast.partner, "all", [scope.value for scope in SCOPES])
        desk.logout()
        answer = desk.get(url, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "decision_in_token")


class TestImportStages:
    """Deficits and discarding."""

    def test_take_deficits_from_who_answers_for_them(self, cast: Cast) -> None:
        run = checked(cast, typed("2026-9,Somebody,Maya Okafor,IOLTA,-10.00"), bank="-10.00")
        assert run.error_count > 0
        url = f"imports/{run.pk}/deficits"
        assert sent(desk_of(cast.coordinator), "post", url, {"reason": "Known"}).status_code == 403
        answer = sent(desk_of(cast.partner), "post", url, {"reason": "Known since May"})
        assert (answer.status_code, answer.json()["error_count"]) == (200, 0)
        assert OpeningImport.objects.get(pk=run.pk).deficits_accepted_by == cast.partner
        assert sent(desk_of(cast.partner), "post", url, {}).status_code == 400

    def test_end_with_a_discarded_run(self, cast: Cast) -> None:
        run = runs.upload(cast.coordinator, typed("2026-9,Somebody,Maya Okafor,IOLTA,10.00"))
        assert sent(desk_of(cast.partner), "post", f"imports/{run.pk}/discard", {}).status_code == 403
        answer = sent(desk_of(cast.coordinator), "post", f"imports/{run.pk}/discard", {})
        assert (answer.status_code, answer.json()["state"]) == (200, "refused")
        again = sent(desk_of(cast.coordinator), "post", f"imports/{run.pk}/discard", {})
        assert (again.status_code, again.json()["code"]) == (409, "opening_not_in_state")
