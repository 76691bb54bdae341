"""The API of the books: the same functions, the same refusals."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from firms.models import Person
from ledgers.models import EntryNote, JournalEntry
from ledgers.money import money
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of, give_second_factor
from tests.ledgers.walls import wall_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(cast: Cast) -> Client:
    return browser_of(cast.coordinator)


def post(api: Client, path: str, said: dict[str, Any], idempotency_key: str | None = None) -> Any:
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    return api.post(f"/api/v1/{path}", said, content_type="application/json", headers=headers)


def get(who: Client | Person, path: str, **asked: Any) -> Any:
    return (who if isinstance(who, Client) else browser_of(who)).get(f"/api/v1/{path}", asked)


def receipt(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "trust_account": cast.account.pk,
        "book_date": today().isoformat(),
        "method": "check",
        "payer": "Acme",
        "reference": "5531",
        "shares": [
            {"matter": cast.smith_matter.pk, "amount": "12.50"},
            {"matter": cast.doe_matter.pk, "amount": "7.50"},
        ],
        **changes,
    }


class TestReceipts:
    def test_records_once_per_key_and_lists(self, cast: Cast, api: Client) -> None:
        one = key()
        first, again = post(api, "receipts", receipt(cast), one), post(api, "receipts", receipt(cast), one)
        assert (first.status_code, first.json()["repeated"]) == (201, False)
        assert again.json() == {**first.json(), "repeated": True}
        assert (cast.smith_ledger.balance, cast.doe_ledger.balance) == (money(1250), money(750))
        (row,) = get(api, "receipts").json()["results"]
        assert (row["bank_amount"], [part["amount"] for part in row["parts"]]) == ("20.00", ["12.50", "7.50"])

    def test_needs_a_key(self, cast: Cast, api: Client) -> None:
        answer = post(api, "receipts", receipt(cast))
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["facts"]
        assert not JournalEntry.objects.exists()

    def test_asks_before_it_records_what_looks_like_a_repeat(self, cast: Cast, api: Client) -> None:
        post(api, "receipts", receipt(cast), key())
        asked = post(api, "receipts", receipt(cast), key())
        assert (asked.status_code, asked.json()["code"]) == (409, "likely_duplicate")
        assert post(api, "receipts", receipt(cast, is_no_repeat=True), key()).status_code == 201

    @pytest.mark.parametrize("amount", [12.5, 12, "12.505", "", None, "NaN", "1e3", "-"])
    def test_takes_amounts_as_strings_only(self, cast: Cast, api: Client, amount: Any) -> None:
        shares = [{"matter": cast.smith_matter.pk, "amount": amount}]
        assert post(api, "receipts", receipt(cast, shares=shares), key()).status_code == 400

    def test_refuses_with_the_same_code_as_the_books(self, cast: Cast, api: Client) -> None:
        future = post(api, "receipts", receipt(cast, book_date="2031-01-01"), key())
        assert (future.status_code, future.json()["code"]) == (409, "dated_in_future")
        negative = [{"matter": cast.smith_matter.pk, "amount": "-5.00"}]
        refused = post(api, "receipts", receipt(cast, shares=negative), key())
        assert (refused.status_code, refused.json()["code"]) == (409, "amount_not_positive")

    def test_does_not_know_a_walled_matter(self, cast: Cast, api: Client) -> None:
        wall_off(cast)
        assert post(api, "receipts", receipt(cast), key()).status_code == 404

    def test_is_not_for_those_who_may_not_record(self, cast: Cast) -> None:
        assert post(browser_of(cast.auditor), "receipts", receipt(cast), key()).status_code == 403


class TestDepositSlips:
    def test_starts_gathers_and_goes_to_the_bank(self, cast: Cast, api: Client) -> None:
        said = {"trust_account": cast.account.pk, "date": today().isoformat()}
        one = key()
        slip = post(api, "deposit-slips", said, one).json()
        assert post(api, "deposit-slips", said, one).json()["id"] == slip["id"]
        post(api, "receipts", receipt(cast, deposit_slip=str(slip["id"])), key())
        closed = post(api, f"deposit-slips/{slip['id']}/close", {"date": today().isoformat()})
        assert (closed.json()["receipt_count"], closed.json()["amount"]) == (1, "20.00")
        again = post(api, f"deposit-slips/{slip['id']}/close", {"date": today().isoformat()})
        assert (again.status_code, again.json()["code"]) == (409, "bank_item_closed")
        assert len(get(api, "deposit-slips").json()["results"]) == 1


class TestLedgersAndEntries:
    def test_tell_balance_held_and_available_and_every_line(self, cast: Cast, api: Client) -> None:
        cast.receive(cast.smith_matter, 10000, on=today() - timedelta(days=1))
        cast.receive(cast.smith_matter, 5000, method="check")
        one = get(api, f"client-ledgers/{cast.smith_ledger.pk}").json()
        assert (one["balance"], one["held"], one["available"]) == ("150.00", "50.00", "100.00")
        card = get(api, f"client-ledgers/{cast.smith_ledger.pk}/lines", page_size=1).json()
        assert (card["brought_forward"], [line["balance"] for line in card["lines"]]) == ("100.00", ["150.00"])
        older = get(api, f"client-ledgers/{cast.smith_ledger.pk}/lines", before=card["older"]).json()
        assert [line["balance"] for line in older["lines"]] == ["100.00"]
        assert get(api, "client-ledgers", holding="with_money").json()["count"] == 1
        (hold,) = get(api, "holds", is_open="true").json()["results"]
        assert (hold["amount"], hold["ledger"]) == ("50.00", cast.smith_ledger.pk)

    def test_show_an_entry_and_take_notes(self, cast: Cast, api: Client) -> None:
        posted = cast.receive(cast.smith_matter, 10000)
        assert post(api, f"journal-entries/{posted.id}/notes", {"text": "Called."}).status_code == 201
        entry = get(api, f"journal-entries/{posted.id}").json()
        assert (entry["bank_amount"], entry["notes"][0]["text"], len(entry["hash"])) == ("100.00", "Called.", 64)
        assert post(browser_of(cast.auditor), f"journal-entries/{posted.id}/notes", {"text": "x"}).status_code == 403
        assert EntryNote.objects.count() == 1

    def test_end_at_walls_and_at_other_attorneys_matters(self, cast: Cast, api: Client) -> None:
        posted = cast.receive(cast.doe_matter, 10000)
        ledger = cast.doe_ledger.pk
        wall_off(cast)
        for path in (f"client-ledgers/{ledger}", f"client-ledgers/{ledger}/lines", f"journal-entries/{posted.id}"):
            assert get(api, path).status_code == 404
        assert get(api, "journal-entries").json()["count"] == 0
        assert get(cast.stranger, "client-ledgers").status_code == 403


class TestReports:
    @pytest.mark.parametrize("name", ["trust-listing", "trial-balance", "receipts-journal", "disbursements-journal"])
    def test_are_for_those_who_see_all_matters(self, cast: Cast, name: str) -> None:
        give_second_factor(cast.attorney)
        assert get(cast.auditor, f"reports/{name}").status_code == 200
        assert get(cast.attorney, f"reports/{name}").status_code == 403

    def test_agree_with_each_other(self, cast: Cast, api: Client) -> None:
        cast.receive(cast.smith_matter, 10000)
        cast.pay(cast.smith_ledger, 4000)
        listing, trial = get(api, "reports/trust-listing").json(), get(api, "reports/trial-balance").json()
        assert listing["totals"][0]["ledger_total"] == listing["totals"][0]["book_balance"] == "60.00"
        assert (listing["results"][0]["balance"], trial["debits"], trial["credits"]) == ("60.00", "60.00", "60.00")
        into, out = get(api, "reports/receipts-journal").json(), get(api, "reports/disbursements-journal").json()
        assert (into["totals"]["amount"], out["totals"]["amount"], out["totals"]["closing"]) == (
            "100.00",
            "40.00",
            "60.00",
        )
        accounts = get(api, "trust-accounts").json()
        assert accounts[0]["balances"]["book_balance"] == "60.00"
        assert get(api, f"trust-accounts/{cast.account.pk}").json() == accounts[0]

    def test_refuse_dates_that_are_none(self, cast: Cast, api: Client) -> None:
        assert get(api, "reports/trust-listing", on_date="soon").status_code == 400
        wrong = get(api, "reports/trust-listing", as_of="2026-01-31")
        sentence = "There is no such parameter; there are trust_account, on_date, page, page_size."
        assert (wrong.status_code, wrong.json()["facts"]) == (400, {"as_of": [sentence]})
        assert get(api, "client-ledgers", page="0").status_code == 400
