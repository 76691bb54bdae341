"""The attorney's decision."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from disbursements import queries
from disbursements.approval import ApprovalLapsed, approve, post_now, reject
from disbursements.models import DisbursementRequest, State
from disbursements.request_places import ReceiptSpent, ReceiptUnnamed
from disbursements.requests import (
    ConsentMissing,
    RequestChanged,
    RequestDecided,
    RequestReplaced,
    change_request,
    request_money,
    withdraw,
)
from disbursements.standing import standing
from firms.models import CodeTry, OutboxEvent
from firms.second_factor import CodeRefused
from ledgers.access import Books, books_of
from ledgers.accounts import client_ledger
from ledgers.authorities import Spending
from ledgers.calls import call
from ledgers.holds import available_balance, held_amount
from ledgers.models import JournalEntry, MatterWall, SpendingAuthority
from ledgers.money import Money, money
from ledgers.parties import create_matter
from ledgers.posting import Share, post_receipt, return_receipt
from ledgers.refusals import DisbursementsStopped, InsufficientFunds, NotTheApprover, ReasonMissing
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask, spending
from tests.firms.cast import code_of

pytestmark = pytest.mark.django_db


def approve_as(cast: Cast, request: DisbursementRequest, code: str | None = None) -> DisbursementRequest:
    """Let the matter's attorney approve what is shown."""
    return approve(cast.attorney, request.pk, request.version, request.content_hash, code or code_of(cast.attorney))


def left_of(books: Books) -> Money:
    """Return what is left of the one unidentified receipt."""
    left: Money = vars(queries.unidentified_receipts(books).get())["left"]
    return left


class TestApprove:
    """Authority and posting in one transaction."""

    def test_posts_and_ends_the_reservation(self, desk: Cast) -> None:
        request = approve_as(desk, ask(desk))
        assert request.state == State.POSTED
        assert request.entry is not None
        assert (request.entry.bank_amount, request.entry.text.party) == (money(-40000), "Court Clerk")
        assert desk.smith_ledger.balance == available_balance(desk.smith_ledger) == money(60000)
        assert request.authority is not None
        assert request.authority.used_amount == money(40000)
        assert OutboxEvent.objects.get(kind="request_approved").payload["to"] == [desk.coordinator.pk]

    def test_refuses_a_wrong_code_and_writes_nothing(self, desk: Cast) -> None:
        request = ask(desk)
        with pytest.raises(CodeRefused):
            approve_as(desk, request, "000000")
        request.refresh_from_db()
        assert request.state == State.AWAITING_APPROVAL
        assert not SpendingAuthority.objects.exists()
        assert CodeTry.objects.get().accepted is False

    def test_refuses_a_code_that_approved_something_else(self, desk: Cast) -> None:
        code = code_of(desk.attorney)
        approve_as(desk, ask(desk, 100), code)
        with pytest.raises(CodeRefused):
            approve_as(desk, ask(desk, 200), code)

    def test_refuses_anybody_but_the_matters_attorney(self, desk: Cast) -> None:
        request = ask(desk)
        with pytest.raises(NotTheApprover):
            approve(desk.other_attorney, request.pk, 1, request.content_hash, code_of(desk.other_attorney))
        with pytest.raises(NotTheApprover):
            approve(desk.partner, request.pk, 1, request.content_hash, code_of(desk.partner))

    def test_refuses_what_was_not_shown(self, desk: Cast) -> None:
        request = ask(desk)
        with pytest.raises(RequestChanged):
            approve(desk.attorney, request.pk, 1, "0" * 64, code_of(desk.attorney))
        with pytest.raises(RequestChanged):
            approve(desk.attorney, request.pk, 2, request.content_hash, code_of(desk.attorney))

    def test_refuses_a_version_that_was_changed(self, desk: Cast) -> None:
        request = ask(desk)
        change_request(desk.coordinator, key(), request, 1, spending(desk.smith_ledger, 500))
        with pytest.raises(RequestReplaced):
            approve_as(desk, request)

    def test_says_who_decided_before(self, desk: Cast) -> None:
        request = ask(desk)
        approve_as(desk, request)
        with pytest.raises(RequestDecided) as refused:
            approve_as(desk, request, code_of(desk.attorney, 1))
        assert refused.value.facts["by"] == "Maya Okafor"
        assert "posted already (Maya Okafor, " in refused.value.detail
        assert "+00:00" not in refused.value.detail
        assert JournalEntry.objects.filter(kind="disbursement").count() == 1

    def test_writes_nothing_when_the_books_refuse(self, desk: Cast) -> None:
        request = ask(desk)
        call("SELECT stop_disbursements(%s)", "The integrity check found: a hole")
        with pytest.raises(DisbursementsStopped):
            approve_as(desk, request)
        request.refresh_from_db()
        assert request.state == State.AWAITING_APPROVAL
        assert not SpendingAuthority.objects.exists()

    def test_does_not_exist_behind_a_wall(self, desk: Cast) -> None:
        request = ask(desk)
        MatterWall.objects.create(
            matter=desk.smith_matter,
            person=desk.attorney,
            reason="Conflict",
            raised_by=desk.partner,
            raised_at=request.requested_at,
        )
        with pytest.raises(DisbursementRequest.DoesNotExist):
            approve_as(desk, request)


