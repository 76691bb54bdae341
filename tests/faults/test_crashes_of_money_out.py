"""The connection dies anywhere in what lets money out: nothing is half done, and the retry does it once.

Rule: SPEC I4, I8-I10, I12; RELIABILITY D16, D21, D22.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from billing.invoicing import add_line, create_draft, issue
from billing.models import Invoice
from disbursements.approval import approve, reject
from disbursements.earned_fees import transfer
from disbursements.follow_up import expire, remind
from disbursements.links import issue_link, link_of, note_opened
from disbursements.models import ApprovalLink, DisbursementRequest, FeeTransfer, FirstApproval, PayeeBank, State
from disbursements.payees import record_payee
from firms import proposals
from firms.clock import now
from firms.models import Firm, OutboxEvent, Person
from ledgers.models import Hold, JournalEntry, SpendingAuthority
from ledgers.money import money
from notifications.delivery import relay
from notifications.models import Notice
from tests.billing.billing import head
from tests.cast import Cast, key, today
from tests.disbursements.earning import approved, authorized, invoiced
from tests.disbursements.paying import proposed
from tests.disbursements.requesting import ask
from tests.faults.crashing import crashes
from tests.faults.crowd import faults_of_the_books
from tests.firms.device import Device
from tests.notifications.conftest import Mailroom
from tests.notifications.test_decision_letters import token_in

pytestmark = pytest.mark.django_db(transaction=True)
Owner = psycopg.Connection[Any]


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """$1,000.00 in Smith's ledger."""
    cast.receive(cast.smith_matter, 100000)
    return cast


@pytest.fixture
def device(desk: Cast) -> Device:
    """Return the telephone that holds the attorney's passkey: each touch is new, whatever came of the last one."""
    made = Device()
    made.register(desk.attorney)
    return made


def told(*kinds: str) -> int:
    """Return how many events of these kinds are in the outbox."""
    return OutboxEvent.objects.filter(kind__in=kinds).count()


def still_waits(request: DisbursementRequest) -> None:
    """Assert that the request waits as it did, its money reserved, and nobody has been told otherwise."""
    left = DisbursementRequest.objects.get(pk=request.pk)
    assert (left.state, left.version) == (State.AWAITING_APPROVAL, 1)
    assert Hold.objects.filter(pk=request.reservation.pk, released_at=None).exists()
    assert (SpendingAuthority.objects.count(), JournalEntry.objects.exclude(kind="receipt").count()) == (0, 0)
    assert not ApprovalLink.objects.exclude(used_at=None).exists()
    assert OutboxEvent.objects.exclude(kind="request_made").filter(kind__startswith="request_").count() == 0


class TestADecision:
    def test_is_given_and_posted_or_not_at_all(self, owner: Owner, desk: Cast, device: Device) -> None:
        request = ask(desk)
        link = link_of(issue_link(request.pk, desk.attorney))
        assert link is not None
        note_opened(link)

        def decide() -> None:
            touch = device.touch(desk.attorney, request.content_hash)
            approve(desk.attorney, request.pk, 1, request.content_hash, touch, link=link.pk)

        for _ in crashes(owner, decide):
            still_waits(request)
        assert DisbursementRequest.objects.get().state == State.POSTED
        assert (desk.smith_ledger.balance, told("request_approved")) == (money(60000), 1)
        assert JournalEntry.objects.filter(kind="disbursement").count() == 1
        assert ApprovalLink.objects.exclude(used_at=None).count() == 1
        assert faults_of_the_books() == []

    def test_with_a_key_is_answered_as_it_was_the_first_time(self, owner: Owner, desk: Cast, device: Device) -> None:
        request, again = ask(desk), key()

        def decide() -> None:
            touch = device.touch(desk.attorney, request.content_hash)
            approve(desk.attorney, request.pk, 1, request.content_hash, touch, again)

        states = set()
        for _ in crashes(owner, decide):
            states.add(DisbursementRequest.objects.get().state)
            assert JournalEntry.objects.filter(kind="disbursement").count() == SpendingAuthority.objects.count() <= 1
        decide()
        assert State.AWAITING_APPROVAL in states
        assert JournalEntry.objects.filter(kind="disbursement").count() == told("request_approved") == 1

    def test_that_is_the_first_of_two_is_there_or_not(self, owner: Owner, desk: Cast, device: Device) -> None:
        Firm.objects.filter(pk=1).update(two_attorneys_above_cents=100)
        request = ask(desk)

        def decide() -> None:
            touch = device.touch(desk.attorney, request.content_hash)
            approve(desk.attorney, request.pk, 1, request.content_hash, touch)

        for _ in crashes(owner, decide):
            still_waits(request)
            assert not FirstApproval.objects.exists()
        assert (FirstApproval.objects.count(), told("request_second")) == (1, 1)

    def test_against_it_frees_the_money_or_does_nothing(self, owner: Owner, desk: Cast) -> None:
        request = ask(desk)
        for _ in crashes(owner, partial(reject, desk.attorney, request.pk, 1, "Not agreed")):
            still_waits(request)
        assert DisbursementRequest.objects.get().state == State.REJECTED
        assert not Hold.objects.filter(kind="reserved", released_at=None).exists()
        assert told("request_rejected") == 1


