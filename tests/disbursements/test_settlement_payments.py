"""Payment of settlement statements: authorized, fee and costs to the firm, the rest by requests; races."""

from functools import partial
from typing import Any

import pytest

from billing.settlement_models import SettlementLine, SettlementState, SettlementStatement
from billing.settlements import void_settlement
from disbursements import settlement_fees
from disbursements.approval import reject
from disbursements.models import DisbursementRequest, SettlementAuthorization, SettlementTransfer, State
from disbursements.requests import change_request, withdraw
from disbursements.settlement_fees import authorize, follow_all, spending_of, transfer
from disbursements.settlement_queries import Part, left_of, paid_to_firm, parts_of, standing_of
from disbursements.settlement_refusals import (
    SettlementChanged,
    SettlementIsPaid,
    SettlementLinePaid,
    SettlementNotPayable,
    SettlementRequestUnlike,
)
from firms.models import OutboxEvent
from firms.refusals import Refusal
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import put_fee_back
from ledgers.refusals import ApproverIsRequester, InsufficientFunds, NotTheApprover
from tests.billing.settling import COST, FEE, GROSS, LIEN, SHARE
from tests.cast import Cast, key, today
from tests.disbursements.settling import ask_for, authorized, signed, terms, wanted
from tests.disbursements.test_races import approving
from tests.faults.crowd import at_once
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db
OWN = FEE + COST


@pytest.fixture
def recovered(desk: Cast) -> Cast:
    """Hold the recovery for Smith, beside the 1,000.00 of the desk."""
    desk.receive(desk.smith_matter, GROSS)
    return desk


def lien_of(it: SettlementStatement) -> Part:
    """Return the hospital's lien."""
    return Part(it, it.lines.get(kind=SettlementLine.Kind.LIEN))


def approved(cast: Cast, request: DisbursementRequest) -> DisbursementRequest:
    """Approve a request, the code checked already."""
    approving(cast, request)()
    return DisbursementRequest.objects.get(pk=request.pk)


