"""Fees of settlements and invoices that are put back, what waits for whom, who is asked, the same call twice."""

from datetime import timedelta
from typing import Any

import pytest

from billing.settlement_models import SettlementState, SettlementStatement
from billing.settlements import void_settlement
from compliance.models import TrustException
from compliance.watch import look
from disbursements import earned_fees, settlement_fees
from disbursements.models import DisbursementRequest, SettlementAuthorization, SettlementTransfer
from disbursements.settlement_fees import authorize, may_authorize, spending_of
from disbursements.settlement_queries import Part, paid_to_firm, to_authorize
from disbursements.settlement_refusals import FeeOverSettlement, SettlementNotPayable, SettlementOnePerson
from disbursements.waiting import waiting_count
from firms.absences import record_absence
from firms.clock import now
from firms.models import Firm, OutboxEvent, Person, RoleGrant
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.posting import put_fee_back, reverse
from notifications.kinds import KINDS
from notifications.letters import NotNeeded
from tests.billing.settling import COST, FEE, GROSS, LIEN, issued
from tests.cast import Cast, key, today
from tests.disbursements.earning import approved as approved_by_client
from tests.disbursements.earning import authorized as invoice_authorized
from tests.disbursements.earning import invoiced
from tests.disbursements.settling import ask_for, authorized, paper, sign, signed, terms
from tests.disbursements.test_one_person import SHARING
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db
OWN = FEE + COST


@pytest.fixture
def recovered(desk: Cast) -> Cast:
    """Hold the recovery for Smith, beside the 1,000.00 of the desk."""
    desk.receive(desk.smith_matter, GROSS)
    return desk


def back(cast: Cast, cents: int, taken: JournalEntry | None = None) -> JournalEntry:
    """Put back what was taken as a fee, the latest one unless said otherwise."""
    posted = put_fee_back(
        cast.coordinator, key(), fee=taken or JournalEntry.objects.filter(kind="earned_fee").latest("pk"),
        ledger=cast.smith_ledger, book_date=today(), amount=money(cents), reason="Fee disputed",
        operating_account_id=cast.operating.pk,
    )  # fmt: skip
    return JournalEntry.objects.get(pk=posted.id)


def undo(cast: Cast, entry: JournalEntry) -> None:
    """Reverse an entry."""
    reverse(cast.coordinator, key(), original=entry, book_date=today(), reason="Never happened")