class TestTransfers:
    """Between ledgers."""

    def test_moves_money_to_another_matter(self, desk: Cast) -> None:
        into = client_ledger(desk.account, desk.doe_matter)
        asked: dict[str, Any] = {"kind": "matter_transfer", "method": "internal", "destination_ledger_id": into.pk}
        request = approve_as(desk, ask(desk, consent="Letter of Jane Smith, Mar 3, file 12", **asked))
        assert (desk.smith_ledger.balance, desk.doe_ledger.balance) == (money(60000), money(40000))
        assert request.entry is not None
        assert request.entry.text.memo == "Client’s consent: Letter of Jane Smith, Mar 3, file 12"

    def test_asks_for_the_clients_consent_where_it_goes_to_another_client(self, desk: Cast) -> None:
        into = client_ledger(desk.account, desk.doe_matter)
        asked: dict[str, Any] = {"kind": "matter_transfer", "method": "internal", "destination_ledger_id": into.pk}
        with pytest.raises(ConsentMissing, match="Name the document by which Jane Smith consents"):
            ask(desk, consent=" ", **asked)
        assert held_amount(desk.smith_ledger) == money(0)
        own = create_matter(
            number="2026-0199", client=desk.smith, description="Smith, will", accounts=[desk.account],
            responsible_attorney=desk.attorney, opened_date=desk.start,
        )  # fmt: skip
        to_own = ask(desk, **(asked | {"destination_ledger_id": client_ledger(desk.account, own).pk}))
        assert to_own.consent == ""

    def test_is_approved_with_the_consent_that_was_named(self, desk: Cast) -> None:
        into = client_ledger(desk.account, desk.doe_matter)
        asked: dict[str, Any] = {"kind": "matter_transfer", "method": "internal", "destination_ledger_id": into.pk}
        one, other = ask(desk, 100, consent="Letter", **asked), ask(desk, 100, consent="E-mail", **asked)
        assert one.content_hash != other.content_hash
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            DisbursementRequest.objects.filter(pk=one.pk).update(consent="Forged")

    def test_moves_money_to_the_matters_ledger_in_another_account(self, desk: Cast) -> None:
        into = client_ledger(desk.second_account, desk.smith_matter)
        request = approve_as(desk, ask(desk, kind="account_transfer", method="wire", destination_ledger_id=into.pk))
        into.refresh_from_db()
        assert (desk.smith_ledger.balance, into.balance) == (money(60000), money(40000))
        assert request.entry is not None
        assert request.entry.linked_from.bank_amount == money(40000)


class TestUnidentifiedReceipts:
    """Money without a matter."""

    @pytest.fixture
    def receipt(self, desk: Cast) -> JournalEntry:
        return self.came(desk)

    def came(self, desk: Cast) -> JournalEntry:
        """Record $50.00 of nobody knows whom."""
        posted = post_receipt(
            desk.coordinator,
            key(),
            account=desk.account,
            book_date=today(),
            method="wire",
            payer="Unknown LLC",
            reference="W-9",
            shares=[Share(desk.special("unidentified"), money(5000))],
        )
        return JournalEntry.objects.get(pk=posted.id)

    def assign(self, desk: Cast, receipt: JournalEntry, cents: int) -> DisbursementRequest:
        into = client_ledger(desk.account, desk.smith_matter)
        asked = Spending(
            ledger_id=desk.special("unidentified").pk,
            kind="matter_transfer",
            payee="2026-0142",
            amount=money(cents),
            method="internal",
            purpose="Found the matter",
            reference="W-9",
            destination_ledger_id=into.pk,
            more=(("receipt", str(receipt.pk)),),
        )
        return request_money(desk.coordinator, key(), asked, receipt=receipt)

    def test_are_assigned_to_a_matter_by_any_attorney(self, desk: Cast, receipt: JournalEntry) -> None:
        request = self.assign(desk, receipt, 3000)
        books = books_of(desk.coordinator)
        assert left_of(books) == money(2000)
        approve(desk.other_attorney, request.pk, 1, request.content_hash, code_of(desk.other_attorney))
        assert desk.smith_ledger.balance == money(103000)
        assert desk.special("unidentified").balance == money(2000)
        assert left_of(books) == money(2000)

    def test_are_not_assigned_twice(self, desk: Cast, receipt: JournalEntry) -> None:
        self.assign(desk, receipt, 4000)
        with pytest.raises(ReceiptSpent):
            self.assign(desk, receipt, 1001)

    def test_that_came_back_are_not_assigned_with_another_payers_money(self, desk: Cast, receipt: JournalEntry) -> None:
        """Two receipts of $50.00 lie there; the first bounces while its assignment waits."""
        self.came(desk)
        request = self.assign(desk, receipt, 5000)
        unknown = desk.special("unidentified")
        return_receipt(
            desk.coordinator, key(), receipt=receipt, book_date=today(), shares=[Share(unknown, money(5000))],
            advice="Returned unpaid", second_person=desk.supervisor,
        )  # fmt: skip
        assert isinstance(standing(request, desk.other_attorney).refused, ReceiptSpent)
        with pytest.raises(ReceiptSpent):
            approve(desk.other_attorney, request.pk, 1, request.content_hash, code_of(desk.other_attorney))
        assert desk.special("unidentified").balance == money(5000)

    def test_go_out_by_their_receipt_alone(self, desk: Cast, receipt: JournalEntry) -> None:
        with pytest.raises(ReceiptUnnamed):
            request_money(desk.coordinator, key(), spending(desk.special("unidentified"), 100, kind="return"))
        with pytest.raises(ReceiptUnnamed):
            request_money(desk.coordinator, key(), spending(desk.smith_ledger, 100), receipt=receipt)