class TestAnAuthorization:
    def test_transfers_fee_and_costs_and_lets_the_rest_be_asked_for(self, recovered: Cast) -> None:
        it = signed(recovered)
        made = authorized(recovered, it)
        entry = JournalEntry.objects.select_related("text").get(kind="earned_fee")
        assert (entry.bank_amount, entry.text.reference) == (money(-OWN), it.number)
        assert (made.end_reason, paid_to_firm(it)) == ("Transferred", money(OWN))
        it.refresh_from_db()
        assert it.state == SettlementState.AUTHORIZED
        assert [(part.payee, part.amount, left_of(part)) for part in parts_of(it)] == [
            ("St. Mary’s Hospital", money(LIEN), money(LIEN)), ("Jane Smith", money(SHARE), money(SHARE))
        ]  # fmt: skip
        kinds = set(OutboxEvent.objects.values_list("kind", flat=True))
        assert {"settlement_authorized", "settlement_transferred"} <= kinds

    def test_takes_what_is_there_and_the_rest_by_itself(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)  # 1,000.00 are held
        assert (paid_to_firm(it), made.ended_at) == (money(100_000), None)
        assert follow_all() == 0
        desk.receive(desk.smith_matter, GROSS)
        assert follow_all() == 1
        taken = [one.amount for one in SettlementTransfer.objects.order_by("part")]
        assert taken == [money(100_000), money(OWN - 100_000)]
        assert follow_all() == 0

    def test_is_the_attorneys_with_a_code_for_what_was_shown(self, recovered: Cast) -> None:
        it = signed(recovered)
        asked = terms(recovered, it)
        shown = spending_of(it, asked).content_hash()
        with pytest.raises(NotTheApprover):
            authorize(recovered.other_attorney, it, asked, shown, "000000")
        with pytest.raises(SettlementChanged):
            authorize(recovered.attorney, it, terms(recovered, it, 100), shown, "000000")
        with pytest.raises(ApproverIsRequester):
            authorize(recovered.coordinator, it, asked, shown, "000000")
        one = key()
        first = authorize(recovered.attorney, it, asked, shown, code_of(recovered.attorney), one)
        assert authorize(recovered.attorney, it, asked, shown, "000000", one).pk == first.pk
        assert SettlementTransfer.objects.count() == 1

    def test_is_withdrawn_and_given_again(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)
        settlement_fees.withdraw(desk.attorney, made, "The lien is disputed")
        it.refresh_from_db()
        assert it.state == SettlementState.SIGNED
        desk.receive(desk.smith_matter, GROSS)
        with pytest.raises(SettlementNotPayable):
            ask_for(desk, Part(it), 100)
        assert follow_all() == 0
        authorized(desk, it)
        assert paid_to_firm(it) == money(OWN)

    def test_may_be_given_anew_for_what_was_put_back(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        fee = JournalEntry.objects.get(kind="earned_fee")
        put_fee_back(
            recovered.coordinator, key(), fee=fee, ledger=recovered.smith_ledger, book_date=today(), amount=money(500),
            reason="Fee reduced", operating_account_id=recovered.operating.pk,
        )  # fmt: skip
        assert paid_to_firm(it) == money(OWN - 500)
        authorized(recovered, it)
        assert paid_to_firm(it) == money(OWN)


class TestAPart:
    def test_is_paid_to_whom_the_client_signed_and_to_the_cent(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        for part, cents in ((lien_of(it), LIEN), (Part(it), SHARE)):
            assert approved(recovered, ask_for(recovered, part, cents)).state == State.POSTED
        assert recovered.smith_ledger.balance == money(100_000)  # what was there before
        assert all(one.left == money(0) for one in standing_of(it).parts)

    def test_is_never_asked_for_twice_or_beyond(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        part = lien_of(it)
        with pytest.raises(SettlementLinePaid) as refusal:
            ask_for(recovered, part, LIEN + 1)
        assert "$8,000.01 was asked for, but of the $8,000.00 for St. Mary’s Hospital" in refusal.value.detail
        first = ask_for(recovered, part, LIEN - 100)
        with pytest.raises(SettlementLinePaid):
            ask_for(recovered, part, 101)
        second = ask_for(recovered, part, 100)
        withdraw(recovered.coordinator, second.pk, second.version)
        reject(recovered.attorney, first.pk, first.version, "Disputed")
        assert left_of(part) == money(LIEN)
        assert ask_for(recovered, part, LIEN).state == State.AWAITING_APPROVAL

    def test_may_be_changed_within_its_amount(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        part = lien_of(it)
        old = ask_for(recovered, part, 100)
        new = change_request(recovered.coordinator, key(), old, 1, wanted(recovered, part, LIEN))
        assert (new.settlement_id, left_of(part)) == (it.pk, money(0))
        with pytest.raises(SettlementLinePaid):
            change_request(recovered.coordinator, key(), new, 1, wanted(recovered, part, LIEN + 1))

    def test_says_what_the_statement_says(self, recovered: Cast) -> None:
        it, other = signed(recovered), signed(recovered)
        authorized(recovered, it)
        recovered.receive(recovered.doe_matter, 100_000)
        for part, changes in (
            (lien_of(it), {"payee": "St. Marys Hospital"}), (Part(it), {"kind": "disbursement"}),
            (Part(it), {"ledger_id": recovered.doe_ledger.pk}), (Part(it, lien_of(other).line), {}),
            (Part(it, it.lines.get(kind="cost")), {}),
        ):  # fmt: skip
            with pytest.raises(SettlementRequestUnlike):
                ask_for(recovered, part, 100, **changes)
        with pytest.raises(SettlementNotPayable):
            ask_for(recovered, Part(other), 100)

    def test_waits_for_money_like_any_payment(self, desk: Cast) -> None:
        it = signed(desk)
        authorized(desk, it)  # the fee took what there was
        with pytest.raises(InsufficientFunds):
            ask_for(desk, Part(it), SHARE)

    def test_is_not_posted_once_the_authorization_was_withdrawn(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)
        desk.receive(desk.smith_matter, 10_000)
        request = ask_for(desk, Part(it), 10_000)
        settlement_fees.withdraw(desk.attorney, made, "Disputed")
        with pytest.raises(SettlementNotPayable):
            approved(desk, request)
        assert not JournalEntry.objects.filter(kind="return").exists()


class TestAStatement:
    def test_of_which_something_was_paid_is_not_made_void(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it, 100)
        it.refresh_from_db()
        with pytest.raises(SettlementIsPaid):
            void_settlement(desk.coordinator, it, it.version, "Wrong")
        assert made.ended_at is not None

    def test_that_is_void_pays_nothing(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100)
        cast.pay(cast.smith_ledger, 100)
        it = signed(cast)
        made = authorized(cast, it)  # nothing is there
        it.refresh_from_db()
        void_settlement(cast.coordinator, it, it.version, "New offer")
        cast.receive(cast.smith_matter, GROSS)
        assert follow_all() == 0
        made.refresh_from_db()
        assert made.end_reason == "The statement became void"
        with pytest.raises(Refusal):
            transfer(cast.coordinator, key(), made.statement)


class TestThePages:
    def test_lead_from_the_signature_to_the_payments(self, recovered: Cast) -> None:
        it = signed(recovered)
        attorney, desk = browser_of(recovered.attorney), browser_of(recovered.coordinator)
        url = f"/settlements/{it.pk}/"
        assert f"{url}authorize/" in attorney.get("/waiting/").content.decode()
        page = attorney.get(f"{url}authorize/")
        form = page.context["code_form"]
        said = {name: str(value) for name, value in form.initial.items()} | {"code": code_of(recovered.attorney)}
        assert attorney.post(f"{url}authorize/", said | {"shown_hash": "0" * 64}).status_code == 409
        assert attorney.post(f"{url}authorize/", said | {"ledger": "9"}).status_code == 422
        answer = attorney.post(f"{url}authorize/", said, follow=True).content.decode()
        assert "Authorized: $34,533.30 of fee and costs" in answer
        assert attorney.get(f"{url}authorize/").status_code == 302  # nothing is left to authorize
        line = lien_of(it).line
        assert line is not None
        for step in (f"lines/{line.pk}/pay/", "share/pay/"):
            shown = desk.get(f"{url}{step}")
            typed = {**shown.context["form"].initial, "idempotency_key": key()}
            assert desk.post(f"{url}{step}", {k: v for k, v in typed.items() if v}).status_code == 302, step
        page_now = desk.get(url).content.decode()
        assert page_now.count("awaiting approval") == 2
        assert desk.post(f"{url}share/pay/", typed | {"idempotency_key": key()}).status_code == 409
        newest = DisbursementRequest.objects.latest("pk")
        assert "Settlement statement" in attorney.get(f"/disbursements/{newest.pk}/").content.decode()

    def test_transfer_and_withdraw(self, desk: Cast) -> None:
        it = signed(desk)
        authorized(desk, it)
        coordinator, attorney, url = browser_of(desk.coordinator), browser_of(desk.attorney), f"/settlements/{it.pk}/"
        assert (
            "nothing"
            in coordinator.post(f"{url}transfer/", {"idempotency_key": key()}, follow=True).content.decode().lower()
        )
        desk.receive(desk.smith_matter, 5_000)
        assert (
            "Transferred."
            in coordinator.post(f"{url}transfer/", {"idempotency_key": key()}, follow=True).content.decode()
        )
        assert attorney.post(f"{url}withdraw/", {"reason": ""}).status_code == 422
        assert attorney.post(f"{url}withdraw/", {"reason": "Disputed"}).status_code == 302
        assert attorney.get(f"{url}withdraw/").status_code == 404
        assert coordinator.get(f"{url}authorize/").status_code == 403


class TestTheApi:
    def test_does_the_same(self, recovered: Cast) -> None:
        it, attorney, desk = signed(recovered), browser_of(recovered.attorney), browser_of(recovered.coordinator)
        url = f"/api/v1/settlements/{it.pk}"

        def send(browser: Any, what: str, said: dict[str, Any]) -> Any:
            return browser.post(f"{url}/{what}", said, "application/json", headers={"Idempotency-Key": key()})

        shown = attorney.get(f"{url}/authorize").json()
        said = {"content_hash": shown["content_hash"], "code": code_of(recovered.attorney)}
        now = send(attorney, "authorize", said).json()
        assert (now["state"], now["paid"], now["open_amount"]) == ("authorized", "34533.30", "0.00")
        share = {"ledger": recovered.smith_ledger.pk, "method": "check"}
        assert send(desk, "requests", share).json()["amount"] == "57466.70"
        again = send(desk, "requests", share | {"amount": "0.01"})
        assert (again.status_code, again.json()["code"]) == (409, "settlement_line_paid")
        line = now["parts"][0]["line"]
        assert send(desk, "requests", share | {"line": line, "amount": "8000.00"}).status_code == 201
        parts = desk.get(f"{url}/payment").json()["parts"]
        assert [(part["left"], len(part["requests"]), part["line"] is None) for part in parts] == [
            ("0.00", 1, False), ("0.00", 1, True)
        ]  # fmt: skip
        assert send(desk, "authorize", said).status_code == 403
        assert send(desk, "transfer", {}).status_code == 404


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_requests_for_a_part_never_exceed_it(self, recovered: Cast) -> None:
        for _ in range(4):
            it = signed(recovered)
            authorized(recovered, it, 100)
            part = lien_of(it)
            who = (recovered.coordinator, recovered.second_coordinator)
            results = at_once(*(partial(ask_for, recovered, part, 500_000, by) for by in who))
            assert sum(isinstance(result, SettlementLinePaid) for result in results) == 1, results
            assert left_of(part) == money(LIEN - 500_000)
            for request in DisbursementRequest.objects.filter(settlement=it, state="awaiting_approval"):
                withdraw(request.requester, request.pk, request.version)

    def test_two_transfers_take_the_fee_once(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)
        for _ in range(4):
            desk.receive(desk.smith_matter, 1_000)
            before = paid_to_firm(it)
            results = at_once(
                *(partial(transfer, by, key(), made.statement) for by in (desk.coordinator, desk.second_coordinator))
            )
            assert sum(isinstance(result, Refusal) for result in results) == 1, results
            assert paid_to_firm(it) == before + money(1_000)

    def test_authorization_and_void_end_in_one_of_them(self, recovered: Cast) -> None:
        for _ in range(4):
            it = signed(recovered)
            void = partial(void_settlement, recovered.coordinator, it, it.version, "New offer")
            at_once(partial(authorized, recovered, it, 100), void)
            it.refresh_from_db()
            taken = SettlementAuthorization.objects.filter(statement=it).count()
            assert (it.state, taken) in {("authorized", 1), ("void", 0)}
