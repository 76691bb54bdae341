"""Requesting money out of a matter."""

from typing import Any

import pytest
from django.db import connection, transaction

from disbursements.models import MOVES, DisbursementRequest, State
from disbursements.request_places import DestinationUnfit
from disbursements.requests import (
    NobodyCanApprove,
    NotYourRequest,
    RequestDecided,
    RequestMoveRefused,
    RequestReplaced,
    change_request,
    request_money,
    withdraw,
)
from firms.models import OutboxEvent
from firms.refusals import NotAllowed, translating
from ledgers.accounts import client_ledger
from ledgers.closing import close_matter
from ledgers.holds import available_balance, held_amount
from ledgers.money import money
from ledgers.parties import edit_matter
from ledgers.refusals import (
    AmountNotPositive,
    InsufficientFunds,
    KeyReused,
    NoSuchLedger,
    NotWhatWasApproved,
    PayeeIsCash,
)
from tests.cast import Cast, key
from tests.disbursements.requesting import ask, spending

pytestmark = pytest.mark.django_db


class TestRequestMoney:
    """The coordinator asks."""

    def test_reserves_the_money_and_tells_the_attorney(self, desk: Cast) -> None:
        request = ask(desk)
        assert request.state == State.AWAITING_APPROVAL
        assert available_balance(desk.smith_ledger) == money(60000)
        assert desk.smith_ledger.balance == money(100000)
        told = OutboxEvent.objects.get(kind="request_made")
        assert told.payload["to"] == [desk.attorney.pk]
        assert told.payload["amount"] == "$400.00"

    def test_refuses_more_than_is_available_and_writes_nothing(self, desk: Cast) -> None:
        ask(desk, 90000)
        with pytest.raises(InsufficientFunds) as refused:
            ask(desk, 20000)
        assert refused.value.facts["available"] == money(10000)
        assert DisbursementRequest.objects.count() == 1
        assert held_amount(desk.smith_ledger) == money(90000)

    def test_answers_a_repeated_key_with_the_first_request(self, desk: Cast) -> None:
        first = request_money(desk.coordinator, "k", spending(desk.smith_ledger, 100))
        again = request_money(desk.coordinator, "k", spending(desk.smith_ledger, 100))
        assert first == again
        assert DisbursementRequest.objects.count() == 1
        with pytest.raises(KeyReused):
            request_money(desk.coordinator, "k", spending(desk.smith_ledger, 200))

    @pytest.mark.parametrize("changes", [{"payee": "Cash"}, {"payee": "to bearer"}, {"method": "cash"}])
    def test_refuses_cash_and_bearer(self, desk: Cast, changes: dict[str, Any]) -> None:
        with pytest.raises(PayeeIsCash):
            ask(desk, **changes)

    @pytest.mark.parametrize("cents", [0, -100])
    def test_refuses_what_is_no_amount(self, desk: Cast, cents: int) -> None:
        with pytest.raises(AmountNotPositive):
            request_money(desk.coordinator, key(), spending(desk.smith_ledger, cents))

    def test_refuses_people_who_may_not_ask(self, desk: Cast) -> None:
        for person in (desk.attorney, desk.supervisor, desk.partner, desk.auditor, desk.administrator, desk.stranger):
            with pytest.raises(NotAllowed):
                request_money(person, key(), spending(desk.smith_ledger, 100))

    def test_refuses_the_special_ledgers_for_a_payment(self, desk: Cast) -> None:
        with pytest.raises(NoSuchLedger):
            request_money(desk.coordinator, key(), spending(desk.special("firm_funds"), 100))

    def test_refuses_when_no_attorney_could_decide(self, desk: Cast) -> None:
        edit_matter(desk.smith_matter, 1, responsible_attorney=desk.coordinator, billing_attorney=None)
        with pytest.raises(NobodyCanApprove):
            ask(desk)

    def test_refuses_a_matter_transfer_into_another_account(self, desk: Cast) -> None:
        other = client_ledger(desk.second_account, desk.doe_matter)
        with pytest.raises(DestinationUnfit):
            ask(desk, kind="matter_transfer", method="internal", destination_ledger_id=other.pk)

    def test_refuses_a_transfer_into_a_closed_matter(self, desk: Cast) -> None:
        into = client_ledger(desk.account, desk.doe_matter)
        close_matter(desk.coordinator, desk.doe_matter, 1)
        with pytest.raises(DestinationUnfit, match=r"matter 2026-0143 is closed\. Open it again first\."):
            ask(desk, kind="matter_transfer", method="internal", consent="Letter", destination_ledger_id=into.pk)


