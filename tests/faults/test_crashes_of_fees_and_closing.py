"""The connection dies anywhere from a client's answer to the final statement: nothing half done, a retry does it once.

Rule: SPEC flows *Earned fee* and *Matter close*, I4, I10, I12; RELIABILITY D15, D16, D22.
"""

from contextlib import suppress
from functools import partial

import pytest

from billing.models import Invoice
from billing.settlement_models import SettlementState
from disbursements.approval import approve
from disbursements.batches import close_batch
from disbursements.client_links import ClientCodeWrong, answer_by_link, link_of
from disbursements.distribution import Asked, Way, distribute, distribution, hash_of
from disbursements.final_statement import send_statement
from disbursements.matter_closing import moved
from disbursements.matter_closing import told as tell_client
from disbursements.models import (
    ClientAnswer,
    DisbursementRequest,
    FeeTransfer,
    FinalStatement,
    InvoiceLink,
    SettledOtherwise,
    SettledOtherwiseTakenBack,
    SettlementAuthorization,
    SettlementTransfer,
    State,
)
from disbursements.requests import request_money
from disbursements.settled_otherwise import propose_settled_otherwise, propose_taking_back
from disbursements.settlement_fees import grant, spending_of, transfer
from disbursements.settlement_queries import Part, left_of, paid_to_firm
from firms import devices, proposals
from firms.models import AuditEvent, CodeTry, Firm, KnownDevice, Proposal
from ledgers.bank_events import record_fee_put_back, record_reversal
from ledgers.clearing import clear_entries, undo_clearance
from ledgers.closing import close_matter, start_closing
from ledgers.models import BankItem, Clearance, Hold, JournalEntry, Matter, SpendingAuthority
from ledgers.money import cents_of, money
from tests.billing.settling import COST, FEE, GROSS, LIEN
from tests.cast import Cast, key, today
from tests.disbursements.asking_clients import asked, handed_over
from tests.disbursements.earning import fee
from tests.disbursements.requesting import ask
from tests.disbursements.settling import authorized, signed, terms, wanted
from tests.disbursements.test_distribution import ready
from tests.disbursements.test_final_statement import shown_by_the_bank
from tests.disbursements.test_matter_closing import returned, smith
from tests.disbursements.test_remembered_devices import SECRET, by_device, remember, signed_in_before
from tests.disbursements.test_settlement_payments import lien_of
from tests.faults.crashing import crashes
from tests.faults.crowd import faults_of_the_books
from tests.faults.test_crashes_of_money_out import Owner, desk, device, still_waits
from tests.faults.test_crashes_of_money_out import told as events
from tests.firms.device import Device
from tests.ledgers.opening import code_for

__all__ = ["desk", "device"]
pytestmark = pytest.mark.django_db(transaction=True)


def fees() -> int:
    """Return how many fees were taken."""
    return JournalEntry.objects.filter(kind="earned_fee").count()


class TestAClientsAnswer:
    def test_by_link_is_given_and_followed_by_the_transfer_or_not_at_all(self, owner: Owner, desk: Cast) -> None:
        token, code = handed_over(asked(desk))
        link = link_of(token)
        assert link is not None
        for _ in crashes(owner, partial(answer_by_link, link, code, "approved"), every=5):
            left = InvoiceLink.objects.get()
            assert (left.used_at, left.wrong_codes, ClientAnswer.objects.count()) == (None, 0, 0)
            assert (fees(), Invoice.objects.get().paid, events("fee_client_approved")) == (0, money(0), 0)
        assert (ClientAnswer.objects.count(), fees(), FeeTransfer.objects.count()) == (1, 1, 1)
        assert (Invoice.objects.get().state, events("fee_client_approved", "fee_transferred")) == ("paid", 2)
        assert events("mail.fee_transferred") == 1
        assert faults_of_the_books() == []

    def test_against_it_is_recorded_with_its_words_or_not_at_all(self, owner: Owner, desk: Cast) -> None:
        token, code = handed_over(asked(desk))
        link = link_of(token)
        assert link is not None
        for _ in crashes(owner, partial(answer_by_link, link, code, "objected", "Too many hours")):
            left = InvoiceLink.objects.get()
            assert (left.used_at, left.wrong_codes, ClientAnswer.objects.count()) == (None, 0, 0)
        assert ClientAnswer.objects.get().words == "Too many hours"
        assert (fees(), events("fee_client_objected")) == (0, 1)

    def test_with_a_wrong_code_is_counted_once(self, owner: Owner, desk: Cast) -> None:
        token, code = handed_over(asked(desk))
        link, wrong = link_of(token), f"{(int(code) + 1) % 10**6:06}"
        assert link is not None

        def guess() -> None:
            with suppress(ClientCodeWrong):
                answer_by_link(link, wrong, "approved")

        for _ in crashes(owner, guess):
            assert InvoiceLink.objects.get().wrong_codes == 0
        assert (InvoiceLink.objects.get().wrong_codes, ClientAnswer.objects.count()) == (1, 0)


