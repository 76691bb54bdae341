"""I3: voluntary postings never take a ledger below zero on any date; what the bank has done is recorded in full.

Rule: SPEC section 2, I3; Model Rule 1.15(a): one client's money never pays for another.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection

from ledgers.accounts import special_ledger
from ledgers.models import JournalEntry, Ledger
from ledgers.money import Money, money
from ledgers.posting import (
    Kind,
    Share,
    cure_deficit,
    entry,
    post_bank_charge,
    post_bank_event,
    post_disbursement,
    post_entries,
    post_firm_funds_deposit,
    return_receipt,
    reverse,
)
from ledgers.refusals import InsufficientFunds
from tests.cast import Cast, days_of, key, today
from tests.disbursements.earning import allowed, invoiced
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

YESTERDAY = timedelta(days=1)


def bounce(cast: Cast, receipt: int, cents: int, ledger: Ledger | None = None, second: Any = None) -> Any:
    """The bank returned a receipt."""
    return return_receipt(
        cast.coordinator,
        key(),
        receipt=JournalEntry.objects.get(pk=receipt),
        book_date=today(),
        advice="NSF",
        shares=[Share(ledger or cast.smith_ledger, money(cents))],
        second_person=second or cast.supervisor,
    )


def stand(ledger: Ledger) -> tuple[Money, Money]:
    """Balance and deficit of a ledger, fresh from the database."""
    fresh = Ledger.objects.get(pk=ledger.pk)
    return fresh.balance, fresh.deficit


@pytest.mark.django_db
class TestVoluntaryPostings:
    """Disbursement, fee, transfer, return."""

    @pytest.mark.parametrize("kind", ["disbursement", "earned_fee", "return", "matter_transfer", "account_transfer"])
    def test_of_no_kind_take_more_than_there_is(self, cast: Cast, kind: str) -> None:
        cast.receive(cast.smith_matter, 10_000)
        cast.receive(cast.doe_matter, 99_999)
        cast.receive(cast.smith_matter, 1, account=cast.second_account)
        there = {
            "matter_transfer": cast.doe_ledger.pk,
            "account_transfer": cast.ledger(cast.smith_matter, cast.second_account).pk,
        }
        changes = {"kind": kind, "destination_ledger_id": there.get(kind)}
        if kind == "earned_fee":
            authority = allowed(cast, cast.smith_ledger, 10_001, invoiced(cast, 10_001))
        else:
            authority = cast.authority(cast.smith_ledger, 10_001, **changes)
        assert (
            refused(partial(post_disbursement, cast.coordinator, key(), authority=authority, book_date=today()))
            == "insufficient_funds"
        )

    def test_dated_back_do_not_overdraw_a_day_in_between(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000, on=today() - 3 * YESTERDAY)
        cast.pay(cast.smith_ledger, 9_000, on=today() - 2 * YESTERDAY)
        cast.receive(cast.smith_matter, 50_000)
        authority = cast.authority(cast.smith_ledger, 5_000)
        late = partial(post_disbursement, cast.coordinator, key(), authority=authority, book_date=today() - YESTERDAY)
        early = partial(
            post_disbursement, cast.coordinator, key(), authority=authority, book_date=today() - 3 * YESTERDAY
        )
        assert refused(late) == "insufficient_funds_on_date"
        assert refused(early) == "insufficient_funds_on_date"

    def test_dated_before_the_first_receipt_find_nothing(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        assert (
            refused(partial(cast.pay, cast.smith_ledger, 100, on=today() - YESTERDAY)) == "insufficient_funds_on_date"
        )

    def test_are_not_lent_to_by_a_savepoint_that_is_rolled_back(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT loan")
            cast.receive(cast.smith_matter, 5_000)
            cursor.execute("ROLLBACK TO SAVEPOINT loan")
        assert refused(partial(cast.pay, cast.smith_ledger, 10_001)) == "insufficient_funds"

    def test_are_not_helped_by_replica_mode_or_a_direct_write(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        with connection.cursor() as cursor:
            cursor.execute("SELECT format('%I', tableowner) FROM pg_tables WHERE tablename = 'ledgers_ledger'")
            (owner,) = cursor.fetchone()
        for statement in (
            "SET session_replication_role = replica",
            f"SET ROLE {owner}",
            "UPDATE ledgers_ledger SET balance = 99999999",
            "UPDATE ledgers_ledgerday SET balance = 99999999, deficit = 0",
            "INSERT INTO ledgers_ledgerday (ledger_id, balance) SELECT ledger_id, 1 FROM ledgers_ledgerday",
            "DELETE FROM ledgers_ledgerday",
            "ALTER TABLE ledgers_ledger DROP CONSTRAINT client_ledger_not_overdrawn",
            "CREATE OR REPLACE FUNCTION held_amount(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
            "CREATE TEMP TABLE ledgers_ledger (id bigint, balance bigint)",
            "CREATE SCHEMA shadow",
        ):
            assert refused(statement) == NOT_THE_WEB_ROLES

    def test_are_not_fooled_by_another_search_path(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 10_000)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = pg_temp, pg_catalog, public")
        assert refused(partial(cast.pay, cast.smith_ledger, 10_001)) == "insufficient_funds"


@pytest.mark.django_db(transaction=True)
class TestTheLastLine:
    """The CHECKs of the balances, should the pen's own question ever be missing."""

    NO_QUESTION = """CREATE OR REPLACE FUNCTION pen_check_funds(l ledgers_ledger, cents bigint, on_date date)
        RETURNS void LANGUAGE plpgsql AS 'BEGIN END'"""

    @pytest.mark.parametrize("days_back", [0, 1])
    def test_refuses_an_overdraft_that_the_pen_let_pass(
        self, cast: Cast, owner: "psycopg.Connection[Any]", days_back: int
    ) -> None:
        cast.receive(cast.smith_matter, 10_000, on=today() - YESTERDAY)
        cast.receive(cast.smith_matter, 5_000)
        owner.execute(self.NO_QUESTION)
        cents = 15_001 if days_back == 0 else 10_001
        assert (
            refused(partial(cast.pay, cast.smith_ledger, cents, on=today() - days_back * YESTERDAY))
            == "client_ledger_overdrawn"
        )

    @pytest.mark.parametrize(
        ("table", "name"),
        [("ledger", "client_ledger_not_overdrawn"), ("ledgerday", "client_ledger_not_overdrawn_on_any_day")],
    )
    def test_refuses_the_owner_too(self, cast: Cast, owner: "psycopg.Connection[Any]", table: str, name: str) -> None:
        cast.receive(cast.smith_matter, 10_000, on=today() - YESTERDAY)
        cast.receive(cast.smith_matter, 10_000)
        with pytest.raises(psycopg.errors.CheckViolation, match=name):
            owner.execute(f"UPDATE ledgers_{table} SET balance = -1")


