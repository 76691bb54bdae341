"""What an approval would come to now is said before somebody decides: refused, recorded but not posted, or posted."""

from typing import Any

import pytest

from disbursements import settlement_fees
from disbursements.approval import reject
from disbursements.links import issue_link
from disbursements.models import DisbursementRequest, State
from disbursements.settlement_queries import Part
from disbursements.standing import standing
from firms.models import Firm, Person
from ledgers.calls import call
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import Share, return_receipt
from tests.cast import Cast, key, today
from tests.disbursements.paying import changed_bank, payee_with_bank
from tests.disbursements.requesting import ask
from tests.disbursements.settling import ask_for, authorized, signed
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
OFFERED = 'name="code"'


def pages(cast: Cast, request: DisbursementRequest) -> list[str]:
    """Return the two pages on which the attorney decides: of the request, and behind a personal link."""
    browser = browser_of(cast.attorney)
    by_link = f"/approvals/link/{issue_link(request.pk, cast.attorney)}/"
    return [browser.get(url, follow=True).content.decode() for url in (f"/disbursements/{request.pk}/", by_link)]


def stop() -> None:
    """Stop every disbursement of the firm, as a finding of the nightly check does."""
    call("SELECT stop_disbursements(%s)", "The IOLTA ledgers do not add up")


def bounce(cast: Cast, cents: int) -> None:
    """Let what was received for Smith come back."""
    return_receipt(
        cast.coordinator, key(), receipt=JournalEntry.objects.get(kind="receipt"), book_date=today(),
        shares=[Share(cast.smith_matter, money(cents))], advice="Advice 7", second_person=cast.supervisor,
    )  # fmt: skip


class TestAnApprovalThatWouldBeRefused:
    def refused(self, cast: Cast, request: DisbursementRequest, sentence: str) -> None:
        for page in pages(cast, request):
            assert ("It cannot be approved now" in page, sentence in page, OFFERED in page) == (True, True, False)
            assert "Reject instead" in page

    def test_is_not_offered_while_disbursements_are_stopped(self, desk: Cast) -> None:
        request = ask(desk)
        assert all(OFFERED in page for page in pages(desk, request))
        stop()
        self.refused(desk, request, "The IOLTA ledgers do not add up")

    def test_is_not_offered_once_the_settlement_does_not_pay_it_any_more(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)
        desk.receive(desk.smith_matter, 10_000)
        request = ask_for(desk, Part(it), 10_000)
        settlement_fees.withdraw(desk.attorney, made, "Disputed")
        self.refused(desk, request, it.number)

    def test_is_not_offered_once_the_payees_bank_details_changed(self, desk: Cast, at: Any) -> None:
        payee = payee_with_bank(desk, at)
        request = ask(desk, record=payee, payee=payee.name, method="wire")
        changed_bank(desk, payee)
        self.refused(desk, request, "have changed since this was requested")

    def test_is_refused_all_the_same_when_it_is_sent(self, desk: Cast) -> None:
        request, browser = ask(desk), browser_of(desk.attorney)
        stop()
        said = {"version": 1, "shown_hash": request.content_hash, "code": code_of(desk.attorney)}
        answer = browser.post(f"/disbursements/{request.pk}/approve/", said)
        page = answer.content.decode()
        assert (answer.status_code, "Refused. Nothing was written." in page) == (409, True)
        assert "It cannot be approved now" not in page  # the refusal says it


class TestAnApprovalWithoutTheMoney:
    def test_is_told_that_it_waits(self, desk: Cast) -> None:
        request, why = ask(desk), "does not hold enough for this any more"
        bounce(desk, 90000)
        for page in pages(desk, request):
            assert ("The money is not there now" in page, why in page, OFFERED in page) == (True, True, True)
            assert "It is posted at once." not in page
        said = {"version": 1, "shown_hash": request.content_hash, "code": code_of(desk.attorney)}
        browser_of(desk.attorney).post(f"/disbursements/{request.pk}/approve/", said)
        request.refresh_from_db()
        assert request.state == State.APPROVED_UNFUNDED

    def test_is_told_of_a_deficit(self, desk: Cast) -> None:
        request = ask(desk)
        desk.pay(desk.smith_ledger, 50000)
        bounce(desk, 100000)
        found = standing(request, desk.attorney)
        assert found.refused is None
        assert "deficit" in found.unfunded


def test_what_can_be_paid_is_posted_at_once(desk: Cast) -> None:
    request = ask(desk)
    found = standing(request, desk.attorney)
    assert (found.refused, found.unfunded) == (None, "")
    assert all("It is posted at once." in page for page in pages(desk, request))


class TestTheApi:
    def told(self, who: Person, request: DisbursementRequest) -> dict[str, Any]:
        answer = browser_of(who).get(f"/api/v1/disbursement-requests/{request.pk}/decision")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def test_tells_what_an_approval_would_come_to(self, desk: Cast) -> None:
        request = ask(desk)
        told = self.told(desk.attorney, request)
        assert (told["comes_to"], told["detail"], told["may_approve"], told["may_reject"]) == ("posted", "", True, True)
        assert desk.attorney.pk in told["deciders"]
        assert told["newcomers"] == []
        of_coordinator = self.told(desk.coordinator, request)
        assert (of_coordinator["comes_to"], of_coordinator["may_approve"]) == (None, False)
        Firm.objects.update(two_attorneys_above_cents=1)
        assert self.told(desk.attorney, request)["comes_to"] == "first_of_two"
        stop()
        told = self.told(desk.attorney, request)
        assert told["comes_to"] == "refused"
        assert "The IOLTA ledgers do not add up" in told["detail"]

    def test_tells_that_the_money_is_gone(self, desk: Cast) -> None:
        request = ask(desk, 60_000)
        bounce(desk, 50_000)
        told = self.told(desk.attorney, request)
        assert told["comes_to"] == "unfunded"
        assert "does not hold enough" in told["detail"]

    def test_tells_nothing_of_what_is_decided(self, desk: Cast) -> None:
        request = ask(desk)
        reject(desk.attorney, request.pk, request.version, "Not this one")
        told = self.told(desk.attorney, request)
        assert (told["deciders"], told["comes_to"], told["may_approve"]) == ([], None, False)
