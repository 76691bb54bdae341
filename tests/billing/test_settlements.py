"""Settlement statements: they sum to the gross, are issued once, never change; what the database keeps of it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection

from billing.settlement_models import SETTLEMENT_MOVES, SettlementState, SettlementStatement
from billing.settlement_refusals import (
    SettlementBeyondGross,
    SettlementContentFixed,
    SettlementIncomplete,
    SettlementInFuture,
    SettlementLineWrong,
    SettlementMatterClosed,
    SettlementNotContingency,
    SettlementTermsWrong,
)
from billing.settlements import (
    add_deduction,
    change_settlement,
    create_settlement,
    issue_settlement,
    remove_deduction,
    void_settlement,
)
from firms.refusals import ChangedMeanwhile, NotAllowed
from ledgers.closing import close_matter
from ledgers.models import Matter
from ledgers.money import cents_of, money
from ledgers.parties import edit_client, edit_matter, raise_wall
from ledgers.refusals import KeyReused, ReasonMissing
from tests.billing.settling import COST, FEE, GROSS, LIEN, SHARE, contingent, cost, drafted, issued, lien, recovery
from tests.cast import Cast, key, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

pytestmark = pytest.mark.django_db
UPDATE = "UPDATE billing_settlementstatement SET {}, version = version + 1 WHERE id = %s"


def parts(it: SettlementStatement) -> tuple[int, ...]:
    """Return fee, costs, liens and share in cents."""
    return tuple(cents_of(amount) for amount in (it.fee, it.costs, it.liens, it.share))


class TestADraft:
    def test_sums_to_the_gross_whatever_is_put_on_it(self, cast: Cast) -> None:
        draft = create_settlement(cast.coordinator, key(), contingent(cast), recovery())
        assert parts(draft) == (FEE, 0, 0, GROSS - FEE)
        draft = add_deduction(cast.coordinator, key(), draft, cost())
        draft = add_deduction(cast.coordinator, key(), draft, lien())
        assert parts(draft) == (FEE, COST, LIEN, SHARE)
        draft = remove_deduction(cast.coordinator, draft.lines.get(kind="lien"))
        assert parts(draft) == (FEE, COST, 0, SHARE + LIEN)

    @pytest.mark.parametrize(
        ("basis", "percent", "fee", "expected"),
        [
            ("gross", "40", None, 4_000_000),
            ("net", "40", None, 3_952_000),
            ("amount", None, 3_333_333, 3_333_333),
            ("gross", "33.3333", None, FEE),
            ("gross", "0.0001", None, 10),
        ],
    )
    def test_has_the_fee_of_the_agreement(
        self, cast: Cast, basis: str, percent: str | None, fee: int | None, expected: int
    ) -> None:
        draft = drafted(cast)
        said = recovery(
            fee_basis=basis, fee_percent=percent and Decimal(percent), fee=None if fee is None else money(fee)
        )
        changed = change_settlement(cast.coordinator, draft, draft.version, said)
        assert parts(changed) == (expected, COST, LIEN, GROSS - expected - COST - LIEN)

    def test_rounds_half_a_cent_up(self, cast: Cast) -> None:
        said = recovery(gross=money(101), fee_percent=Decimal(50))
        assert parts(create_settlement(cast.coordinator, key(), contingent(cast), said))[0] == 51

    def test_counts_what_is_sent_twice_once(self, cast: Cast) -> None:
        matter, one, two = contingent(cast), key(), key()
        first = create_settlement(cast.coordinator, one, matter, recovery())
        assert create_settlement(cast.coordinator, one, matter, recovery()).pk == first.pk
        with pytest.raises(KeyReused):
            create_settlement(cast.coordinator, one, matter, recovery(gross=money(1)))
        add_deduction(cast.coordinator, two, first, cost())
        assert add_deduction(cast.coordinator, two, first, cost()).costs == money(COST)
        with pytest.raises(KeyReused):
            add_deduction(cast.coordinator, two, first, cost(1))

    def test_refuses_what_makes_no_sense(self, cast: Cast) -> None:
        draft = drafted(cast)
        wrong_costs = [replace(cost(), **one) for one in (
            {"amount": money(0)}, {"payee": " "}, {"claimed": money(5)}, {"kind": "gift"})]  # fmt: skip
        for wrong in (*wrong_costs, lien(1_000_001), lien(-1), replace(lien(), claimed=None)):
            with pytest.raises(SettlementLineWrong):
                add_deduction(cast.coordinator, key(), draft, wrong)
        for changes in ({"gross": money(0)}, {"fee_percent": Decimal("100.0001")}, {"fee_percent": None},
                        {"fee_basis": "amount"}, {"received_from": " "}):  # fmt: skip
            said = recovery(**changes)
            with pytest.raises(SettlementTermsWrong):
                change_settlement(cast.coordinator, draft, draft.version, said)
        with pytest.raises(ChangedMeanwhile):
            change_settlement(cast.coordinator, draft, draft.version - 1, recovery())

    def test_is_of_an_open_contingency_matter(self, cast: Cast) -> None:
        with pytest.raises(SettlementNotContingency):
            create_settlement(cast.coordinator, key(), cast.doe_matter, recovery())
        draft, matter = drafted(cast), Matter.objects.get(pk=cast.smith_matter.pk)
        close_matter(cast.coordinator, matter, matter.version)
        with pytest.raises(SettlementMatterClosed):
            issue_settlement(cast.coordinator, draft, draft.version)
        with pytest.raises(SettlementMatterClosed):
            create_settlement(cast.coordinator, key(), matter, recovery())

    def test_is_a_coordinators_to_make(self, cast: Cast) -> None:
        draft = drafted(cast)
        for person in (cast.attorney, cast.partner, cast.supervisor, cast.auditor, cast.administrator):
            with pytest.raises(NotAllowed):
                create_settlement(person, key(), draft.matter, recovery())
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Conflict")
        with pytest.raises(NotAllowed):
            issue_settlement(cast.coordinator, draft, draft.version)


class TestAnIssuedStatement:
    def test_has_a_number_and_the_names_of_that_day(self, cast: Cast) -> None:
        one, two = issued(cast), issued(cast)
        assert (one.number, two.number) == (f"S-{today().year}-0001", f"S-{today().year}-0002")
        edit_client(cast.smith, 1, name="Jane Smith-Jones")
        one.refresh_from_db()
        assert (one.client_name, one.attorney_name, one.state) == ("Jane Smith", "Maya Okafor", "issued")
        assert len(one.content_hash) == 64
        assert one.content_hash != two.content_hash

    def test_keeps_a_hash_of_everything_it_says(self, cast: Cast) -> None:
        one = issued(cast)
        with connection.cursor() as cursor:
            cursor.execute("SELECT settlement_hash(s) FROM billing_settlementstatement s WHERE id = %s", [one.pk])
            assert cursor.fetchone() == (one.content_hash,)

    def test_takes_off_no_more_than_was_recovered(self, cast: Cast) -> None:
        draft = drafted(cast, lien(7_000_000, 7_000_000))
        assert draft.share == money(GROSS - FEE - 7_000_000)
        with pytest.raises(SettlementBeyondGross) as refusal:
            issue_settlement(cast.coordinator, draft, draft.version)
        assert "$333,330" not in refusal.value.detail
        assert "come to $103,333.30, $3,333.30 more than the gross recovery of $100,000.00" in refusal.value.detail
        exact = drafted(cast, lien(GROSS - FEE, GROSS))
        assert issue_settlement(cast.coordinator, exact, exact.version).share == money(0)

    def test_is_not_issued_without_a_fee_or_before_its_day(self, cast: Cast) -> None:
        free = drafted(cast, said=recovery(fee_basis="amount", fee_percent=None, fee=money(0)))
        with pytest.raises(SettlementIncomplete):
            issue_settlement(cast.coordinator, free, free.version)
        late = drafted(cast, said=recovery(date=today() + timedelta(days=1)))
        with pytest.raises(SettlementInFuture):
            issue_settlement(cast.coordinator, late, late.version)
        with pytest.raises(ChangedMeanwhile):
            issue_settlement(cast.coordinator, late, 1)

    def test_never_changes(self, cast: Cast) -> None:
        it = issued(cast)
        with pytest.raises(SettlementContentFixed):
            change_settlement(cast.coordinator, it, it.version, recovery())
        with pytest.raises(SettlementContentFixed):
            add_deduction(cast.coordinator, key(), it, cost())
        with pytest.raises(SettlementContentFixed):
            remove_deduction(cast.coordinator, it.lines.get(kind="cost"))
        with pytest.raises(SettlementContentFixed):
            issue_settlement(cast.coordinator, it, it.version)

    def test_is_made_void_with_a_reason_and_keeps_its_number(self, cast: Cast) -> None:
        it = issued(cast)
        with pytest.raises(ReasonMissing):
            void_settlement(cast.coordinator, it, it.version, " ")
        gone = void_settlement(cast.coordinator, it, it.version, "The lien was lowered")
        assert (gone.state, gone.number) == (SettlementState.VOID, it.number)
        with pytest.raises(SettlementContentFixed):
            void_settlement(cast.coordinator, gone, gone.version, "Again")
        assert issued(cast).number.endswith("-0002")


class TestTheDatabase:
    def test_allows_the_same_moves(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM settlement_moves()")
            assert set(cursor.fetchall()) == set(SETTLEMENT_MOVES)

    def test_lets_nobody_write_the_sums(self, cast: Cast) -> None:
        it = drafted(cast)
        for column in ("costs", "liens", "share", "number", "content_hash", "matter_id"):
            assert refused(UPDATE.format(f"{column} = {column}"), it.pk) == NOT_THE_WEB_ROLES
        assert refused("UPDATE billing_settlementline SET amount = 1") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM billing_settlementline") == NOT_THE_WEB_ROLES
        with connection.cursor() as cursor:  # a fee written beside its percentage is worked out again
            cursor.execute(UPDATE.format("fee = 1"), [it.pk])
        it.refresh_from_db()
        assert parts(it) == (FEE, COST, LIEN, SHARE)

    @pytest.mark.parametrize(
        "column", ["gross = gross + 1", "fee = 1", "date = date - 1", "note = 'x'", "received_from = 'y'"]
    )
    def test_keeps_what_was_issued(self, cast: Cast, column: str) -> None:
        assert refused(UPDATE.format(column), issued(cast).pk) == "settlement_content_fixed"

    def test_moves_only_as_allowed_and_one_version_at_a_time(self, cast: Cast) -> None:
        it = issued(cast)
        move = UPDATE.format("state = '{}'")
        assert refused(move.format("signed"), it.pk) == "settlement_not_signed"
        assert refused(move.format("authorized"), it.pk) == "settlement_move_refused"
        assert refused(move.format("draft"), it.pk) == "settlement_move_refused"
        assert (
            refused("UPDATE billing_settlementstatement SET state = 'void' WHERE id = %s", it.pk) == "changed_meanwhile"
        )
        assert refused(partial(_born_issued, cast)) == "settlement_move_refused"

    def test_keeps_lines_as_they_were_written(self, cast: Cast) -> None:
        draft = drafted(cast)
        line = draft.lines.get(kind="cost")
        remove_deduction(cast.coordinator, line)
        back = "UPDATE billing_settlementline SET is_removed = false WHERE id = %s"
        assert refused(back, line.pk) == "settlement_line_fixed"
        issue_settlement(cast.coordinator, draft, draft.version + 1)
        assert refused(back, line.pk) == "settlement_content_fixed"


def _born_issued(cast: Cast) -> Any:
    facts = {"matter": contingent(cast), "created_by": cast.coordinator, "created_at": "2026-01-05T10:00:00Z"}
    return SettlementStatement.objects.create(**facts, state="issued", **recovery().columns())


class TestAHybridMatter:
    def test_may_be_settled_too(self, cast: Cast) -> None:
        matter = edit_matter(cast.doe_matter, 1, type=Matter.Type.HYBRID)
        assert create_settlement(cast.coordinator, key(), matter, recovery()).state == SettlementState.DRAFT