@pytest.mark.django_db
class TestWhatTheBankHasDone:
    """Recorded in full and shown; by two people where a ledger cannot cover it."""

    def test_is_recorded_in_full_with_the_deficit_on_its_day(self, cast: Cast) -> None:
        receipt = cast.receive(cast.smith_matter, 10_000).id
        cast.pay(cast.smith_ledger, 4_000)
        bounced = bounce(cast, receipt, 10_000)
        assert JournalEntry.objects.get(pk=bounced.id).bank_amount == money(-10_000)
        assert stand(cast.smith_ledger) == (money(-4_000), money(4_000))
        assert days_of(cast.smith_ledger) == {today(): (money(-4_000), money(4_000))}

    def test_needs_a_second_person(self, cast: Cast) -> None:
        receipt = cast.receive(cast.smith_matter, 10_000).id
        assert refused(partial(bounce, cast, receipt, 10_000, second=cast.coordinator)) == "second_person_needed"
        assert refused(partial(bounce, cast, receipt, 10_000, second=cast.stranger)) == "second_person_needed"

    def test_of_the_reversal_kind_needs_one_only_where_it_leaves_a_deficit(self, cast: Cast) -> None:
        receipt = JournalEntry.objects.get(pk=cast.receive(cast.smith_matter, 10_000).id)
        cast.pay(cast.smith_ledger, 4_000)
        undo: Any = {"original": receipt, "book_date": today(), "reason": "Wrong matter"}
        assert refused(partial(reverse, cast.coordinator, key(), **undo)) == "deficit_needs_second_person"
        reverse(cast.coordinator, key(), second_person=cast.supervisor, **undo)
        assert stand(cast.smith_ledger) == (money(-4_000), money(4_000))

    def test_takes_no_other_clients_money(self, cast: Cast) -> None:
        receipt = cast.receive(cast.smith_matter, 10_000).id
        cast.receive(cast.doe_matter, 10_000)
        assert refused(partial(bounce, cast, receipt, 10_000, ledger=cast.doe_ledger)) == "not_of_that_entry"

    def test_may_be_the_firms_own_loss(self, cast: Cast) -> None:
        receipt = cast.receive(cast.smith_matter, 10_000).id
        bounce(cast, receipt, 10_000, ledger=cast.special("firm_funds"))
        assert stand(cast.smith_ledger) == (money(10_000), money(0))
        assert stand(cast.special("firm_funds")) == (money(-10_000), money(10_000))

    def test_is_at_most_what_was_received(self, cast: Cast) -> None:
        receipt = cast.receive(cast.smith_matter, 10_000).id
        bounce(cast, receipt, 6_000)
        assert refused(partial(bounce, cast, receipt, 4_001)) == "returned_more_than_received"

    def test_includes_a_charge_above_the_cushion_and_a_strange_debit(self, cast: Cast) -> None:
        firm_funds = cast.special("firm_funds")
        charge: Any = {"ledger": firm_funds, "book_date": today(), "advice": "Monthly fee"}
        assert (
            refused(partial(post_bank_charge, cast.coordinator, key(), amount=money(500), **charge))
            == "deficit_needs_second_person"
        )
        post_bank_charge(cast.coordinator, key(), amount=money(500), second_person=cast.supervisor, **charge)
        cast.receive(cast.smith_matter, 1_000)
        post_bank_event(
            cast.coordinator,
            key(),
            ledger=cast.smith_ledger,
            book_date=today(),
            signed_amount=money(-1_200),
            advice="Unauthorized debit",
            second_person=cast.supervisor,
        )
        assert stand(firm_funds) == (money(-500), money(500))
        assert stand(cast.smith_ledger) == (money(-200), money(200))


