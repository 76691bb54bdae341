"""Two people at once where money goes out: fees and what undoes them, devices, the bank's word, a matter that closes.

Rule: SPEC flows *Disbursement*, *Earned fee*, *Matter close*, I4, I8, I10; RELIABILITY D15, D19.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from billing.settlement_models import SettlementLine, SettlementStatement
from disbursements import earned_fees, settlement_fees
from disbursements.check_ending import stop_payment, void_payment
from disbursements.matter_closing import follow_closings
from disbursements.models import (
    DisbursementRequest,
    FeeAuthorization,
    SettledOtherwise,
    SettlementAuthorization,
    State,
)
from disbursements.requests import request_money
from disbursements.settled_otherwise import propose_settled_otherwise, propose_taking_back
from disbursements.settlement_queries import Part, left_of, paid_to_firm
from firms import proposals
from firms.models import Firm, Proposal
from firms.refusals import Refusal
from ledgers.accounts import client_ledger
from ledgers.authorities import Spending
from ledgers.bank_events import record_fee_put_back, record_reversal
from ledgers.clearing import clear_entries, cleared_on, undo_clearance
from ledgers.closing import close_matter, start_closing
from ledgers.models import Clearance, JournalEntry, Ledger, Matter
from ledgers.money import cents_of, money
from ledgers.posting import post_matter_transfer
from tests.billing.settling import COST, FEE, GROSS, LIEN
from tests.cast import Cast, key, today
from tests.disbursements import settling
from tests.disbursements.checking import entry_of, numbered, paid, printed
from tests.disbursements.conftest import desk
from tests.disbursements.earning import approved, authorized, invoiced, terms
from tests.disbursements.requesting import ask
from tests.disbursements.test_races import approving as approving_as_attorney
from tests.disbursements.test_remembered_devices import by_device, remember, signed_in_before
from tests.disbursements.test_two_attorney_races import approving
from tests.faults.crowd import FULL, at_once, faults_of_the_books
from tests.faults.test_races import matters
from tests.ledgers.opening import code_for

__all__ = ["desk"]
pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50 if FULL else 4
LINE = "Online bank, line 14"


def codes(answers: list[Any]) -> list[str]:
    """Return the codes of what was refused."""
    return sorted(answer.code for answer in answers if isinstance(answer, Refusal))


def put_back(cast: Cast, taken: JournalEntry, cents: int) -> JournalEntry:
    """Put a fee back, whole or in part."""
    posted = record_fee_put_back(
        cast.coordinator, key(), fee=taken, book_date=today(), amount=money(cents), method="wire", reference="W-77",
        reason="Fee disputed", operating_account_id=cast.operating.pk,
    )  # fmt: skip
    return JournalEntry.objects.get(pk=posted.id)


def undoing(cast: Cast, entry: JournalEntry) -> Callable[[], Any]:
    """Return the reversal of an entry."""
    return partial(record_reversal, cast.coordinator, key(), entry=entry, book_date=today(), reason="Never happened")


class TestUndoingAPutBackAndANewAuthorization:
    """Either the fee counts as taken again, or it is taken anew: never both."""

    def test_of_an_invoice_end_in_one_of_them(self, desk: Cast) -> None:
        for _ in range(ROUNDS):
            invoice = invoiced(desk, 300)
            approved(desk, invoice)
            made = authorized(desk, invoice)
            back = put_back(desk, JournalEntry.objects.get(fee_transfer__authorization=made), 300)
            invoice.refresh_from_db()
            asked = terms(desk, invoice)
            shown = earned_fees.spending_of(invoice, asked).content_hash()
            anew = partial(earned_fees.grant, desk.attorney, invoice.pk, asked, shown)
            (lost,) = codes(at_once(undoing(desk, back), anew))
            assert lost in {"fee_over_invoice", "invoice_changed"}
            invoice.refresh_from_db()
            assert (invoice.state, invoice.paid) == ("paid", money(300))
            assert not FeeAuthorization.objects.filter(invoice=invoice, ended_at=None).exists()
        assert cents_of(desk.smith_ledger.balance) == 100_000 - 300 * ROUNDS
        assert faults_of_the_books() == []

    def test_of_a_settlement_end_in_one_of_them(self, desk: Cast) -> None:
        desk.receive(desk.smith_matter, GROSS)
        it: SettlementStatement = settling.signed(desk)
        made = settling.authorized(desk, it)
        for _ in range(ROUNDS):
            taken = JournalEntry.objects.filter(settlement_transfer__authorization=made).latest("pk")
            back = put_back(desk, taken, 500)
            said = settling.terms(desk, it)
            shown = settlement_fees.spending_of(it, said).content_hash()
            anew = partial(settlement_fees.grant, desk.attorney, it.pk, said, shown)
            answers = at_once(undoing(desk, back), anew)
            assert codes(answers) == ["fee_over_settlement"], answers
            assert paid_to_firm(it) == money(FEE + COST)
            assert not SettlementAuthorization.objects.filter(statement=it, ended_at=None).exists()
        assert faults_of_the_books() == []


class TestALineSettledOtherwise:
    """It is paid by the statement, or settled by what left already: never both. It is taken back once."""

    @pytest.fixture
    def recovered(self, desk: Cast) -> Cast:
        """Hold enough for the lien of every round, beside what leaves by a payment that names no statement."""
        for _ in range(ROUNDS):
            desk.receive(desk.smith_matter, GROSS)
        return desk

    def settled(self, cast: Cast, it: SettlementStatement) -> Proposal:
        """Propose that the lien was settled by a payment."""
        line = Part(it, SettlementLine.objects.get(statement=it, kind="lien"))
        entry = JournalEntry.objects.get(pk=cast.pay(cast.smith_ledger, LIEN).id)
        return propose_settled_otherwise(cast.coordinator, line, entry, money(LIEN), "Receipt in file 12")

    def confirming(self, cast: Cast, made: Proposal) -> Callable[[], Any]:
        """Return the supervisor's confirmation."""
        return partial(proposals.confirm, made.pk, cast.supervisor, code_for(cast.supervisor, made))

    def test_is_not_asked_for_at_the_same_moment(self, recovered: Cast) -> None:
        for _ in range(ROUNDS):
            it = settling.signed(recovered)
            settling.authorized(recovered, it)
            made = self.settled(recovered, it)
            line = Part(it, SettlementLine.objects.get(statement=it, kind="lien"))
            answers = at_once(self.confirming(recovered, made), partial(settling.ask_for, recovered, line, LIEN))
            assert codes(answers) == ["settlement_line_paid"], answers
            assert left_of(line) == money(0)
        assert faults_of_the_books() == []

    def test_is_taken_back_once(self, recovered: Cast) -> None:
        it = settling.signed(recovered)
        for place in range(ROUNDS):
            self.confirming(recovered, self.settled(recovered, it))()
            one = SettledOtherwise.objects.select_related("statement", "entry", "line").latest("pk")
            both = [propose_taking_back(recovered.coordinator, one, f"Mistake {place}.{which}") for which in (1, 2)]
            answers = at_once(*(self.confirming(recovered, made) for made in both))
            assert codes(answers) == ["taken_back_already"], answers
            assert left_of(Part(it, one.line)) == money(LIEN)
        assert faults_of_the_books() == []