def test_one_payment_goes_to_all_its_invoices_or_to_none(owner: Owner, desk: Cast) -> None:
    desk.receive(desk.doe_matter, 100)
    desk.pay(desk.doe_ledger, 100)  # a ledger, and no money in it yet
    for cents in (30000, 10000, 5001):
        ready(desk, cents)
    desk.receive(desk.doe_matter, 15000)
    wished = Asked(money(14000), Way.EQUAL)
    shown = hash_of(desk.doe_ledger, distribution(desk.doe_ledger, wished))
    pay = partial(distribute, desk.coordinator, "one", desk.doe_ledger, wished, shown)
    for _ in crashes(owner, pay, every=9):
        assert (FeeTransfer.objects.count(), desk.doe_ledger.balance) == (0, money(15000))
        assert not Invoice.objects.exclude(paid=money(0)).exists()
        assert events("fee_transferred", "mail.fee_transferred") == 0
        assert not BankItem.objects.filter(kind=BankItem.Kind.TRANSFER_BATCH).exists()
    entries = pay()  # the same key once more answers the same
    assert len(entries) == fees() == FeeTransfer.objects.count() == events("fee_transferred") == 3
    assert [cents_of(one.paid) for one in Invoice.objects.order_by("pk")] == [9333, 3111, 1556]
    assert desk.doe_ledger.balance == money(1000)
    assert faults_of_the_books() == []


class TestASettlement:
    """$1,000.00 are held when it is authorized; the recovery comes later, where a test says so."""

    def test_is_authorized_and_pays_the_firm_what_is_there_or_neither(self, owner: Owner, desk: Cast) -> None:
        desk.receive(desk.smith_matter, GROSS)
        it, attorney = signed(desk), desk.attorney
        said = terms(desk, it)
        shown = spending_of(it, said).content_hash()
        for _ in crashes(owner, partial(grant, attorney, it.pk, said, shown)):
            it.refresh_from_db()
            assert (it.state, SettlementAuthorization.objects.count()) == (SettlementState.SIGNED, 0)
            assert (SpendingAuthority.objects.count(), fees(), paid_to_firm(it)) == (0, 0, money(0))
            assert events("settlement_authorized", "settlement_transferred") == 0
        it.refresh_from_db()
        assert (it.state, paid_to_firm(it), fees()) == (SettlementState.AUTHORIZED, money(FEE + COST), 1)
        told_of = ("settlement_authorized", "settlement_transferred", "mail.settlement_transferred")
        assert [events(kind) for kind in told_of] == [1, 1, 1]
        assert faults_of_the_books() == []

    def test_pays_the_rest_of_fee_and_costs_once(self, owner: Owner, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)
        desk.receive(desk.smith_matter, GROSS)
        for _ in crashes(owner, partial(transfer, desk.coordinator, "one", it)):
            assert (SettlementTransfer.objects.count(), paid_to_firm(it)) == (1, money(100_000))
            made.refresh_from_db()
            assert made.ended_at is None
        assert (SettlementTransfer.objects.count(), paid_to_firm(it)) == (2, money(FEE + COST))
        assert events("settlement_transferred") == 2

    def test_pays_a_lien_by_one_request(self, owner: Owner, desk: Cast, device: Device) -> None:
        desk.receive(desk.smith_matter, GROSS)
        it = signed(desk)
        authorized(desk, it)
        part = lien_of(it)
        words = wanted(desk, part, LIEN)
        left = set()
        for _ in crashes(owner, partial(request_money, desk.coordinator, "one", words, part=part), every=7):
            reserved = Hold.objects.filter(kind="reserved").count()
            left.add((DisbursementRequest.objects.count(), reserved, events("request_made"), left_of(part)))
        assert (0, 0, 0, money(LIEN)) in left
        assert left <= {(0, 0, 0, money(LIEN)), (1, 1, 1, money(0))}  # whole, where only the answer was lost
        request = DisbursementRequest.objects.get()
        assert (left_of(Part(it, part.line)), events("request_made")) == (money(0), 1)

        def decide() -> None:
            touch = device.touch(desk.attorney, request.content_hash)
            approve(desk.attorney, request.pk, 1, request.content_hash, touch)

        for _ in crashes(owner, decide, every=7):
            assert DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL
            assert not JournalEntry.objects.filter(kind="disbursement").exists()
        assert DisbursementRequest.objects.get().state == State.POSTED
        assert JournalEntry.objects.get(kind="disbursement").bank_amount == money(-LIEN)
        assert faults_of_the_books() == []