@pytest.mark.django_db
class TestDeficit:
    """A ledger that owes spends nothing until the firm, or a new receipt, has cured it."""

    @pytest.fixture
    def owing(self, cast: Cast) -> Ledger:
        """Smith's ledger, 40.00 short."""
        receipt = cast.receive(cast.smith_matter, 10_000).id
        cast.pay(cast.smith_ledger, 4_000)
        bounce(cast, receipt, 10_000)
        return cast.smith_ledger

    def cure(self, cast: Cast, ledger: Ledger, cents: int, **changes: Any) -> Any:
        asked: dict[str, Any] = {
            "ledger": ledger,
            "book_date": today(),
            "amount": money(cents),
            "reason": "Returned check",
        }
        return partial(cure_deficit, cast.coordinator, key(), **(asked | changes))

    def test_stops_spending_of_the_ledger(self, cast: Cast, owing: Ledger) -> None:
        cast.receive(cast.doe_matter, 10_000)
        assert refused(partial(cast.pay, owing, 1)) == "ledger_in_deficit"
        cast.pay(cast.doe_ledger, 1)

    @pytest.mark.django_db(transaction=True)
    def test_stops_by_policy_the_whole_account(
        self, cast: Cast, owing: Ledger, owner: "psycopg.Connection[Any]"
    ) -> None:
        owner.execute("UPDATE firms_firm SET deficit_stops_account = true")
        cast.receive(cast.doe_matter, 10_000)
        assert refused(partial(cast.pay, cast.doe_ledger, 1)) == "account_in_deficit"

    def test_is_cured_by_at_most_what_is_owed(self, cast: Cast, owing: Ledger) -> None:
        assert refused(self.cure(cast, owing, 4_001)) == "cure_exceeds_deficit"
        assert refused(self.cure(cast, owing, 1, book_date=today() - YESTERDAY)) == "cure_exceeds_deficit"
        self.cure(cast, owing, 4_000)()
        assert stand(owing) == (money(0), money(0))
        assert refused(self.cure(cast, owing, 1)) == "cure_exceeds_deficit"

    def test_is_never_cured_together_with_a_ledger_that_owes_nothing(self, cast: Cast, owing: Ledger) -> None:
        cast.receive(cast.doe_matter, 10_000)
        lines = [{"ledger": owing.pk, "amount": 4_000}, {"ledger": cast.doe_ledger.pk, "amount": 500}]
        asked = entry("deficit_cure", cast.account, today(), lines, text={"party": "The firm", "reason": "Both"})
        assert refused(partial(post_entries, cast.coordinator, key(), [asked])) == "cure_exceeds_deficit"

    def test_is_cured_by_a_new_receipt(self, cast: Cast, owing: Ledger) -> None:
        cast.receive(cast.smith_matter, 3_000)
        assert stand(owing) == (money(-1_000), money(1_000))
        cast.receive(cast.smith_matter, 3_000)
        assert stand(owing) == (money(2_000), money(0))
        cast.pay(owing, 2_000)

    def test_is_cured_from_firm_funds_only_to_the_cent(self, cast: Cast, owing: Ledger) -> None:
        firm_funds = special_ledger(cast.account, "firm_funds")
        post_firm_funds_deposit(
            cast.coordinator,
            key(),
            ledger=firm_funds,
            book_date=today(),
            amount=money(20_000),
            method="check",
            reference="1",
        )
        more = [{"ledger": owing.pk, "amount": 4_000}, {"ledger": firm_funds.pk, "amount": -20_000}]
        out = [{"ledger": firm_funds.pk, "amount": -20_000}]
        for lines in (more, out):
            asked = [entry(Kind.DEFICIT_CURE, cast.account, today(), lines, text={"reason": "Not a cure"})]
            assert refused(partial(post_entries, cast.coordinator, key(), asked)) == "entry_not_balanced"
        self.cure(cast, owing, 4_000, from_firm_funds=firm_funds)()
        assert (stand(owing)[0], stand(firm_funds)[0]) == (money(0), money(16_000))


@pytest.mark.django_db
def test_a_refusal_names_the_facts(cast: Cast) -> None:
    cast.receive(cast.smith_matter, 10_000)
    with pytest.raises(InsufficientFunds) as refusal:
        cast.pay(cast.smith_ledger, 10_001)
    assert refusal.value.facts["available"] == money(10_000)


@pytest.mark.django_db
def test_money_may_be_spent_on_the_day_it_came_in_even_long_after(cast: Cast) -> None:
    """Found by the machine: a day's own receipt covers what is dated on that day."""
    cast.receive(cast.smith_matter, 10_000, on=today() - YESTERDAY)
    cast.receive(cast.smith_matter, 10_000)
    cast.pay(cast.smith_ledger, 10_000, on=today() - YESTERDAY)
    nothing = money(0)
    assert days_of(cast.smith_ledger) == {today() - YESTERDAY: (nothing, nothing), today(): (money(10_000), nothing)}
