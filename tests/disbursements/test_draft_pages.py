"""Drafts on the pages and in the API: kept, listed, edited, submitted and deleted by their author."""

from typing import Any

import pytest

from disbursements.drafts import submit_draft
from disbursements.models import DisbursementRequest, State
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, key, today
from tests.disbursements.requesting import draft
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db
TYPED = {
    "matter": "2026-0142", "kind": "disbursement", "payee": "Court Clerk", "amount": "400.00", "method": "check",
    "purpose": "Filing fee", "reference": "1001", "note": "", "account": "", "draft": "1",
}  # fmt: skip


class TestThePages:
    def test_keep_list_edit_and_submit_a_draft(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        one = TYPED | {"idempotency_key": key()}
        assert (
            browser.post("/disbursements/new/", one)["Location"] == browser.post("/disbursements/new/", one)["Location"]
        )
        it = DisbursementRequest.objects.get()
        assert it.state == State.DRAFT
        for path in ("/disbursements/?state=draft", "/disbursements/", "/waiting/"):
            assert "Court Clerk" in browser.get(path).content.decode(), path
        form = browser.get(f"/disbursements/{it.pk}/change/").content.decode()
        assert "Save as draft" in form
        assert '<input type="hidden" name="version" value="1">' in form
        changed = TYPED | {"version": "1", "amount": "2000", "idempotency_key": key()}
        browser.post(f"/disbursements/{it.pk}/change/", changed)
        new = DisbursementRequest.objects.get(replaces=it)
        assert (new.state, new.amount) == (State.DRAFT, money(200000))
        page = browser.get("/disbursements/").content.decode()
        assert page.count("tl-rowlink") == 1
        assert browser.get("/disbursements/?state=withdrawn").content.decode().count("tl-rowlink") == 1
        too_much = {"version": "1", "idempotency_key": key()}
        answer = browser.post(f"/disbursements/{new.pk}/submit/", too_much)
        assert answer.status_code == 409
        assert "only $1,000.00 is available" in answer.content.decode()
        desk.receive(desk.smith_matter, 100000)
        answer = browser.post(f"/disbursements/{new.pk}/submit/", too_much, follow=True)
        assert "requested and reserved" in answer.content.decode()
        new.refresh_from_db()
        assert new.state == State.AWAITING_APPROVAL
        assert browser.post(f"/disbursements/{new.pk}/submit/", too_much).status_code == 302

    def test_refuse_the_form_of_another_tab(self, desk: Cast) -> None:
        it, browser = draft(desk), browser_of(desk.coordinator)
        submit_draft(desk.coordinator, key(), it.pk, 1)
        for more in ({}, {"draft": "1"}):
            typed = {name: said for name, said in TYPED.items() if name != "draft"} | {"version": "1"} | more
            answer = browser.post(f"/disbursements/{it.pk}/change/", typed | {"idempotency_key": key()})
            assert answer.status_code == 409
        assert DisbursementRequest.objects.count() == 1

    def test_keep_drafts_of_transfers_firm_funds_and_receipts(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        words = {"amount": "10", "purpose": "P", "reference": "R", "draft": "1"}
        receipt = post_receipt(
            desk.coordinator, key(), account=desk.account, book_date=today(), method="wire", payer="Unknown LLC",
            reference="W", shares=[Share(desk.special("unidentified"), money(5000))],
        )  # fmt: skip
        for path, typed in (
            ("/transfers/new/", {"matter": "2026-0142", "to_matter": "2026-0143"}),
            ("/disbursements/firm-funds/",
             {"account": desk.account.pk, "operating_account": desk.operating.pk, "method": "wire"}),
            (f"/unidentified/{receipt.id}/return/", {"payee": "Sender", "method": "check"}),
            (f"/unidentified/{receipt.id}/assign/", {"matter": "2026-0143"}),
        ):  # fmt: skip
            assert browser.post(path, words | typed | {"idempotency_key": key()}).status_code == 302, path
        kept = DisbursementRequest.objects.order_by("pk")
        assert {(one.state, one.hold) for one in kept} == {(State.DRAFT, None)}
        for one in kept:
            assert browser.get(f"/disbursements/{one.pk}/").status_code == 200
            assert browser.get(f"/disbursements/{one.pk}/change/").status_code == 200
        assert submit_draft(desk.coordinator, key(), kept[2].pk, 1).receipt_id == receipt.id

    def test_delete_after_asking_once_more(self, desk: Cast) -> None:
        it, browser = draft(desk), browser_of(desk.coordinator)
        assert "Delete this draft?" in browser.get(f"/disbursements/{it.pk}/withdraw/").content.decode()
        answer = browser.post(f"/disbursements/{it.pk}/withdraw/", {"version": "1", "reason": ""}, follow=True)
        assert f"Draft {it.pk}: deleted." in answer.content.decode()

    def test_are_not_there_behind_a_wall_and_change_nothing_for_others(self, desk: Cast) -> None:
        it = draft(desk)
        other = browser_of(desk.second_coordinator)
        page = other.get(f"/disbursements/{it.pk}/").content.decode()
        assert "Delete draft" not in page
        assert 'value="Request approval"' not in page
        assert (
            other.post(f"/disbursements/{it.pk}/submit/", {"version": "1", "idempotency_key": key()}).status_code == 409
        )
        assert other.get(f"/disbursements/{it.pk}/change/").status_code == 404
        assert "Court Clerk" not in other.get("/waiting/").content.decode()
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        mine = browser_of(desk.coordinator)
        for path in ("", "change/", "withdraw/", "custody/"):
            assert mine.get(f"/disbursements/{it.pk}/{path}").status_code == 404
        assert mine.post(f"/disbursements/{it.pk}/submit/", {"version": "1"}).status_code == 404
        assert "Court Clerk" not in mine.get("/waiting/").content.decode()


class TestTheApi:
    def test_keeps_changes_submits_and_deletes_drafts(self, desk: Cast) -> None:
        api = browser_of(desk.coordinator)

        def post(path: str, said: dict[str, Any], given: str = "") -> Any:
            headers = {"Idempotency-Key": given or key()}
            return api.post(f"/api/v1/{path}", said, content_type="application/json", headers=headers)

        said = {"ledger": desk.smith_ledger.pk, "payee": "Court Clerk", "amount": "400.00", "method": "check",
                "purpose": "Filing fee", "reference": "1001", "draft": True}  # fmt: skip
        made = post("disbursement-requests", said, "k")
        assert (made.status_code, made.json()["state"], made.json()["drafted_at"] is None) == (201, "draft", False)
        assert post("disbursement-requests", said, "k").json() == made.json()
        newer = post("disbursement-requests", said | {"replaces": made.json()["id"], "amount": "300.00"}).json()
        assert (newer["state"], newer["replaces"]) == ("draft", made.json()["id"])
        listed = api.get("/api/v1/disbursement-requests?state=draft").json()["results"]
        assert [one["id"] for one in listed] == [newer["id"]]
        path = f"disbursement-requests/{newer['id']}"
        assert api.post(f"/api/v1/{path}/submit", {"version": 1}, content_type="application/json").status_code == 400
        done = post(f"{path}/submit", {"version": 1}, "s")
        assert (done.status_code, done.json()["state"], done.json()["version"]) == (200, "awaiting_approval", 2)
        assert post(f"{path}/submit", {"version": 1}, "s").json() == done.json()
        assert post(f"{path}/submit", {"version": 1}).json()["code"] == "request_decided"
        again = post("disbursement-requests", said | {"replaces": newer["id"]})
        assert again.json()["code"] == "request_decided"
        del said["draft"]
        replaced = post("disbursement-requests", said | {"replaces": newer["id"]})
        assert (replaced.status_code, replaced.json()["state"]) == (201, "awaiting_approval")
        gone = post("transfers", {"ledger": desk.smith_ledger.pk, "to_matter": desk.doe_matter.pk, "amount": "1.00",
                                  "purpose": "P", "reference": "R", "draft": True}).json()  # fmt: skip
        assert post(f"disbursement-requests/{gone['id']}/withdraw", {"version": 1}).json()["state"] == "withdrawn"