def test_a_lien_counts_as_settled_otherwise_and_then_no_more_each_whole_and_once(owner: Owner, desk: Cast) -> None:
    def confirm(made: Proposal) -> Proposal:
        return proposals.confirm(made.pk, desk.supervisor, code_for(desk.supervisor, made))

    desk.receive(desk.smith_matter, GROSS)
    line = lien_of(signed(desk))
    entry = JournalEntry.objects.get(pk=desk.pay(desk.smith_ledger, LIEN).id)
    made = propose_settled_otherwise(desk.coordinator, line, entry, money(LIEN), "Receipt in file 12")
    for _ in crashes(owner, partial(confirm, made), every=5):
        assert (left_of(line), SettledOtherwise.objects.count()) == (money(LIEN), 0)
    assert (left_of(line), SettledOtherwise.objects.count()) == (money(0), 1)
    back = propose_taking_back(desk.coordinator, SettledOtherwise.objects.get(), "It was for something else")
    for _ in crashes(owner, partial(confirm, back), every=5):
        assert (left_of(line), SettledOtherwiseTakenBack.objects.count()) == (money(0), 0)
    assert (left_of(line), SettledOtherwiseTakenBack.objects.count()) == (money(LIEN), 1)
    assert faults_of_the_books() == []


def test_a_fee_is_put_back_and_that_is_undone_whole_and_once(owner: Owner, desk: Cast) -> None:
    taken = fee(desk, 30000)
    words = {"method": "wire", "reference": "W-77", "reason": "Invoice reduced"}
    back = partial(
        record_fee_put_back, desk.coordinator, key(), fee=taken, book_date=today(), amount=money(12000),
        operating_account_id=desk.operating.pk, **words,
    )  # fmt: skip

    def stands(balance: int, paid: int, state: str) -> None:
        invoice = Invoice.objects.get()
        assert (desk.smith_ledger.balance, invoice.paid, invoice.state) == (money(balance), money(paid), state)

    for _ in crashes(owner, back):
        stands(70000, 30000, "paid")
    stands(82000, 18000, "partly_paid")
    put_back = JournalEntry.objects.get(kind="fee_put_back")
    undo = partial(
        record_reversal, desk.coordinator, key(), entry=put_back, book_date=today(), reason="The bank never moved it"
    )
    for _ in crashes(owner, undo):
        stands(82000, 18000, "partly_paid")
    stands(70000, 30000, "paid")
    assert undo().repeated
    assert JournalEntry.objects.filter(kind="reversal").count() == 1
    assert faults_of_the_books() == []


class TestTheBanksWord:
    def test_is_recorded_of_a_whole_line_and_taken_back_whole(self, owner: Owner, desk: Cast) -> None:
        one, other = fee(desk, 1000, number="77"), fee(desk, 2000, number="78")
        close_batch(desk.coordinator, BankItem.objects.get(kind=BankItem.Kind.TRANSFER_BATCH), "TRF-9", today())
        clear = partial(clear_entries, desk.coordinator, "one", [one.pk], today(), "Online bank, line 14")
        left = {Clearance.objects.count() for _ in crashes(owner, clear)}
        assert 0 in left
        assert left <= {0, 2}  # both, where only the answer was lost on its way back
        assert {seen.entry_id for seen in clear()} == {one.pk, other.pk}
        back = partial(undo_clearance, desk.coordinator, "two", other, "Another account’s line")
        for _ in crashes(owner, back):
            assert Clearance.objects.filter(undone_at__isnull=True).count() == 2
        back()
        assert Clearance.objects.exclude(undone_at=None).count() == Clearance.objects.count() == 2

    def test_taken_back_opens_a_closed_matter_with_it(self, owner: Owner, desk: Cast) -> None:
        entry = returned(desk, 100_000)
        clear_entries(desk.coordinator, key(), [entry], today(), "Statement of March")
        close_matter(desk.coordinator, smith(desk), 1)
        paid_out = JournalEntry.objects.get(pk=entry)
        for _ in crashes(owner, partial(undo_clearance, desk.coordinator, "one", paid_out, "Misread")):
            assert (smith(desk).status, Clearance.objects.get().undone_at) == ("closed", None)
        assert (smith(desk).status, smith(desk).closed_date) == ("closing", None)
        assert Clearance.objects.get().undone_by == desk.coordinator


