"""The pages of money out."""

from typing import Any

import pytest
from django.http import HttpResponse

from disbursements.models import DisbursementRequest, State
from ledgers.accounts import client_ledger
from ledgers.holds import available_balance
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
TYPED = {
    "matter": "2026-0142",
    "kind": "disbursement",
    "payee": "Court Clerk",
    "amount": "400.00",
    "method": "check",
    "purpose": "Filing fee",
    "reference": "1001",
    "note": "",
    "account": "",
}


def text_of(response: Any) -> str:
    """Return the page as text."""
    assert isinstance(response, HttpResponse)
    return response.content.decode()


class TestAsking:
    """The coordinator's forms."""

    def test_requests_a_payment_and_shows_it(self, desk: Cast) -> None:
        answer = browser_of(desk.coordinator).post("/disbursements/new/", TYPED | {"idempotency_key": key()})
        request = DisbursementRequest.objects.get()
        assert answer["Location"] == f"/disbursements/{request.pk}/"
        assert (request.amount, request.ledger, request.kind) == (money(40000), desk.smith_ledger, "disbursement")

    def test_counts_a_form_that_is_sent_twice_once(self, desk: Cast) -> None:
        browser, typed = browser_of(desk.coordinator), TYPED | {"idempotency_key": key()}
        assert (
            browser.post("/disbursements/new/", typed)["Location"]
            == browser.post("/disbursements/new/", typed)["Location"]
        )
        assert DisbursementRequest.objects.count() == 1

    def test_shows_a_refusal_beside_what_was_typed(self, desk: Cast) -> None:
        answer = browser_of(desk.coordinator).post(
            "/disbursements/new/", TYPED | {"amount": "1000.01", "idempotency_key": key()}
        )
        assert answer.status_code == 409
        assert "only $1,000.00 is available" in text_of(answer)
        assert 'value="1000.01"' in text_of(answer)

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("amount", "12,50x", "is not an amount"),
            ("amount", "0", "more than zero"),
            ("matter", "9999", "There is no matter"),
            ("matter", "2026-0143", "has no ledger"),
            ("payee", "", "required"),
        ],
    )
    def test_says_what_cannot_be_read(self, desk: Cast, field: str, typed: str, said: str) -> None:
        answer = browser_of(desk.coordinator).post(
            "/disbursements/new/", TYPED | {field: typed, "idempotency_key": key()}
        )
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert not DisbursementRequest.objects.exists()

    def test_moves_to_another_matter_whose_ledger_opens(self, desk: Cast) -> None:
        typed = {
            "matter": "2026-0142",
            "to_matter": "2026-0143",
            "amount": "10",
            "purpose": "Costs shared",
            "reference": "T-1",
            "consent": " ",
        }
        browser = browser_of(desk.coordinator)
        unsaid = browser.post("/transfers/new/", typed | {"idempotency_key": key()})
        assert unsaid.status_code == 409
        assert "Name the document by which Jane Smith consents" in text_of(unsaid)
        given = typed | {"consent": "Letter of Mar 3, file 12", "idempotency_key": key()}
        shown = text_of(browser.post("/transfers/new/", given, follow=True))
        assert "Letter of Mar 3, file 12" in shown
        request = DisbursementRequest.objects.get()
        assert (request.kind, request.destination_ledger) == ("matter_transfer", desk.doe_ledger)

    def test_moves_to_another_account(self, desk: Cast) -> None:
        typed = {
            "matter": "2026-0142",
            "to_account": str(desk.second_account.pk),
            "amount": "10",
            "method": "wire",
            "purpose": "P",
            "reference": "T",
        }
        browser_of(desk.coordinator).post("/transfers/new/", typed | {"idempotency_key": key()})
        request = DisbursementRequest.objects.get()
        assert (request.kind, request.destination_ledger) == (
            "account_transfer",
            client_ledger(desk.second_account, desk.smith_matter),
        )

    def test_withdraws_firm_funds_to_an_operating_account(self, desk: Cast) -> None:
        from ledgers.posting import post_firm_funds_deposit

        post_firm_funds_deposit(
            desk.coordinator,
            key(),
            ledger=desk.special("firm_funds"),
            book_date=today(),
            amount=money(5000),
            method="wire",
            reference="F",
        )
        typed = {
            "account": desk.account.pk,
            "operating_account": desk.operating.pk,
            "amount": "20",
            "method": "wire",
            "purpose": "Too much",
            "reference": "F2",
        }
        assert (
            browser_of(desk.coordinator)
            .post("/disbursements/firm-funds/", typed | {"idempotency_key": key()})
            .status_code
            == 302
        )
        assert DisbursementRequest.objects.get().kind == "firm_funds_withdrawal"

    def test_changes_a_request_into_a_new_version(self, desk: Cast) -> None:
        old, browser = ask(desk), browser_of(desk.coordinator)
        assert 'value="400.00"' in text_of(browser.get(f"/disbursements/{old.pk}/change/"))
        browser.post(
            f"/disbursements/{old.pk}/change/", TYPED | {"version": "1", "amount": "50", "idempotency_key": key()}
        )
        assert DisbursementRequest.objects.get(replaces=old).amount == money(5000)

    def test_offers_matters_with_what_is_available(self, desk: Cast) -> None:
        ask(desk)
        found = browser_of(desk.coordinator).get("/disbursements/options/?q=smi jon").json()["results"]
        assert [row["value"] for row in found] == ["2026-0142"]
        assert "available $600.00" in found[0]["detail"]