class TestDecisionsOfRequestsOfTwoDays:
    """They count together only once one of them is decided: two at once must not pass each other."""

    @pytest.fixture
    def pairs(self, desk: Cast, at: Callable[[str], None]) -> list[tuple[DisbursementRequest, DisbursementRequest]]:
        """Ask for $3.00 yesterday and today, for each of several payees."""
        payees = [f"Payee {place:02}" for place in range(ROUNDS)]  # letters would make look-alikes of I and l
        at(f"{today() - timedelta(days=1)} 23:59:59 America/New_York")
        older = [ask(desk, 300, payee=payee) for payee in payees]
        at("")
        return list(zip(older, [ask(desk, 300, payee=payee) for payee in payees], strict=True))

    def test_by_a_remembered_device_stay_within_its_limit(
        self, desk: Cast, pairs: list[tuple[DisbursementRequest, DisbursementRequest]]
    ) -> None:
        Firm.objects.filter(pk=1).update(device_decides_up_to_cents=500)
        signed_in_before(desk.attorney)
        remember(desk.attorney)
        for pair in pairs:
            answers = at_once(*(partial(by_device, request, desk.attorney) for request in pair))
            assert codes(answers) == ["device_not_enough"], answers
            assert sorted(state_of(request) for request in pair) == [State.AWAITING_APPROVAL, State.POSTED]
        assert faults_of_the_books() == []

    def test_by_one_attorney_stay_within_the_limit_for_one(
        self, desk: Cast, pairs: list[tuple[DisbursementRequest, DisbursementRequest]]
    ) -> None:
        Firm.objects.filter(pk=1).update(two_attorneys_above_cents=500)
        for pair in pairs:
            at_once(*(approving(desk.attorney, request) for request in pair))
            assert sorted(state_of(request) for request in pair) == [State.AWAITING_APPROVAL, State.POSTED]
        assert faults_of_the_books() == []


def state_of(request: DisbursementRequest) -> str:
    """Return the state of a request now."""
    return DisbursementRequest.objects.get(pk=request.pk).state


