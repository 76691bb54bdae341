"""I10: a fee without an invoice is at most the unpaid fee and costs of a settlement statement that the client signed.

Attacked through the ORM and SQL as the web role. Rule: SPEC section 2, I10; flow Earned fee.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from billing.settlement_models import SettlementStatement
from billing.settlements import void_settlement
from disbursements.models import SettlementAuthorization
from disbursements.settlement_refusals import MatterSettlementUnpaid
from firms.clock import now
from firms.models import Person, RoleGrant
from ledgers.authorities import Spending, authorize_spending
from ledgers.clearing import clear_entries
from ledgers.closing import start_closing
from ledgers.models import JournalEntry, Matter, SpendingAuthority
from ledgers.money import money
from ledgers.posting import post_earned_fee, put_fee_back, reverse
from tests.billing.settling import COST, FEE, GROSS, issued
from tests.cast import Cast, key, today
from tests.disbursements.settling import authorized, paper, signed
from tests.disbursements.settling import sign as sign_it
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db
OWN = FEE + COST
AUTHORIZE = """INSERT INTO disbursements_settlementauthorization (statement_id, authority_id, end_reason)
               VALUES (%s, %s, '')"""
CLOSE = "UPDATE ledgers_matter SET status = 'closed', version = version + 1 WHERE id = %s"
MOVE = "UPDATE billing_settlementstatement SET state = '{}', version = version + 1 WHERE id = %s"


@pytest.fixture(autouse=True)
def funds(cast: Cast) -> None:
    """Hold the recovery for Smith, and 1,000.00 for Doe."""
    cast.receive(cast.smith_matter, GROSS, on=today() - timedelta(days=9))
    cast.receive(cast.doe_matter, 100_000)


def authority(cast: Cast, it: SettlementStatement, cents: int = OWN, **changes: Any) -> SpendingAuthority:
    """An attorney's authority in the words of a statement, made without the statement's own decision."""
    asked: dict[str, Any] = {
        "ledger_id": cast.smith_ledger.pk, "kind": "earned_fee", "payee": "The firm", "method": "ach",
        "purpose": "Fee", "reference": it.number, "operating_account_id": cast.operating.pk,
    }  # fmt: skip
    by = changes.pop("by", cast.attorney)
    requester = changes.pop("requester", cast.coordinator.pk)
    return authorize_spending(by, requester, Spending(amount=money(cents), **(asked | changes)))


def taking(cast: Cast, by: SpendingAuthority, on: Any = None) -> Any:
    """Post the fee straight through the pen."""
    return partial(post_earned_fee, cast.coordinator, key(), authority=by, book_date=on or today())


class TestAFee:
    def test_is_not_taken_without_an_authorization_of_the_statement(self, cast: Cast) -> None:
        it = signed(cast)
        assert refused(taking(cast, authority(cast, it))) == "fee_without_invoice"

    def test_is_not_dated_before_the_signature(self, cast: Cast) -> None:
        it = signed(cast)
        by = authority(cast, it)
        SettlementAuthorization.objects.create(statement=it, authority=by)
        assert refused(taking(cast, by, today() - timedelta(days=1))) == "fee_before_signature"

    def test_is_taken_once(self, cast: Cast) -> None:
        it = signed(cast)
        made = authorized(cast, it)
        assert refused(taking(cast, made.authority)) in {"authority_used", "authority_void"}
        assert refused(AUTHORIZE, it.pk, authority(cast, it, 1).pk) == "fee_over_settlement"

    def test_is_not_taken_once_the_authorization_ended(self, cast: Cast) -> None:
        it = signed(cast)
        by = authority(cast, it)
        made = SettlementAuthorization.objects.create(statement=it, authority=by)
        ended: dict[str, Any] = {"ended_at": now(), "end_reason": "x", "ended_by": cast.attorney}
        SettlementAuthorization.objects.filter(pk=made.pk).update(**ended)
        assert refused(taking(cast, by)) == "authority_void"
        pay = "SELECT pay_from_trust(%s, NULL, %s, '{}')"
        assert refused(pay, made.authority_id, cast.coordinator.pk) == "settlement_not_authorized"


class TestAFeePutBack:
    def test_is_not_undone_once_the_fee_was_taken_anew(self, cast: Cast) -> None:
        it = signed(cast)
        authorized(cast, it)
        posted = put_fee_back(
            cast.coordinator, key(), fee=JournalEntry.objects.get(kind="earned_fee"), ledger=cast.smith_ledger,
            book_date=today(), amount=money(OWN), reason="Disputed", operating_account_id=cast.operating.pk,
        )  # fmt: skip
        authorized(cast, it)
        back = JournalEntry.objects.get(pk=posted.id)
        undo = partial(reverse, cast.coordinator, key(), original=back, book_date=today(), reason="Wrong")
        assert refused(undo) == "fee_over_settlement"


class TestAnAuthorization:
    @pytest.mark.parametrize(
        "changes",
        [{"reference": "other"}, {"operating_account_id": None}, {"kind": "disbursement"}, {"ledger_id": "doe"}],
        ids=["another statement", "no account of the firm", "no fee", "another matter"],
    )
    def test_is_for_exactly_this_statement(self, cast: Cast, changes: dict[str, Any]) -> None:
        it = signed(cast)
        if changes.get("ledger_id"):
            changes = {"ledger_id": cast.doe_ledger.pk}
        assert refused(AUTHORIZE, it.pk, authority(cast, it, **changes).pk) == "settlement_authority_unlike"
        other = authority(cast, it, requester=cast.second_coordinator.pk)
        assert refused(AUTHORIZE, it.pk, other.pk) == "settlement_authority_unlike"

    def test_needs_the_clients_signature(self, cast: Cast) -> None:
        it = issued(cast)
        assert refused(AUTHORIZE, it.pk, authority(cast, it).pk) == "settlement_not_signed"
        assert refused(MOVE.format("signed"), it.pk) == "settlement_not_signed"

    def test_is_at_most_fee_and_costs(self, cast: Cast) -> None:
        it = signed(cast)
        assert refused(AUTHORIZE, it.pk, authority(cast, it, OWN + 1).pk) == "fee_over_settlement"

    def test_is_one_at_a_time_and_only_ever_ends(self, cast: Cast) -> None:
        it = signed(cast)
        made = SettlementAuthorization.objects.create(statement=it, authority=authority(cast, it, 100))
        assert refused(AUTHORIZE, it.pk, authority(cast, it, 100).pk) == "settlement_authorized_already"
        change = "UPDATE disbursements_settlementauthorization SET {} WHERE id = %s"
        assert refused(change.format("statement_id = statement_id"), made.pk) == NOT_THE_WEB_ROLES
        assert refused(change.format("end_reason = 'x'"), made.pk) == "settlement_authorization_fixed"

    def test_is_not_of_who_recorded_the_signature(self, cast: Cast) -> None:
        RoleGrant.objects.create(person=cast.attorney, role="coordinator", granted_at=now())
        it = issued(cast)
        sign_it(cast, it, by=cast.attorney, paper=paper(cast.attorney))
        assert refused(AUTHORIZE, it.pk, authority(cast, it).pk) == "settlement_one_person"

    def test_is_not_of_another_account_of_who_recorded_the_signature(self, cast: Cast) -> None:
        it = issued(cast)
        sign_it(cast, it, by=cast.second_coordinator)
        Person.objects.filter(pk=cast.attorney.pk).update(email=cast.second_coordinator.email.replace("@", "+law@"))
        assert refused(AUTHORIZE, it.pk, authority(cast, it).pk) == "settlement_one_person"

    def test_is_what_makes_a_statement_authorized(self, cast: Cast) -> None:
        it = signed(cast)
        assert refused(MOVE.format("authorized"), it.pk) == "settlement_move_refused"
        SettlementAuthorization.objects.create(statement=it, authority=authority(cast, it, 100))
        assert refused(MOVE.format("signed"), it.pk) == "settlement_move_refused"


class TestATransfer:
    def test_is_never_written_or_changed_by_hand(self, cast: Cast) -> None:
        authorized(cast, signed(cast))
        assert refused("UPDATE disbursements_settlementtransfer SET amount = 1") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM disbursements_settlementtransfer") == NOT_THE_WEB_ROLES


class TestAMatter:
    def gone(self, cast: Cast) -> None:
        """Pay out all that Smith's matter holds, seen by the bank, and begin to close it."""
        out = cast.pay(cast.smith_ledger, GROSS)
        clear_entries(cast.coordinator, key(), [out.id], today(), "Online bank")
        matter = Matter.objects.get(pk=cast.smith_matter.pk)
        start_closing(cast.coordinator, matter, matter.version)

    def test_is_not_closed_over_what_the_client_signed(self, cast: Cast) -> None:
        it = signed(cast)
        self.gone(cast)
        assert refused(CLOSE, it.matter_id) == "matter_settlement_unpaid"
        assert "$100,000.00 of it is not paid" in MatterSettlementUnpaid(left=GROSS).detail

    def test_is_closed_over_a_void_one(self, cast: Cast) -> None:
        it = signed(cast)
        self.gone(cast)
        void_settlement(cast.coordinator, it, it.version, "The insurer did not pay")
        with connection.cursor() as cursor:
            cursor.execute(CLOSE, [it.matter_id])
        assert Matter.objects.get(pk=it.matter_id).status == "closed"

    def test_that_is_closed_takes_no_signature(self, cast: Cast) -> None:
        it = issued(cast)
        self.gone(cast)
        with connection.cursor() as cursor:
            cursor.execute(CLOSE, [it.matter_id])
        assert refused(partial(sign_it, cast, it)) == "settlement_matter_closed"