class TestReject:
    """The attorney says no."""

    def test_frees_the_reservation_and_tells_the_requester_why(self, desk: Cast) -> None:
        request = reject(desk.attorney, ask(desk).pk, 1, "The fee was waived")
        assert request.state == State.REJECTED
        assert available_balance(desk.smith_ledger) == money(100000)
        told = OutboxEvent.objects.get(kind="request_rejected")
        assert told.payload["to"] == [desk.coordinator.pk]
        assert told.payload["reason"] == "The fee was waived"

    def test_needs_a_reason(self, desk: Cast) -> None:
        with pytest.raises(ReasonMissing):
            reject(desk.attorney, ask(desk).pk, 1, "  ")

    def test_refuses_whoever_may_not_approve(self, desk: Cast) -> None:
        with pytest.raises(NotTheApprover):
            reject(desk.other_attorney, ask(desk).pk, 1, "No")


class TestFundsGone:
    """Approved when the money had been taken by the bank."""

    @pytest.fixture
    def unfunded(self, desk: Cast) -> DisbursementRequest:
        request = ask(desk, 40000)
        receipt = JournalEntry.objects.get(kind="receipt")
        return_receipt(
            desk.coordinator,
            key(),
            receipt=receipt,
            book_date=today(),
            shares=[Share(desk.smith_ledger, money(80000))],
            advice="NSF",
            second_person=desk.partner,
        )
        return approve_as(desk, request)

    def test_posts_nothing_and_tells_both(self, desk: Cast, unfunded: DisbursementRequest) -> None:
        assert unfunded.state == State.APPROVED_UNFUNDED
        assert desk.smith_ledger.balance == money(20000)
        assert not JournalEntry.objects.filter(kind="disbursement").exists()
        assert OutboxEvent.objects.get(kind="request_unfunded").payload["to"] == [desk.coordinator.pk, desk.attorney.pk]

    def test_is_refused_until_the_money_is_there_and_posts_then(
        self, desk: Cast, unfunded: DisbursementRequest
    ) -> None:
        with pytest.raises(InsufficientFunds):
            post_now(desk.second_coordinator, unfunded.pk, unfunded.version)
        desk.receive(desk.smith_matter, 20000)
        posted = post_now(desk.second_coordinator, unfunded.pk, unfunded.version)
        assert posted.state == State.POSTED
        assert desk.smith_ledger.balance == money(0)
        assert held_amount(desk.smith_ledger) == money(0)

    def test_lapses_after_five_business_days(self, desk: Cast, unfunded: DisbursementRequest, at: object) -> None:
        desk.receive(desk.smith_matter, 20000)
        at(f"{today() + timedelta(days=12)} 12:00-05")  # type: ignore[operator]
        with pytest.raises(ApprovalLapsed):
            post_now(desk.coordinator, unfunded.pk, unfunded.version)

    def test_can_be_withdrawn_which_voids_the_authority(self, desk: Cast, unfunded: DisbursementRequest) -> None:
        withdraw(desk.coordinator, unfunded.pk, unfunded.version)
        assert SpendingAuthority.objects.get().voided_at is not None
        assert held_amount(desk.smith_ledger) == money(0)


class TestDecidableBy:
    """Who sees what waits."""

    def test_shows_the_matters_attorney_what_waits_and_nobody_else(self, desk: Cast) -> None:
        request = ask(desk)
        assert list(queries.decidable_by(desk.attorney)) == [request]
        for person in (desk.other_attorney, desk.coordinator, desk.partner, desk.stranger):
            assert not queries.decidable_by(person).exists()

    def test_is_one_question_for_any_number_of_requests(self, desk: Cast, django_assert_num_queries: object) -> None:
        for _ in range(5):
            ask(desk, 100)
        with django_assert_num_queries(3):  # type: ignore[operator]
            assert len(queries.decidable_by(desk.attorney)) == 5