class TestAFeePutBack:
    def test_is_not_reversed_once_the_fee_was_taken_anew(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        put_back = back(recovered, OWN)
        authorized(recovered, it)
        with pytest.raises(FeeOverSettlement) as refusal:
            undo(recovered, put_back)
        assert "$34,533.30 was asked for, but $0.00 is unpaid" in refusal.value.detail
        assert paid_to_firm(it) == money(OWN)

    def test_is_reversed_while_the_fee_is_unpaid(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        undo(recovered, back(recovered, OWN))
        assert paid_to_firm(it) == money(OWN)

    def test_is_not_reversed_once_the_statement_is_void(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        put_back = back(recovered, OWN)
        it.refresh_from_db()
        void_settlement(recovered.coordinator, it, it.version, "New offer")
        with pytest.raises(SettlementNotPayable):
            undo(recovered, put_back)
        assert paid_to_firm(it) == money(0)

    def test_is_not_taken_again_without_a_new_decision(self, desk: Cast) -> None:
        it = signed(desk)
        made = authorized(desk, it)  # took the 1,000.00 that were there
        back(desk, 100_000)
        made.refresh_from_db()
        assert (made.end_reason, made.ended_by_id) == ("Fee put back", None)
        desk.receive(desk.smith_matter, GROSS)
        assert settlement_fees.follow_all() == 0
        assert "Authorization ended" in browser_of(desk.coordinator).get(f"/settlements/{it.pk}/").content.decode()
        authorized(desk, it)
        assert paid_to_firm(it) == money(OWN)

    def test_of_an_invoice_is_not_taken_again_either(self, desk: Cast) -> None:
        invoice = invoiced(desk, 150_000)
        made = invoice_authorized(desk, invoice)
        approved_by_client(desk, invoice)  # took the 1,000.00 that were there
        back(desk, 100_000)
        made.refresh_from_db()
        assert (made.end_reason, made.ended_by_id) == ("Fee put back", None)
        desk.receive(desk.smith_matter, GROSS)
        assert earned_fees.follow_all() == 0
        invoice.refresh_from_db()
        assert (invoice.state, invoice.paid) == ("issued", money(0))
        invoice_authorized(desk, invoice)
        invoice.refresh_from_db()
        assert invoice.state == "paid"

    @pytest.mark.parametrize("what", ["invoice", "settlement"])
    def test_under_one_authorization_is_not_taken_again_by_another(self, desk: Cast, what: str) -> None:
        """Of an older fee, while a newer authorization waits for the money that comes back with it."""
        if what == "invoice":
            invoice = invoiced(desk, 150_000)
            approved_by_client(desk, invoice)
            first = invoice_authorized(desk, invoice, 100_000)
            invoice.refresh_from_db()
            newer: Any = invoice_authorized(desk, invoice)
            taken = first.transfers.get().entry
        else:
            it = signed(desk)
            taken = authorized(desk, it, 100_000).transfers.get().entry
            newer = authorized(desk, it)
        assert newer.ended_at is None
        back(desk, 100_000, taken)
        assert earned_fees.follow_all() + settlement_fees.follow_all() == 0
        newer.refresh_from_db()
        assert (newer.end_reason, desk.smith_ledger.balance) == ("Fee put back", money(100_000))


class TestAStatementWaits:
    def test_for_its_attorney_until_fee_and_costs_are_paid(self, recovered: Cast) -> None:
        it = signed(recovered)
        assert list(to_authorize(recovered.attorney)) == [it]
        authorized(recovered, it)
        assert list(to_authorize(recovered.attorney)) == []
        back(recovered, 500)
        assert list(to_authorize(recovered.attorney)) == [it]
        assert list(to_authorize(recovered.other_attorney)) == []
        authorized(recovered, it)
        assert list(to_authorize(recovered.attorney)) == []

    def test_and_the_sidebar_counts_it_as_the_page_lists_it(self, recovered: Cast) -> None:
        def counted() -> list[int]:
            return [waiting_count(who) for who in (recovered.coordinator, recovered.attorney, recovered.other_attorney)]

        invoiced(recovered)
        assert counted() == [0, 1, 0]
        it = issued(recovered)
        assert counted() == [1, 1, 0]
        assert "for the client to sign" in browser_of(recovered.coordinator).get("/waiting/").content.decode()
        sign(recovered, it)
        assert counted() == [0, 2, 0]
        authorized(recovered, SettlementStatement.objects.get(pk=it.pk))
        assert counted() == [0, 1, 0]

    def test_and_is_an_exception_while_it_waits_for_money(self, desk: Cast) -> None:
        it = signed(desk)
        authorized(desk, it)  # took the 1,000.00 that were there
        look()
        found = TrustException.objects.get(rule="settlement_remainder")
        assert (found.subject_id, found.amount) == (str(it.pk), money(OWN - 100_000))
        assert f"/settlements/{it.pk}/" in browser_of(desk.supervisor).get(f"/exceptions/{found.pk}/").content.decode()
        desk.receive(desk.smith_matter, GROSS)
        settlement_fees.follow_all()
        look()
        assert TrustException.objects.get(rule="settlement_remainder").state == "resolved"

    def test_after_the_fee_was_reversed(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        undo(recovered, JournalEntry.objects.get(kind="earned_fee"))
        assert list(to_authorize(recovered.attorney)) == [it]

    def test_for_nobody_while_an_authorization_waits_for_money(self, desk: Cast) -> None:
        it = signed(desk)
        authorized(desk, it)
        desk.receive(desk.smith_matter, 100)
        assert list(to_authorize(desk.attorney)) == []

    def test_not_for_who_recorded_the_signature(self, recovered: Cast) -> None:
        it, asked = signed_by_attorney(recovered)
        assert list(to_authorize(recovered.attorney)) == []
        assert not may_authorize(recovered.attorney, it, asked)
        with pytest.raises(SettlementOnePerson):
            authorize(recovered.attorney, it, asked, spending_of(it, asked).content_hash(), "000000")

    @pytest.mark.parametrize("shares", sorted(SHARING))
    def test_not_for_another_account_of_who_recorded_the_signature(self, recovered: Cast, shares: str) -> None:
        """F119: a coordinator's account records it, the attorney's account of the same person would authorize it."""
        it = issued(recovered)
        sign(recovered, it, by=recovered.second_coordinator)
        it = SettlementStatement.objects.select_related("matter").get(pk=it.pk)
        asked = terms(recovered, it)
        assert list(to_authorize(recovered.attorney)) == [it]
        assert may_authorize(recovered.attorney, it, asked)
        SHARING[shares](recovered.second_coordinator, recovered.attorney)
        assert list(to_authorize(recovered.attorney)) == []
        assert not may_authorize(recovered.attorney, it, asked)
        with pytest.raises(SettlementOnePerson):
            authorize(recovered.attorney, it, asked, spending_of(it, asked).content_hash(), "000000")
        assert not SettlementAuthorization.objects.exists()
        Firm.objects.update(solo_policy_by=recovered.partner, solo_policy_at=now())
        assert list(to_authorize(recovered.attorney)) == [it]


def signed_by_attorney(cast: Cast) -> tuple[SettlementStatement, Any]:
    """Have the attorney, who is a coordinator too, record the signature; the statement and its terms."""
    RoleGrant.objects.create(person=cast.attorney, role="coordinator", granted_at=now())
    it = issued(cast)
    sign(cast, it, by=cast.attorney, paper=paper(cast.attorney))
    it = SettlementStatement.objects.select_related("matter").get(pk=it.pk)
    return it, terms(cast, it)


class TestTheLetter:
    def people(self) -> list[Person]:
        event = OutboxEvent.objects.get(kind="settlement_signed")
        return list(KINDS["settlement_signed"].people(event))

    def test_asks_the_attorney_who_decides(self, recovered: Cast) -> None:
        signed(recovered)
        assert self.people() == [recovered.attorney]

    def test_asks_the_delegate_in_an_absence(self, recovered: Cast) -> None:
        until = today() + timedelta(days=3)
        record_absence(recovered.attorney, recovered.attorney, recovered.other_attorney, today(), until)
        it = signed(recovered)
        assert self.people() == [recovered.other_attorney]
        assert list(to_authorize(recovered.other_attorney)) == [it]

    def test_never_asks_who_recorded_the_signature(self, recovered: Cast) -> None:
        signed_by_attorney(recovered)
        assert self.people() == []

    def test_asks_the_attorney_after_all_where_the_delegate_recorded_it(self, recovered: Cast) -> None:
        until = today() + timedelta(days=3)
        record_absence(recovered.attorney, recovered.attorney, recovered.other_attorney, today(), until)
        RoleGrant.objects.create(person=recovered.other_attorney, role="coordinator", granted_at=now())
        sign(recovered, issued(recovered), by=recovered.other_attorney)
        assert self.people() == [recovered.attorney]

    def test_is_not_needed_once_it_was_authorized(self, recovered: Cast) -> None:
        it = signed(recovered)
        event = OutboxEvent.objects.get(kind="settlement_signed")
        assert it.number in KINDS["settlement_signed"].letter(event, recovered.attorney).subject
        authorized(recovered, it)
        with pytest.raises(NotNeeded):
            KINDS["settlement_signed"].letter(event, recovered.attorney)

    def test_of_a_transfer_goes_to_the_client_once(self, recovered: Cast) -> None:
        it = signed(recovered)
        authorized(recovered, it)
        letter = OutboxEvent.objects.get(kind="mail.settlement_transferred").payload
        assert (letter["to"], letter["subject"]) == (
            "jane@smith.example", f"$34,533.30 paid from your money in trust: settlement statement {it.number}"
        )  # fmt: skip
        for fact in (
            "$33,333.30 as the fee",
            "$1,200.00 as the costs",
            "Held in trust for you in this matter now: $66,466.70",
        ):
            assert fact in letter["text"]


class TestTheSameCallTwice:
    def send(self, it: SettlementStatement, by: Person, what: str, said: dict[str, Any], one: str) -> Any:
        url = f"/api/v1/settlements/{it.pk}/{what}"
        return browser_of(by).post(url, said, "application/json", headers={"Idempotency-Key": one})

    def test_answers_the_first_request_for_what_is_left(self, recovered: Cast) -> None:
        it, one, by = signed(recovered), key(), recovered.coordinator
        authorized(recovered, it)
        ask_for(recovered, Part(it), 10_000)
        said = {"ledger": recovered.smith_ledger.pk, "method": "check"}
        first, again = (self.send(it, by, "requests", said, one) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201), again.content
        assert (again.json()["id"], again.json()["amount"]) == (first.json()["id"], "57366.70")
        assert DisbursementRequest.objects.filter(settlement=it).count() == 2
        other = self.send(it, by, "requests", said | {"amount": "0.01"}, one)
        assert (other.status_code, other.json()["code"]) == (409, "key_reused")

    def test_transfers_nothing_more(self, desk: Cast) -> None:
        it, one = signed(desk), key()
        authorized(desk, it)
        desk.receive(desk.smith_matter, 5_000)
        first = self.send(it, desk.coordinator, "transfer", {}, one)
        desk.receive(desk.smith_matter, GROSS)
        again = self.send(it, desk.coordinator, "transfer", {}, one)
        assert (first.status_code, again.status_code) == (200, 200), again.content
        assert (first.json()["paid"], again.json()["paid"]) == ("1050.00", "1050.00")
        assert SettlementTransfer.objects.count() == 2
        assert self.send(it, desk.coordinator, "transfer", {}, key()).json()["open_amount"] == "0.00"
        assert self.send(it, desk.coordinator, "transfer", {}, one).status_code == 200  # nothing is authorized any more
        assert self.send(it, desk.coordinator, "transfer", {}, key()).status_code == 404

    def test_is_refused_with_other_content_or_no_key(self, recovered: Cast) -> None:
        it, one, by = signed(recovered), key(), recovered.coordinator
        authorized(recovered, it)
        it.refresh_from_db()
        assert it.state == SettlementState.AUTHORIZED
        said = {"ledger": recovered.smith_ledger.pk, "method": "check"}
        assert self.send(it, by, "requests", said, "").status_code == 400
        line = it.lines.get(kind="lien").pk
        assert self.send(it, by, "requests", said | {"line": line}, one).json()["amount"] == f"{LIEN / 100:.2f}"
        assert self.send(it, by, "requests", said, one).json()["code"] == "key_reused"