class TestTheClearanceOfACheck:
    @pytest.fixture
    def checks(self, desk: Cast) -> Cast:
        numbered(desk)
        return desk

    def test_is_recorded_once_by_two_people(self, checks: Cast) -> None:
        for _ in range(ROUNDS):
            entry = entry_of(printed(checks, 10))
            seen = [
                partial(clear_entries, by, key(), [entry.pk], today(), LINE)
                for by in (checks.coordinator, checks.second_coordinator)
            ]
            assert codes(at_once(*seen)) == ["cleared_already"]
            assert Clearance.objects.filter(entry=entry).count() == 1

    @pytest.mark.parametrize("ends", ["stop", "void"])
    def test_excludes_that_it_is_stopped_or_void(self, checks: Cast, ends: str) -> None:
        for _ in range(ROUNDS):
            check = printed(checks, 10)
            entry = entry_of(check)
            endings: dict[str, Callable[[], Any]] = {
                "stop": partial(stop_payment, checks.coordinator, key(), check, "Lost", "SP-1"),
                "void": partial(void_payment, checks.coordinator, key(), check, today(), "Never cashed"),
            }
            seen = partial(clear_entries, checks.second_coordinator, key(), [entry.pk], today(), LINE)
            (lost,) = codes(at_once(seen, endings[ends]))
            check.refresh_from_db()
            assert (cleared_on(entry) is None) == (check.state != "issued"), lost
            assert lost in {"check_cleared", "entry_cleared", "check_not_in_force", "cleared_but_reversed"}
        assert faults_of_the_books() == []

    def test_taken_back_by_two_people_is_taken_back_once(self, checks: Cast) -> None:
        for _ in range(ROUNDS):
            entry = paid(checks, 10)
            clear_entries(checks.coordinator, key(), [entry.pk], today(), LINE)
            back = [
                partial(undo_clearance, by, key(), entry, "Misread")
                for by in (checks.coordinator, checks.second_coordinator)
            ]
            assert codes(at_once(*back)) == ["not_cleared"]
            assert Clearance.objects.filter(entry=entry, undone_at__isnull=True).count() == 0


class TestAMatterThatCloses:
    @pytest.fixture
    def closing(self, desk: Cast) -> list[tuple[Matter, Ledger]]:
        """Return matters that are closing, each with its empty ledger."""
        made = [start_closing(desk.coordinator, it, it.version) for it in matters(desk, ROUNDS)]
        return [(it, client_ledger(desk.account, it)) for it in made]

    def test_is_closed_or_asked_money_for(self, desk: Cast, closing: list[tuple[Matter, Ledger]]) -> None:
        for matter, into in closing:
            words = ("matter_transfer", "Smith", money(10), "internal", "Deposit", "1")
            wish = Spending(desk.smith_ledger.pk, *words, destination_ledger_id=into.pk)
            answers = at_once(
                partial(request_money, desk.coordinator, key(), wish),
                partial(close_matter, desk.second_coordinator, matter, matter.version),
            )
            (lost,) = codes(answers)
            assert lost in {"destination_unfit", "matter_requests_open"}
            is_closed = Matter.objects.get(pk=matter.pk).status == Matter.Status.CLOSED
            assert is_closed == (not DisbursementRequest.objects.filter(destination_ledger=into).exists())

    def test_is_not_closed_while_a_transfer_into_it_is_approved(
        self, desk: Cast, closing: list[tuple[Matter, Ledger]]
    ) -> None:
        for matter, into in closing:
            words = ("matter_transfer", "Smith", money(10), "internal", "Deposit", "1")
            wish = Spending(desk.smith_ledger.pk, *words, destination_ledger_id=into.pk)
            request = request_money(desk.coordinator, key(), wish)
            close = partial(close_matter, desk.second_coordinator, matter, matter.version)
            (lost,) = codes(at_once(approving_as_attorney(desk, request), close))
            assert lost in {"matter_requests_open", "matter_holds_money"}
            assert state_of(request) == State.POSTED
        assert faults_of_the_books() == []

    def test_is_closing_again_when_money_came_to_it_at_that_moment(
        self, desk: Cast, closing: list[tuple[Matter, Ledger]]
    ) -> None:
        for matter, into in closing:
            allowed = desk.authority(desk.smith_ledger, 10, kind="matter_transfer", destination_ledger_id=into.pk)
            at_once(
                partial(post_matter_transfer, desk.coordinator, key(), authority=allowed, book_date=today()),
                partial(close_matter, desk.second_coordinator, matter, matter.version),
            )
            assert Ledger.objects.get(pk=into.pk).balance == money(10)
        follow_closings()
        assert not Matter.objects.filter(pk__in=[it.pk for it, _ in closing], status="closed").exists()
        assert faults_of_the_books() == []