class TestTheEndOfAMatter:
    """All of Smith's money is gone: a fee, a payment and the return; the bank has shown them."""

    @pytest.fixture
    def over(self, desk: Cast) -> Cast:
        fee(desk, 30000, number="77")
        desk.pay(desk.smith_ledger, 20000)
        returned(desk, 50000)
        shown_by_the_bank(desk)
        return desk

    def test_is_recorded_in_both_steps_or_not_at_all(self, owner: Owner, over: Cast) -> None:
        matter = smith(over)
        steps = AuditEvent.objects.filter(action__in=("matter.closing", "matter.closed"))
        for _ in crashes(owner, partial(close_matter, over.coordinator, matter, matter.version)):
            assert (smith(over).status, steps.count()) == ("open", 0)
        assert (smith(over).status, steps.count()) == ("closed", 2)

    def test_comes_by_itself_once(self, owner: Owner, over: Cast) -> None:
        matter = start_closing(over.coordinator, smith(over), 1)
        for _ in crashes(owner, partial(moved, matter.pk, Matter.Status.CLOSED, "Nothing is left of it")):
            assert smith(over).status == "closing"
        assert smith(over).status == "closed"
        assert AuditEvent.objects.filter(action="matter.closed").count() == 1

    def test_is_told_to_the_client_once_by_the_worker(self, owner: Owner, over: Cast) -> None:
        matter = close_matter(over.coordinator, smith(over), 1)
        for _ in crashes(owner, partial(tell_client, matter.pk), every=8):
            assert (FinalStatement.objects.count(), events("mail.final_statement")) == (0, 0)
        assert not tell_client(matter.pk)
        assert (FinalStatement.objects.count(), events("mail.final_statement")) == (1, 1)

    def test_is_told_to_the_client_once_by_a_person(self, owner: Owner, over: Cast) -> None:
        matter = close_matter(over.coordinator, smith(over), 1)
        send, left = partial(send_statement, over.coordinator, "one", matter), set()
        for _ in crashes(owner, send, every=8):
            left.add((FinalStatement.objects.count(), events("mail.final_statement")))
        assert (0, 0) in left
        assert left <= {(0, 0), (1, 1)}  # both, where only the answer was lost on its way back
        assert send().pk == FinalStatement.objects.get().pk
        assert events("mail.final_statement") == 1


class TestARememberedDevice:
    @pytest.fixture
    def telephone(self, desk: Cast, device: Device) -> KnownDevice:
        """Let a remembered device decide up to $500.00; the attorney signed in from one."""
        Firm.objects.filter(pk=1).update(device_decides_up_to_cents=50000)
        return signed_in_before(desk.attorney)

    def test_is_remembered_once_after_the_decision_that_it_is_remembered_with(
        self, owner: Owner, desk: Cast, device: Device, telephone: KnownDevice
    ) -> None:
        request, given = ask(desk), []

        def decide() -> None:
            if DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL:
                touch = device.touch(desk.attorney, request.content_hash)
                approve(desk.attorney, request.pk, 1, request.content_hash, touch)
            given.append(devices.remember(desk.attorney, SECRET))

        for _ in crashes(owner, decide, every=5):
            telephone.refresh_from_db()
            assert (telephone.decides_until, telephone.digest) == (None, devices.digest_of(SECRET))
            if DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL:
                still_waits(request)
        telephone.refresh_from_db()
        assert [devices.digest_of(secret) for secret in given] == [telephone.digest]
        assert JournalEntry.objects.filter(kind="disbursement").count() == events("request_approved") == 1

    def test_decides_once(self, owner: Owner, desk: Cast, telephone: KnownDevice) -> None:
        request = ask(desk)
        remember(desk.attorney)
        for _ in crashes(owner, partial(by_device, request, desk.attorney), every=5):
            still_waits(request)
            assert not CodeTry.objects.exclude(spent_at=None).exists()
        assert DisbursementRequest.objects.get().state == State.POSTED
        assert CodeTry.objects.get(spent_at__isnull=False).device == telephone
        assert JournalEntry.objects.filter(kind="disbursement").count() == events("request_approved") == 1
        assert faults_of_the_books() == []