class TestDeciding:
    """The attorney's page."""

    def test_shows_what_is_covered_and_what_is_left(self, desk: Cast) -> None:
        request = ask(desk)
        page = text_of(browser_of(desk.attorney).get(f"/disbursements/{request.pk}/"))
        for said in (
            "Court Clerk",
            "$400.00",
            "Smith v. Jones",
            "Jane Smith",
            "Filing fee",
            "1001",
            "Check",
            "$600.00",
            request.short_hash,
        ):
            assert said in page, said
        assert "Your decision" in page

    def test_approves_with_a_code(self, desk: Cast) -> None:
        request = ask(desk)
        typed = {"code": code_of(desk.attorney), "shown_hash": request.content_hash, "version": "1"}
        answer = browser_of(desk.attorney).post(f"/disbursements/{request.pk}/approve/", typed, follow=True)
        assert "posted" in text_of(answer)
        assert desk.smith_ledger.balance == money(60000)

    def test_shows_a_refused_code_beside_the_decision(self, desk: Cast) -> None:
        request = ask(desk)
        typed = {"code": "000000", "shown_hash": request.content_hash, "version": "1"}
        answer = browser_of(desk.attorney).post(f"/disbursements/{request.pk}/approve/", typed)
        assert answer.status_code == 409
        assert "This code is not valid" in text_of(answer)

    def test_decides_nothing_by_opening_it(self, desk: Cast) -> None:
        request, browser = ask(desk), browser_of(desk.attorney)
        for path in ("", "approve/", "reject/"):
            browser.get(f"/disbursements/{request.pk}/{path}")
        request.refresh_from_db()
        assert request.state == State.AWAITING_APPROVAL

    def test_rejects_with_a_reason(self, desk: Cast) -> None:
        request, browser = ask(desk), browser_of(desk.attorney)
        assert browser.post(f"/disbursements/{request.pk}/reject/", {"reason": "", "version": "1"}).status_code == 409
        browser.post(f"/disbursements/{request.pk}/reject/", {"reason": "Waived", "version": "1"})
        assert available_balance(desk.smith_ledger) == money(100000)

    def test_is_not_there_for_an_attorney_of_other_matters(self, desk: Cast) -> None:
        from ledgers.parties import edit_matter

        request = ask(desk)
        edit_matter(desk.smith_matter, 1, billing_attorney=None)
        browser = browser_of(desk.other_attorney)
        assert browser.get(f"/disbursements/{request.pk}/").status_code == 404
        assert browser.post(f"/disbursements/{request.pk}/approve/", {}).status_code == 404

    def test_lets_the_requester_withdraw_after_asking_once_more(self, desk: Cast) -> None:
        request, browser = ask(desk), browser_of(desk.coordinator)
        assert "Withdraw this request?" in text_of(browser.get(f"/disbursements/{request.pk}/withdraw/"))
        browser.post(f"/disbursements/{request.pk}/withdraw/", {"version": "1", "reason": ""})
        request.refresh_from_db()
        assert request.state == State.WITHDRAWN


class TestLists:
    """What is listed, and at what cost."""

    def test_filter_by_state_and_text(self, desk: Cast) -> None:
        ask(desk, 100, payee="Alpha Bank")
        ask(desk, 200, payee="Beta Lab")
        browser = browser_of(desk.coordinator)
        page = text_of(browser.get("/disbursements/?text=beta&sort=amount"))
        assert "Beta Lab" in page
        assert "Alpha Bank" not in page
        assert "No payments requested" in text_of(browser.get("/disbursements/?state=rejected"))

    def test_cost_the_same_for_one_row_and_for_thirty(self, desk: Cast, django_assert_max_num_queries: Any) -> None:
        for cents in range(1, 31):
            ask(desk, cents)
        browser = browser_of(desk.attorney)
        for path in ("/disbursements/", "/waiting/"):
            with django_assert_max_num_queries(25):
                assert text_of(browser.get(path)).count("Court Clerk") == 30

    def test_show_each_person_what_waits_for_them(self, desk: Cast) -> None:
        ask(desk)
        post_receipt(
            desk.coordinator,
            key(),
            account=desk.account,
            book_date=today(),
            method="wire",
            payer="Unknown LLC",
            shares=[Share(desk.special("unidentified"), money(5000))],
        )
        assert "To approve or reject" in text_of(browser_of(desk.attorney).get("/waiting/"))
        for_coordinator = text_of(browser_of(desk.coordinator).get("/waiting/"))
        assert "Unknown LLC" in for_coordinator
        assert "To approve or reject" not in for_coordinator
        assert "Nothing waits for you" in text_of(browser_of(desk.stranger).get("/waiting/"))

    def test_are_closed_to_those_who_see_no_money(self, desk: Cast) -> None:
        for person in (desk.administrator, desk.stranger):
            assert browser_of(person).get("/disbursements/").status_code in {302, 403}

    def test_assign_an_unidentified_receipt(self, desk: Cast) -> None:
        posted = post_receipt(
            desk.coordinator,
            key(),
            account=desk.account,
            book_date=today(),
            method="wire",
            payer="Unknown LLC",
            reference="W",
            shares=[Share(desk.special("unidentified"), money(5000))],
        )
        typed = {
            "matter": "2026-0143",
            "amount": "50",
            "purpose": "Client called",
            "reference": "W",
            "idempotency_key": key(),
        }
        answer = browser_of(desk.coordinator).post(f"/unidentified/{posted.id}/assign/", typed)
        assert answer.status_code == 302
        assert DisbursementRequest.objects.get().receipt_id == posted.id
        assert browser_of(desk.coordinator).get(f"/unidentified/{posted.id}/return/").status_code == 404
