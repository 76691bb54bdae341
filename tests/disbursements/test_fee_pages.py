"""The pages and the API of payment from trust."""

from typing import Any

import pytest

from billing.models import Invoice
from disbursements.models import FeeAuthorization
from ledgers.models import JournalEntry
from ledgers.money import money
from tests.cast import Cast, key
from tests.disbursements.earning import approved, authorized, invoiced
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def decision(page: Any, code: str) -> dict[str, str]:
    """Return what the form of the decision sends, as it was shown."""
    form = page.context["code_form"]
    return {name: str(value) for name, value in form.initial.items()} | {"code": code}


class TestThePages:
    def test_lead_from_the_decision_to_the_transfer(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        attorney, coordinator = browser_of(desk.attorney), browser_of(desk.coordinator)
        assert f"/invoices/{invoice.pk}/authorize/" in text_of(attorney.get("/waiting/"))
        page = attorney.get(f"/invoices/{invoice.pk}/authorize/")
        answer = attorney.post(
            f"/invoices/{invoice.pk}/authorize/", decision(page, code_of(desk.attorney)), follow=True
        )
        assert "Payment of $300.00 from trust authorized." in text_of(answer)
        assert "Waits for the client’s approval" in text_of(answer)
        assert f"/invoices/{invoice.pk}/" in text_of(coordinator.get("/waiting/"))
        typed = {"answer": "approved", "evidence": "E-mail, Mar 3", "idempotency_key": key()}
        shown = text_of(coordinator.post(f"/invoices/{invoice.pk}/answer/", typed, follow=True))
        assert "Recorded: the client approved." in shown
        assert "E-mail, Mar 3" in shown
        assert JournalEntry.objects.get(kind="earned_fee").bank_amount == money(-30000)

    def test_show_other_terms_before_they_are_decided(self, desk: Cast) -> None:
        invoice, attorney = invoiced(desk), browser_of(desk.attorney)
        url = f"/invoices/{invoice.pk}/authorize/"
        said: dict[str, Any] = {
            "amount": "120.00",
            "ledger": desk.smith_ledger.pk,
            "operating_account": desk.operating.pk,
        }
        page = attorney.get(url, said)
        assert "Authorize $120.00" in text_of(page)
        assert attorney.get(url, said | {"amount": "x"}).status_code == 422
        assert attorney.get(url, said | {"ledger": "9"}).status_code == 422
        sent = decision(page, code_of(desk.attorney))
        assert attorney.post(url, sent | {"amount": "130.00"}).status_code == 409  # not what was shown
        assert attorney.post(url, sent).status_code == 302
        assert FeeAuthorization.objects.get().authority.amount == money(12000)

    def test_refuse_more_than_is_open_and_another_attorney(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        url = f"/invoices/{invoice.pk}/authorize/"
        said: dict[str, Any] = {
            "amount": "300.01",
            "ledger": desk.smith_ledger.pk,
            "operating_account": desk.operating.pk,
        }
        attorney = browser_of(desk.attorney)
        answer = attorney.post(url, decision(attorney.get(url, said), code_of(desk.attorney)))
        assert (answer.status_code, "but $300.00 is open of invoice" in text_of(answer)) == (409, True)
        other = browser_of(desk.other_attorney)
        assert other.post(url, decision(other.get(url), code_of(desk.other_attorney))).status_code == 409
        assert browser_of(desk.coordinator).get(url).status_code == 403

    def test_transfer_withdraw_and_object(self, desk: Cast) -> None:
        invoice = invoiced(desk)
        made = authorized(desk, invoice)
        coordinator, attorney = browser_of(desk.coordinator), browser_of(desk.attorney)
        answer = coordinator.post(f"/invoices/{invoice.pk}/transfer/", {"idempotency_key": key()}, follow=True)
        assert "The client has not approved invoice" in text_of(answer)
        typed = {"answer": "objected", "evidence": "Call", "idempotency_key": key()}
        assert "objects: to be settled" in text_of(
            coordinator.post(f"/invoices/{invoice.pk}/answer/", typed, follow=True)
        )
        assert coordinator.post(f"/invoices/{invoice.pk}/answer/", {"evidence": ""}).status_code == 422
        assert attorney.post(f"/invoices/{invoice.pk}/withdraw/", {"reason": ""}).status_code == 422
        assert attorney.post(f"/invoices/{invoice.pk}/withdraw/", {"reason": "Disputed"}).status_code == 302
        made.refresh_from_db()
        assert made.end_reason == "Disputed"
        assert attorney.get(f"/invoices/{invoice.pk}/withdraw/").status_code == 404

    def test_send_back_from_an_invoice_that_cannot_be_paid(self, desk: Cast) -> None:
        invoice = invoiced(desk, matter=desk.doe_matter)
        answer = browser_of(desk.attorney).get(f"/invoices/{invoice.pk}/authorize/", follow=True)
        assert "Nothing of this invoice can be paid from trust now." in text_of(answer)


class TestTheApi:
    def asked(self, browser: Any, invoice: Invoice, what: str, said: dict[str, Any], by: str = "") -> Any:
        url = f"/api/v1/invoices/{invoice.pk}/{what}"
        return browser.post(url, said, "application/json", headers={"Idempotency-Key": by or key()})

    def test_does_the_same(self, desk: Cast) -> None:
        invoice, attorney = invoiced(desk), browser_of(desk.attorney)
        terms = attorney.get(f"/api/v1/invoices/{invoice.pk}/authorize").json()
        assert terms["amount"] == "300.00"
        said = {"content_hash": terms["content_hash"], "code": code_of(desk.attorney)}
        for _ in range(2):  # the same decision sent again
            answer = self.asked(attorney, invoice, "authorize", said, "one")
            assert (answer.status_code, answer.json()["objection"]) == (200, "fee_before_approval")
        coordinator = browser_of(desk.coordinator)
        refused = self.asked(coordinator, invoice, "transfer", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "fee_before_approval")
        answer = self.asked(coordinator, invoice, "approve", {"evidence": "Letter of Mar 3"})
        assert (answer.json()["state"], answer.json()["transfers"][0]["amount"]) == ("paid", "300.00")
        assert self.asked(coordinator, invoice, "transfer", {}).status_code == 404  # nothing is authorized any more

    def test_transfers_once_for_a_key_though_money_came_in_between(self, desk: Cast) -> None:
        """I12: a repeated call answers the first transfer, and takes no second part."""
        invoice, coordinator = invoiced(desk, 150000), browser_of(desk.coordinator)
        approved(desk, invoice)
        authorized(desk, invoice)
        for cents, key_, paid in ((20000, "first", "1200.00"), (10000, "first", "1200.00"), (5000, "next", "1350.00")):
            desk.receive(desk.smith_matter, cents)
            answer = self.asked(coordinator, invoice, "transfer", {}, key_)
            assert answer.status_code == 200
            invoice.refresh_from_db()
            assert f"{invoice.paid.amount:.2f}" == paid

    def test_refuses_what_the_books_refuse(self, desk: Cast) -> None:
        invoice, attorney, coordinator = invoiced(desk), browser_of(desk.attorney), browser_of(desk.coordinator)
        terms = attorney.get(f"/api/v1/invoices/{invoice.pk}/authorize").json()
        said = {"content_hash": terms["content_hash"], "code": "1", "amount": "300.01"}
        assert self.asked(attorney, invoice, "authorize", said).json()["code"] == "invoice_changed"
        assert self.asked(coordinator, invoice, "authorize", said).status_code == 403
        assert self.asked(attorney, invoice, "approve", {"evidence": "x"}).status_code == 403
        assert (
            self.asked(coordinator, invoice, "object", {"evidence": "x"}).json()["answers"][0]["answer"] == "objected"
        )
        assert self.asked(coordinator, invoice, "approve", {}).status_code == 400
        authorized(desk, invoice)
        ended = self.asked(attorney, invoice, "withdraw-authorization", {"reason": "No"}).json()
        assert ended["authorizations"][0]["end_reason"] == "No"

    def test_shows_where_it_stands(self, desk: Cast) -> None:
        invoice = invoiced(desk, 150000)
        approved(desk, invoice)
        authorized(desk, invoice)
        now = browser_of(desk.auditor).get(f"/api/v1/invoices/{invoice.pk}/payment").json()
        assert (now["left"], now["available_amount"], now["open_amount"]) == ("500.00", "0.00", "500.00")
