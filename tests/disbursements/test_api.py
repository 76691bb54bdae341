"""The API of money out, corrections, holds and months: the same functions, the same refusals."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from disbursements.models import DisbursementRequest, State
from firms.api_tokens import SCOPES, make_token
from firms.models import Proposal
from ledgers.models import Hold, JournalEntry
from ledgers.money import money
from ledgers.posting import post_firm_funds_deposit
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


def post(api: Client, path: str, said: dict[str, Any], given: str = "") -> Any:
    """Send a body to the API, with a key where one is given."""
    headers = {"Idempotency-Key": given} if given else {}
    return api.post(f"/api/v1/{path}", said, content_type="application/json", headers=headers)


@pytest.fixture
def api(desk: Cast) -> Client:
    return browser_of(desk.coordinator)


def payment(desk: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "ledger": desk.smith_ledger.pk,
        "payee": "Court Clerk",
        "amount": "400.00",
        "method": "check",
        "purpose": "Filing fee",
        "reference": "1001",
        **changes,
    }


class TestDisbursementRequests:
    def test_ask_once_per_key(self, desk: Cast, api: Client) -> None:
        one = key()
        first, again = (
            post(api, "disbursement-requests", payment(desk), one),
            post(api, "disbursement-requests", payment(desk), one),
        )
        assert (first.status_code, first.json()["state"], first.json()["amount"]) == (
            201,
            "awaiting_approval",
            "400.00",
        )
        assert again.json() == first.json()
        assert post(api, "disbursement-requests", payment(desk, amount="1.00"), one).json()["code"] == "key_reused"
        assert DisbursementRequest.objects.count() == 1

    def test_need_a_key(self, desk: Cast, api: Client) -> None:
        assert post(api, "disbursement-requests", payment(desk)).status_code == 400
        assert post(api, "transfers", {}).status_code == 400

    def test_refuse_with_code_and_facts(self, desk: Cast, api: Client) -> None:
        answer = post(api, "disbursement-requests", payment(desk, amount="1000.01"), key())
        assert answer.status_code == 409
        assert answer.json()["code"] == "insufficient_funds"
        assert answer.json()["facts"]["available"] == "1000.00"
        assert post(api, "disbursement-requests", payment(desk, amount=400), key()).status_code == 400
        assert not DisbursementRequest.objects.exists()

    @pytest.mark.parametrize("kind", ["disbursement", "firm_funds_withdrawal"])
    def test_refuse_an_operating_account_that_never_was(self, desk: Cast, api: Client, kind: str) -> None:
        answer = post(api, "disbursement-requests", payment(desk, kind=kind, operating_account=987654), key())
        assert answer.status_code == 409
        assert not DisbursementRequest.objects.exists()

    def test_pay_no_client_money_into_an_operating_account(self, desk: Cast, api: Client) -> None:
        answer = post(api, "disbursement-requests", payment(desk, operating_account=desk.operating.pk), key())
        assert (answer.status_code, answer.json()["code"]) == (409, "destination_unfit")

    def test_are_approved_in_a_session_with_a_code_once_per_key(self, desk: Cast) -> None:
        request, browser, one = ask(desk), browser_of(desk.attorney), key()
        said = {"version": 1, "content_hash": request.content_hash, "code": code_of(desk.attorney)}
        assert post(browser, f"disbursement-requests/{request.pk}/approve", said).status_code == 400
        first = post(browser, f"disbursement-requests/{request.pk}/approve", said, one)
        again = post(browser, f"disbursement-requests/{request.pk}/approve", said, one)
        assert (first.status_code, first.json()["state"]) == (200, "posted")
        assert again.json() == first.json()
        assert (
            post(browser, f"disbursement-requests/{request.pk}/approve", said, key()).json()["code"]
            == "request_decided"
        )
        assert desk.smith_ledger.balance == money(60000)

    def test_are_never_decided_by_a_token(self, desk: Cast) -> None:
        request = ask(desk)
        _, secret = make_token(desk.attorney, "everything", [scope.value for scope in SCOPES])
        said = {"version": 1, "content_hash": request.content_hash, "code": code_of(desk.attorney)}
        for path in ("approve", "reject"):
            answer = Client().post(
                f"/api/v1/disbursement-requests/{request.pk}/{path}",
                said | {"reason": "No"},
                content_type="application/json",
                headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key()},
            )
            assert answer.status_code == 403
        request.refresh_from_db()
        assert request.state == State.AWAITING_APPROVAL

    def test_are_rejected_withdrawn_and_replaced(self, desk: Cast, api: Client) -> None:
        first, second = ask(desk, 100), ask(desk, 200)
        rejected = post(
            browser_of(desk.attorney), f"disbursement-requests/{first.pk}/reject", {"version": 1, "reason": "No"}
        )
        assert rejected.json()["state"] == "rejected"
        newer = post(api, "disbursement-requests", payment(desk, replaces=second.pk, amount="3.00"), key()).json()
        assert newer["replaces"] == second.pk
        withdrawn = post(api, f"disbursement-requests/{newer['id']}/withdraw", {"version": 1})
        assert withdrawn.json()["state"] == "withdrawn"
        listed = api.get("/api/v1/disbursement-requests?state=withdrawn").json()
        assert [row["id"] for row in listed["results"]] == [newer["id"], second.pk]

    def test_do_not_exist_for_those_who_may_not_see_them(self, desk: Cast) -> None:
        request = ask(desk)
        for person in (desk.stranger, desk.administrator):
            assert browser_of(person).get(f"/api/v1/disbursement-requests/{request.pk}").status_code == 403
        assert browser_of(desk.auditor).get("/api/v1/disbursement-requests/999999").status_code == 404


class TestTransfers:
    def test_go_to_another_matter_or_account(self, desk: Cast, api: Client) -> None:
        words = {"ledger": desk.smith_ledger.pk, "amount": "5.00", "purpose": "Consent", "reference": "T"}
        unsaid = post(api, "transfers", words | {"to_matter": desk.doe_matter.pk}, key())
        assert (unsaid.status_code, unsaid.json()["code"]) == (409, "consent_missing")
        assert unsaid.json()["facts"] == {"from_client": "Jane Smith", "to_client": "John O’Doe"}
        one = post(api, "transfers", words | {"to_matter": desk.doe_matter.pk, "consent": "Letter, Mar 3"}, key())
        assert one.json()["consent"] == "Letter, Mar 3"
        two = post(api, "transfers", words | {"to_account": desk.second_account.pk, "method": "wire"}, key())
        assert (one.json()["kind"], two.json()["kind"]) == ("matter_transfer", "account_transfer")
        assert post(api, "transfers", words, key()).status_code == 400
        assert api.get("/api/v1/transfers").json()["count"] == 2


class TestCorrections:
    def test_reverse_once_per_key(self, desk: Cast, api: Client) -> None:
        entry, one = JournalEntry.objects.get(), key()
        said = {"book_date": today().isoformat(), "reason": "Twice"}
        assert post(api, f"journal-entries/{entry.pk}/reverse", said).status_code == 400
        first, again = (post(api, f"journal-entries/{entry.pk}/reverse", said, one) for _ in range(2))
        assert (first.status_code, again.json()["repeated"]) == (201, True)
        assert desk.smith_ledger.balance == money(0)

    def test_propose_what_takes_two_people(self, desk: Cast, api: Client) -> None:
        entry = JournalEntry.objects.get()
        desk.pay(desk.smith_ledger, 60000)
        said = {"book_date": today().isoformat(), "reason": "Never came"}
        assert (
            post(api, f"journal-entries/{entry.pk}/reverse", said, key()).json()["code"]
            == "deficit_needs_second_person"
        )
        assert post(api, f"journal-entries/{entry.pk}/reverse", said | {"propose": True}, key()).status_code == 202
        shares = [{"ledger": desk.smith_ledger.pk, "amount": "1000.00"}]
        returned = {"book_date": today().isoformat(), "advice": "NSF", "shares": shares}
        assert post(api, f"journal-entries/{entry.pk}/return", returned).status_code == 202
        assert Proposal.objects.count() == 2

    def test_record_lines_of_the_bank(self, desk: Cast, api: Client) -> None:
        funds = desk.special("firm_funds")
        post_firm_funds_deposit(
            desk.coordinator, key(), ledger=funds, book_date=today(), amount=money(5000), method="wire", reference="F"
        )
        line = {"ledger": funds.pk, "book_date": today().isoformat(), "advice": "Fee"}
        assert post(api, "bank-events", line | {"kind": "bank_charge", "amount": "20.00"}, key()).status_code == 201
        assert post(api, "bank-events", line | {"kind": "bank_charge", "amount": "40.00"}, key()).status_code == 409
        assert (
            post(
                api, "bank-events", line | {"kind": "bank_charge", "amount": "40.00", "propose": True}, key()
            ).status_code
            == 202
        )
        assert post(api, "bank-events", line | {"kind": "bank_event", "amount": "-1.00"}, key()).status_code == 202
        assert desk.special("firm_funds").balance == money(3000)

    def test_hold_and_propose_a_release(self, desk: Cast, api: Client) -> None:
        said = {"ledger": desk.smith_ledger.pk, "kind": "disputed", "amount": "300.00", "reason": "Fee dispute"}
        assert post(api, "holds", said, key()).json()["code"] == "dispute_unnamed"
        said["disputed_by"] = "Jane Smith"
        assert post(api, "holds", said).status_code == 400
        held = post(api, "holds", said, key())
        assert (held.status_code, held.json()["amount"]) == (201, "300.00")
        assert post(api, f"holds/{Hold.objects.get().pk}/release", {"evidence": "Settled"}).status_code == 202
        assert api.get("/api/v1/holds").json()["count"] == 1


class TestMonths:
    def test_are_listed_prepared_and_refused(self, desk: Cast, api: Client) -> None:
        rows = api.get(f"/api/v1/trust-accounts/{desk.account.pk}/months").json()
        assert rows[-1]["first_day"] == "2026-01-01"
        said = {"trust_account": desk.account.pk, "month": date(2026, 1, 1).isoformat()}
        assert post(api, "reconciliations", said).status_code == 202
        assert post(api, "reconciliations", said).status_code == 409
        assert post(api, "reconciliations", said | {"month": "2026-03-01"}).json()["code"] == "earlier_month_open"
        assert post(api, "reconciliations/re-open", said | {"reason": "x"}).json()["code"] == "month_not_locked"
        assert browser_of(desk.attorney).get(f"/api/v1/trust-accounts/{desk.account.pk}/months").status_code == 403
