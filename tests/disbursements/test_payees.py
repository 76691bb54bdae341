"""Payees: recorded, found, asked about when a name looks like a known one."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from disbursements import payee_queries
from disbursements.models import DisbursementRequest, Payee
from disbursements.payees import PayeeNameKnown, PayeeNameMissing, edit_payee, record_payee
from firms.models import AuditEvent
from firms.refusals import ChangedMeanwhile, NotAllowed
from ledgers.refusals import PayeeIsCash
from tests.access.addresses import body_of
from tests.cast import Cast, key
from tests.disbursements.paying import changed_bank, payee_with_bank
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
LOOK_ALIKES = [
    "SMITH & JONES, LLP",
    "Smith and Jones LLP",
    "Smith  &  Jones  L.L.P.",
    "Smith&Jones LLP",
    "Smlth & Jones LLP",
    "Sm1th & Jones LLP",
    "\u0405mith & Jones LLP",  # Cyrillic dze
    "Smith & J\u043enes LLP",  # Cyrillic o
    "Smi\u200bth & Jones LLP",  # a space of no width
    "Srnith & Jones LLP",
    "\uff33mith & Jones LLP",  # a wide S
    "Sm\u00edth & Jones LLP",
    "Smith & Jones LLC",
    "Jones & Smith LLP",
    "Smith & Jonnes LLP",
]


class TestRecordPayee:
    """Somebody new to pay."""

    @pytest.mark.parametrize("name", LOOK_ALIKES)
    def test_asks_about_a_name_that_looks_like_a_known_one(self, cast: Cast, name: str) -> None:
        known = record_payee(cast.coordinator, name="Smith & Jones LLP", kind="counsel")
        with pytest.raises(PayeeNameKnown) as asked:
            record_payee(cast.coordinator, name=name)
        assert (asked.value.facts["payee"], asked.value.facts["name"]) == (known.pk, "Smith & Jones LLP")
        assert Payee.objects.count() == 1
        record_payee(cast.coordinator, name=name, is_another=True)
        answer = AuditEvent.objects.get(action="payee.told-apart")
        assert (answer.detail.after or {})["is_another_than"] == [f"Smith & Jones LLP ({known.pk})"]

    @pytest.mark.parametrize("name", ["Schmidt Reporting", "Kings County Clerk", "Jones Day Spa"])
    def test_does_not_ask_about_a_name_of_its_own(self, cast: Cast, name: str) -> None:
        record_payee(cast.coordinator, name="Smith & Jones LLP")
        assert record_payee(cast.coordinator, name=name).name == name

    @pytest.mark.parametrize(
        "name", ["Cash", "c.a.s.h.", "C\u0430sh", "Ca\u200bsh", "Bearer", "Pay to the order of cash"]
    )
    def test_is_never_cash(self, cast: Cast, name: str) -> None:
        with pytest.raises(PayeeIsCash):
            record_payee(cast.coordinator, name=name)
        assert not Payee.objects.exists()

    @pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e"])
    def test_needs_a_name(self, cast: Cast, name: str) -> None:
        with pytest.raises(PayeeNameMissing):
            record_payee(cast.coordinator, name=name)

    def test_keeps_no_sign_that_nobody_sees(self, cast: Cast) -> None:
        assert record_payee(cast.coordinator, name=" Kings\u202e County \u200bClerk ").name == "Kings County Clerk"
        with pytest.raises(DatabaseError, match="payee_name_is_seen"), transaction.atomic():
            Payee.objects.create(name="Kings\u202e County")

    def test_is_for_whoever_edits_records(self, cast: Cast) -> None:
        for person in (cast.attorney, cast.partner, cast.auditor, cast.administrator, cast.stranger):
            with pytest.raises(NotAllowed):
                record_payee(person, name="Kings County Clerk")


class TestEditPayee:
    """Changing one."""

    def test_asks_about_a_new_name_and_not_about_its_own(self, cast: Cast) -> None:
        record_payee(cast.coordinator, name="Smith & Jones LLP")
        payee = record_payee(cast.coordinator, name="Kings County Clerk", kind="court")
        edited = edit_payee(cast.coordinator, payee, 1, name="Kings County Clerk", notes="Window 4")
        with pytest.raises(PayeeNameKnown):
            edit_payee(cast.coordinator, edited, 2, name="Smith and Jones, LLP")
        assert edit_payee(cast.coordinator, edited, 2, name="KINGS County Clerk").version == 3

    def test_is_refused_when_somebody_saved_first(self, cast: Cast) -> None:
        payee = record_payee(cast.coordinator, name="Kings County Clerk")
        edit_payee(cast.coordinator, payee, 1, notes="Window 4")
        with pytest.raises(ChangedMeanwhile):
            edit_payee(cast.second_coordinator, payee, 1, notes="Window 5")

    def test_never_makes_it_cash(self, cast: Cast) -> None:
        payee = record_payee(cast.coordinator, name="Kings County Clerk")
        with pytest.raises(PayeeIsCash):
            edit_payee(cast.coordinator, payee, 1, name="Petty cash")

    def test_is_recorded_and_never_undone_by_removal(self, cast: Cast) -> None:
        payee = record_payee(cast.coordinator, name="Kings County Clerk")
        edit_payee(cast.coordinator, payee, 1, is_active=False)
        changed = AuditEvent.objects.filter(subject_type="disbursements_payee", action="update").get()
        assert changed.detail.after == {"is_active": False, "version": 2}
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            payee.delete()


class TestPayeeTyped:
    """What is typed into the picker."""

    def test_finds_the_one_that_was_chosen_or_named_in_full(self, cast: Cast) -> None:
        clerk = record_payee(cast.coordinator, name="Kings County Clerk")
        assert payee_queries.payee_typed(payee_queries.payee_text(clerk)) == clerk
        assert payee_queries.payee_typed(" kings county clerk ") == clerk
        assert payee_queries.payee_typed(f"Somebody Else ({clerk.pk})") is None
        assert payee_queries.payee_typed("Kings County") is None
        edit_payee(cast.coordinator, clerk, 1, is_active=False)
        assert payee_queries.payee_typed("Kings County Clerk") is None


class TestPages:
    """The pages of payees."""

    def test_record_edit_find_and_deactivate(self, cast: Cast) -> None:
        desk = browser_of(cast.coordinator)
        typed = {"name": "Kings County Clerk", "kind": "court", "default_method": "check", "is_active": "on"}
        answer = desk.post("/payees/new/", typed | {"address": "360 Adams Street\r\n\r\n Brooklyn, NY 11201 "})
        payee = Payee.objects.get()
        assert (answer.headers["Location"], payee.address) == (
            f"/payees/{payee.pk}/",
            "360 Adams Street\nBrooklyn, NY 11201",
        )
        assert "Kings County Clerk" in desk.get("/payees/", {"q": "adams", "kind": "court"}).content.decode()
        assert "Kings County Clerk" not in desk.get("/payees/", {"kind": "vendor"}).content.decode()
        typed.pop("is_active")
        desk.post(f"/payees/{payee.pk}/edit/", typed | {"version": 1})
        desk.get(f"/payees/{payee.pk}/")
        assert "Kings County Clerk" not in desk.get("/payees/").content.decode()
        assert "Kings County Clerk" in desk.get("/payees/", {"state": "inactive"}).content.decode()

    def test_ask_before_a_look_alike_is_recorded(self, cast: Cast) -> None:
        known, desk = record_payee(cast.coordinator, name="Smith & Jones LLP"), browser_of(cast.coordinator)
        typed = {"name": "Smlth & Jones LLP", "kind": "counsel", "default_method": "check", "is_active": "on"}
        assert "is_another" not in desk.get("/payees/new/").content.decode()
        asked = desk.post("/payees/new/", typed)
        assert asked.status_code == 409
        assert f'href="/payees/{known.pk}/">Open Smith &amp; Jones LLP</a>' in asked.content.decode()
        assert 'name="is_another"' in asked.content.decode()
        assert desk.post("/payees/new/", typed | {"is_another": "on"}).status_code == 302
        other = Payee.objects.latest("pk")
        assert "Names that look like this one" in desk.get(f"/payees/{other.pk}/").content.decode()

    def test_refuse_an_address_that_does_not_fit_on_a_check(self, cast: Cast) -> None:
        typed = {"name": "Clerk", "kind": "court", "default_method": "check", "address": "\n".join("abcdef")}
        answer = browser_of(cast.coordinator).post("/payees/new/", typed)
        assert answer.status_code == 422
        assert "at most 5 lines of 60 letters" in answer.content.decode()

    def test_are_a_file_too_which_is_recorded(self, cast: Cast) -> None:
        record_payee(cast.coordinator, name="=Kings County Clerk", kind="court", address="360 Adams Street\nBrooklyn")
        answer = browser_of(cast.auditor).get("/payees/?format=csv")
        head, row = body_of(answer).decode().splitlines()
        assert "Number,Name,Kind" in head
        assert "'=Kings County Clerk,Court or agency,Check" in row
        assert AuditEvent.objects.filter(action="export", actor=cast.auditor).exists()

    def test_ask_the_database_as_often_for_many_as_for_few(
        self, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(60):
            record_payee(cast.coordinator, name=f"Payee number {number}", is_another=True)
        desk = browser_of(cast.coordinator)
        desk.get("/payees/")
        with django_assert_max_num_queries(14):
            answer = desk.get("/payees/")
        assert "1–50 of 60" in answer.content.decode() or "Payee number 9" in answer.content.decode()

    def test_let_others_look_and_not_touch(self, cast: Cast) -> None:
        payee = record_payee(cast.coordinator, name="Kings County Clerk")
        auditor = browser_of(cast.auditor)
        assert auditor.get(f"/payees/{payee.pk}/").status_code == 200
        assert auditor.get(f"/payees/{payee.pk}/edit/").status_code == 403
        assert browser_of(cast.stranger).get("/payees/").status_code == 403
        assert auditor.get("/payees/987654/").status_code == 404


class TestApi:
    """The same by programs."""

    def sent(self, api: Client, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = getattr(api, method)(f"/api/v1/{path}", body, content_type="application/json")
        return answer.status_code, answer.json()

    def test_records_asks_changes_and_lists(self, cast: Cast) -> None:
        api = browser_of(cast.coordinator)
        status, made = self.sent(api, "post", "payees", {"name": "Kings County Clerk", "kind": "court"})
        assert (status, made["default_method"], made["version"]) == (201, "check", 1)
        status, said = self.sent(api, "post", "payees", {"name": "KINGS C0UNTY CLERK"})
        assert (status, said["code"], said["facts"]["payee"]) == (409, "payee_name_known", made["id"])
        status, _ = self.sent(api, "post", "payees", {"name": "KINGS C0UNTY CLERK", "is_another": True})
        assert status == 201
        path = f"payees/{made['id']}"
        assert self.sent(api, "patch", path, {"is_active": False})[0] == 400
        assert self.sent(api, "patch", path, {"is_active": False, "version": 1})[1]["is_active"] is False
        listed = api.get("/api/v1/payees?state=inactive").json()
        assert (listed["count"], listed["results"][0]["id"]) == (1, made["id"])
        assert self.sent(api, "post", "payees", {"name": "Cash"})[1]["code"] == "payee_is_cash"


class TestRequests:
    """A request names a payee of the list, or a plain name."""

    def typed(self, desk: Cast, **changes: Any) -> dict[str, Any]:
        return {
            "matter": desk.smith_matter.number, "kind": "disbursement", "payee": "Kings County Clerk",
            "amount": "40.00", "method": "check", "purpose": "Filing fee", "reference": "1001",
            "idempotency_key": key(), **changes,
        }  # fmt: skip

    def test_take_the_payee_that_was_chosen(self, desk: Cast, at: Any) -> None:
        payee, browser = payee_with_bank(desk, at), browser_of(desk.coordinator)
        found = browser.get("/payees/options/", {"q": "metro"}).json()["results"]
        chosen = self.typed(desk, payee=found[0]["value"], method="wire")
        assert browser.post("/disbursements/new/", chosen).status_code == 302
        request = DisbursementRequest.objects.get()
        assert (request.payee, request.payee_record, request.payee_bank) == (payee.name, payee, payee.bank)
        form = browser.get(f"/disbursements/{request.pk}/change/").content.decode()
        assert found[0]["value"] in form
        answer = browser.post(
            f"/disbursements/{request.pk}/change/", chosen | {"idempotency_key": key(), "amount": "41", "version": "1"}
        )
        assert answer.status_code == 302
        assert DisbursementRequest.objects.latest("pk").payee_bank == payee.bank

    def test_pay_a_plain_name_by_check_only(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        refused = browser.post("/disbursements/new/", self.typed(desk, method="ach"))
        assert refused.status_code == 409
        assert "Choose the payee from the list, or pay by check." in refused.content.decode()
        assert browser.post("/disbursements/new/", self.typed(desk)).status_code == 302
        assert DisbursementRequest.objects.get().payee_record is None

    def test_show_the_approver_old_and_new_and_what_looks_alike(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        record_payee(desk.coordinator, name="Metro Rep0rting Inc", is_another=True)
        request = ask(desk, payee=payee.name, method="wire", record=payee)
        attorney = browser_of(desk.attorney)
        before = attorney.get(f"/disbursements/{request.pk}/").content.decode()
        assert "Empire State Bank ••6789" in before
        assert "Metro Rep0rting Inc" in before
        changed_bank(desk, payee)
        after = attorney.get(f"/disbursements/{request.pk}/").content.decode()
        for text in ("Harbor Bank ••0099", "Empire State Bank ••6789", "have changed since this was requested",
                     "Dana Reyes, confirmed by Theo Marsh", "Rosa Diaz"):  # fmt: skip
            assert text in after
        typed = {"code": code_of(desk.attorney), "shown_hash": request.content_hash, "version": 1}
        answer = attorney.post(f"/disbursements/{request.pk}/approve/", typed)
        assert answer.status_code == 409
        assert "The request must be made again" in answer.content.decode()

    def test_by_programs_name_a_payee_or_a_name(self, desk: Cast, at: Any) -> None:
        payee, api = payee_with_bank(desk, at), browser_of(desk.coordinator)
        said = {"ledger": desk.smith_ledger.pk, "amount": "40.00", "purpose": "Transcript", "reference": "77"}

        def sent(**more: Any) -> tuple[int, Any]:
            headers = {"Idempotency-Key": key()}
            answer = api.post("/api/v1/disbursement-requests", said | more, "application/json", headers=headers)
            return answer.status_code, answer.json()

        assert sent(method="check")[0] == 400
        assert sent(method="check", payee="A", payee_record=payee.pk)[0] == 400
        assert sent(method="wire", payee="Metro")[1]["code"] == "payee_needed"
        assert sent(method="wire", payee_record=987654)[0] == 404
        status, made = sent(method="wire", payee_record=payee.pk)
        assert (status, made["payee"], made["payee_record"], made["payee_bank"]) == (
            201,
            payee.name,
            payee.pk,
            payee.bank_id,
        )