class TestTheWorker:
    """What it does by itself; its clock is told anew with each connection."""

    def test_frees_the_money_of_a_request_that_expires_or_leaves_it(
        self, owner: Owner, desk: Cast, at: Callable[[str], None]
    ) -> None:
        request, when = ask(desk), f"{now() + timedelta(days=31)}"

        def tick() -> None:
            at(when)
            expire()

        for _ in crashes(owner, tick):
            still_waits(request)
        assert DisbursementRequest.objects.get().state == State.EXPIRED
        assert not Hold.objects.filter(kind="reserved", released_at=None).exists()
        assert told("request_expired") == 1

    def test_reminds_once(self, owner: Owner, desk: Cast, at: Callable[[str], None]) -> None:
        request, when = ask(desk), f"{now() + timedelta(days=6)}"

        def tick() -> None:
            at(when)
            remind()

        for _ in crashes(owner, tick):
            still_waits(request)
        tick()
        assert told("request_overdue") == 1

    def test_hands_a_letter_over_again_with_a_newer_link_and_only_that_one_decides(
        self, owner: Owner, desk: Cast, mailroom: Mailroom, device: Device, at: Callable[[str], None]
    ) -> None:
        """Lost before the letter was handed over, and before that was noted: it is repeated, as a newer letter."""
        relay()
        mailroom.received.clear()
        request, began, turns = ask(desk), now(), iter(range(1, 200))

        def send() -> None:
            at(f"{began + next(turns) * timedelta(minutes=6)}")  # the lease of the one that died is over
            relay()

        for _ in crashes(owner, send):
            assert ApprovalLink.objects.filter(superseded_at=None).count() <= 1
            assert Notice.objects.filter(kind="request_made").count() <= 1
            assert DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL
        assert Notice.objects.get(kind="request_made").state == Notice.State.SENT
        assert len(mailroom.received) > 1
        assert len(set(mailroom.ids)) == len(mailroom.ids)  # no mailbox may take the newer letter for the first
        tokens = [token_in(mailroom, number) for number in range(len(mailroom.received))]
        live = [link for link in map(link_of, tokens) if link is not None and link.superseded_at is None]
        assert live == [link_of(tokens[-1])]
        note_opened(live[0])
        touch = device.touch(desk.attorney, request.content_hash)
        approve(desk.attorney, request.pk, 1, request.content_hash, touch, link=live[0].pk)
        assert JournalEntry.objects.filter(kind="disbursement").count() == 1


def test_a_payees_new_bank_details_are_in_force_or_not(owner: Owner, desk: Cast) -> None:
    payee = record_payee(desk.coordinator, name="Metro Reporting, Inc.")
    proposal, device = proposed(desk, payee), Device()
    device.register(desk.supervisor)

    def confirm() -> None:
        person: Person = desk.supervisor
        touch = device.touch(person, proposal.content_hash)
        proposals.confirm_with_code(proposal.pk, person, touch, proposal.content_hash)

    for _ in crashes(owner, confirm):
        proposal.refresh_from_db()
        payee.refresh_from_db()
        assert (proposal.state, proposal.decided_by, payee.bank) == ("proposed", None, None)
        assert not PayeeBank.objects.exclude(confirmed_at=None).exists()
        assert told("proposal.decided") == 0
    payee.refresh_from_db()
    assert payee.bank == PayeeBank.objects.exclude(confirmed_at=None).get()
    assert told("proposal.decided") == 1


def test_an_invoice_is_issued_with_the_next_number_or_stays_a_draft(owner: Owner, desk: Cast) -> None:
    draft = create_draft(desk.coordinator, key(), desk.smith_matter, head(date=today()))
    draft = add_line(desk.coordinator, key(), draft, "fee", today(), "Work done", money(30000))
    kept = []
    for _ in crashes(owner, partial(issue, desk.coordinator, draft, draft.version)):
        left = Invoice.objects.get()
        if left.state != "draft":  # lost on the way back: it was issued whole
            break
        kept.append((left.number, left.version))
    assert set(kept) == {("", draft.version)}
    issued = Invoice.objects.get()
    assert (issued.state, issued.number, issued.version) == ("issued", f"{today().year}-0001", draft.version + 1)


def test_a_fee_is_transferred_whole_and_once(owner: Owner, desk: Cast) -> None:
    desk.receive(desk.doe_matter, 100)
    desk.pay(desk.doe_ledger, 100)  # a ledger, and no money in it yet
    invoice = invoiced(desk, 30000, matter=desk.doe_matter)
    approved(desk, invoice)
    made = authorized(desk, invoice)
    desk.receive(desk.doe_matter, 100000)
    for _ in crashes(owner, partial(transfer, desk.coordinator, key(), made.invoice)):
        assert (desk.doe_ledger.balance, FeeTransfer.objects.count()) == (money(100000), 0)
        assert (Invoice.objects.get().paid, told("fee_transferred")) == (money(0), 0)
    assert (desk.doe_ledger.balance, FeeTransfer.objects.count()) == (money(70000), 1)
    assert (Invoice.objects.get().paid, told("fee_transferred")) == (money(30000), 1)
    assert faults_of_the_books() == []