class TestWithdraw:
    """The coordinator takes it back."""

    def test_frees_the_reservation(self, desk: Cast) -> None:
        request = ask(desk)
        assert withdraw(desk.coordinator, request.pk, 1).state == State.WITHDRAWN
        assert available_balance(desk.smith_ledger) == money(100000)

    def test_refuses_anybody_else(self, desk: Cast) -> None:
        request = ask(desk)
        with pytest.raises(NotYourRequest):
            withdraw(desk.second_coordinator, request.pk, 1)

    def test_refuses_the_second_time_and_says_who_did_it(self, desk: Cast) -> None:
        request = ask(desk)
        withdraw(desk.coordinator, request.pk, 1)
        with pytest.raises(RequestDecided) as refused:
            withdraw(desk.coordinator, request.pk, 1)
        assert refused.value.facts["by"] == "Dana Reyes"


class TestChangeRequest:
    """An edit is a new version."""

    def test_withdraws_the_old_one_and_reserves_the_new_amount(self, desk: Cast) -> None:
        old = ask(desk, 90000)
        new = change_request(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 95000))
        old.refresh_from_db()
        assert (old.state, new.replaces, new.state) == (State.WITHDRAWN, old, State.AWAITING_APPROVAL)
        assert available_balance(desk.smith_ledger) == money(5000)
        with pytest.raises(RequestReplaced):
            withdraw(desk.coordinator, old.pk, 1)

    def test_keeps_the_old_one_when_the_new_one_is_refused(self, desk: Cast) -> None:
        old = ask(desk, 90000)
        with pytest.raises(InsufficientFunds):
            change_request(desk.coordinator, key(), old, 1, spending(desk.smith_ledger, 100001))
        old.refresh_from_db()
        assert old.state == State.AWAITING_APPROVAL
        assert available_balance(desk.smith_ledger) == money(10000)


class TestTheDatabase:
    """What nobody can write, whoever writes."""

    def test_knows_the_same_moves(self, db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT from_state, to_state FROM request_moves()")
            assert set(cursor.fetchall()) == {(str(a), str(b)) for a, b in MOVES}

    @pytest.mark.parametrize(
        ("column", "value"), [("payee", "'Somebody else'"), ("amount", "1"), ("ledger_id", "1"), ("requester_id", "1")]
    )
    def test_refuses_to_change_what_was_asked(self, desk: Cast, column: str, value: str) -> None:
        request = ask(desk)
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"UPDATE disbursements_disbursementrequest SET {column} = '1' WHERE id = %s", [request.pk])

    def test_refuses_a_skipped_version_and_an_unknown_move(self, desk: Cast) -> None:
        request = ask(desk)
        mine = DisbursementRequest.objects.filter(pk=request.pk)
        with pytest.raises(RequestMoveRefused), translating():
            mine.update(state=State.WITHDRAWN, version=3)

    def test_refuses_posted_without_an_entry(self, desk: Cast) -> None:
        request = ask(desk)
        authority = desk.authority(desk.smith_ledger, 40000)
        posted = {"state": State.POSTED, "version": 2, "authority": authority, "decided_by": desk.attorney}
        mine = DisbursementRequest.objects.filter(pk=request.pk)
        with pytest.raises(Exception, match="request_posted_has_entry"), transaction.atomic():
            mine.update(**posted)
        elsewhere = desk.pay(desk.smith_ledger, 100)
        with pytest.raises(NotWhatWasApproved), translating():
            mine.update(
                state=State.POSTED, version=2, authority=authority, decided_by=desk.attorney, entry_id=elsewhere.id
            )

    def test_refuses_a_request_without_its_reservation(self, desk: Cast) -> None:
        request = ask(desk)
        withdraw(desk.coordinator, request.pk, 1)
        request.pk = None
        with pytest.raises(Exception, match="reservation_missing"):
            request.save(force_insert=True)
