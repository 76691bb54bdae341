"""I8: every voluntary outflow names payee, purpose, method, reference, requester, approver and consumes an authority.

Rule: SPEC section 2, I8; Model Rules for Client Trust Account Records, Rule 1(a), 2(c): no cash, no bearer, no ATM.
"""

from functools import partial
from typing import Any

import pytest
from django.db import connection

from firms.models import Role, RoleGrant
from ledgers.authorities import Spending, authorize_spending
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import money
from ledgers.posting import Kind, entry, post_disbursement, post_entries, post_firm_funds_deposit, post_matter_transfer
from tests.cast import Cast, key, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused

OUT = (Kind.DISBURSEMENT, Kind.EARNED_FEE, Kind.RETURN, Kind.FIRM_FUNDS_WITHDRAWAL, Kind.ACCOUNT_TRANSFER)
WORDS = {"party": "Court Clerk", "purpose": "Filing fee", "reference": "1001"}


@pytest.fixture
def rich(cast: Cast) -> Cast:
    """Smith has 100.00, so have Doe and the firm."""
    cast.receive(cast.smith_matter, 10_000)
    cast.receive(cast.doe_matter, 10_000)
    post_firm_funds_deposit(
        cast.coordinator,
        key(),
        ledger=cast.special("firm_funds"),
        book_date=today(),
        amount=money(10_000),
        method="check",
        reference="1",
    )
    return cast


def out(cast: Cast, kind: str, **rest: Any) -> Any:
    """Try to post money out by calling the pen directly."""
    ledger = cast.special("firm_funds") if kind == Kind.FIRM_FUNDS_WITHDRAWAL else cast.smith_ledger
    lines = [{"ledger": ledger.pk, "amount": -100}]
    words = {"text": WORDS, "method": "check"} | rest
    return partial(post_entries, cast.coordinator, key(), [entry(kind, cast.account, today(), lines, **words)])


@pytest.mark.django_db
class TestOutflow:
    """By any kind of entry."""

    @pytest.mark.parametrize("kind", OUT)
    def test_needs_an_authority(self, rich: Cast, kind: str) -> None:
        assert refused(out(rich, kind)) == "authority_missing"
        assert refused(out(rich, kind, authority=987654321)) == "authority_missing"

    @pytest.mark.parametrize("kind", OUT)
    @pytest.mark.parametrize("word", sorted(WORDS))
    def test_says_to_whom_and_what_for(self, rich: Cast, kind: str, word: str) -> None:
        assert refused(out(rich, kind, text=WORDS | {word: "  "})) == "words_missing"

    @pytest.mark.parametrize("kind", OUT)
    def test_never_goes_in_cash(self, rich: Cast, kind: str) -> None:
        assert refused(out(rich, kind, method="cash")) == "payee_is_cash"

    def test_to_another_matter_needs_an_authority_too(self, rich: Cast) -> None:
        lines = [{"ledger": rich.smith_ledger.pk, "amount": -100}, {"ledger": rich.doe_ledger.pk, "amount": 100}]
        moved = entry(Kind.MATTER_TRANSFER, rich.account, today(), lines, text=WORDS)
        assert refused(partial(post_entries, rich.coordinator, key(), [moved])) == "authority_missing"

    @pytest.mark.parametrize("kind", [Kind.OPENING_CHECK, Kind.OPENING_BALANCE])
    def test_does_not_pass_as_an_opening_entry_of_a_ledger_in_use(self, rich: Cast, kind: str) -> None:
        assert refused(out(rich, kind, second_person=rich.second_coordinator.pk)) == "ledger_already_in_use"

    @pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.INTEREST, Kind.FEE_PUT_BACK, Kind.FIRM_FUNDS_DEPOSIT, "gift"])
    def test_does_not_pass_as_money_in_with_a_minus(self, rich: Cast, kind: str) -> None:
        words = WORDS | {"advice": "x", "reason": "x"}
        assert refused(out(rich, kind, text=words, relates_to=JournalEntry.objects.earliest("id").pk)) in {
            "ledger_not_for_kind",
            "dated_before_original",
            "not_a_fee",
        }

    def test_is_recorded_with_both_people_and_everything_named(self, rich: Cast) -> None:
        paid = JournalEntry.objects.get(pk=rich.pay(rich.smith_ledger, 100).id)
        authority = paid.authority
        assert authority is not None
        assert (authority.requester, authority.approver, paid.actor) == (
            rich.coordinator,
            rich.attorney,
            rich.coordinator,
        )
        assert (paid.text.party, paid.text.purpose, paid.text.reference, paid.method) == (*WORDS.values(), "check")


@pytest.mark.django_db
class TestAuthority:
    """Who decides, on what."""

    def grant(self, cast: Cast, approver: Any, requester: Any = None, **changes: Any) -> Any:
        asked: dict[str, Any] = {
            "ledger_id": cast.smith_ledger.pk,
            "kind": "disbursement",
            "payee": "Court Clerk",
            "amount": money(100),
            "method": "check",
            "purpose": "Filing fee",
            "reference": "1001",
        }
        who = (requester or cast.coordinator).pk
        return partial(authorize_spending, approver, who, Spending(**(asked | changes)))

    def test_is_never_the_requesters(self, rich: Cast) -> None:
        assert refused(self.grant(rich, rich.attorney, rich.attorney)) == "approver_is_requester"

    def test_is_the_matters_attorneys_only(self, rich: Cast) -> None:
        for person in (
            rich.coordinator,
            rich.second_coordinator,
            rich.other_attorney,
            rich.supervisor,
            rich.partner,
            rich.auditor,
            rich.administrator,
            rich.stranger,
        ):
            asked_by = rich.second_coordinator if person == rich.coordinator else rich.coordinator
            assert refused(self.grant(rich, person, asked_by)) == "not_the_approver"

    def test_falls_to_the_billing_attorney_where_the_responsible_one_asked(self, rich: Cast) -> None:
        self.grant(rich, rich.other_attorney, rich.attorney)()

    def test_is_not_given_by_an_attorney_who_has_left(self, rich: Cast) -> None:
        rich.attorney.is_active = False
        rich.attorney.save()
        assert refused(self.grant(rich, rich.attorney)) == "not_the_approver"

    def test_names_a_requester(self, rich: Cast) -> None:
        content = f"""{{"ledger": {rich.smith_ledger.pk}, "kind": "disbursement", "payee": "P", "amount": 1,
            "method": "check", "purpose": "p", "reference": "r", "content_hash": "{"0" * 64}"}}"""
        assert refused("SELECT authorize_spending(%s, %s)", rich.attorney.pk, content) == "not_the_approver"

    @pytest.mark.parametrize(
        "payee",
        [
            "Cash",
            "CASH ",
            "c.a.s.h.",
            "C A S H",
            "Pay to the order of cash",
            "Petty Cash",
            "Bearer",
            "cash or bearer",
            "ATM",
            "A.T.M. withdrawal",
            "Counter cash",
            "\uff23\uff41\uff53\uff48",
            "C\u0430sh",
            "Ca$h",
            "Payable to bearer",
            "Cash only",
        ],
    )
    def test_names_somebody_and_not_cash(self, rich: Cast, payee: str) -> None:
        assert refused(self.grant(rich, rich.attorney, payee=payee)) == "payee_is_cash"

    @pytest.mark.parametrize(
        "payee", ["Johnny Cash", "Cashman & Co", "Atmosphere Inc", "The Bearer Company", "Nakash LLC"]
    )
    def test_does_not_mind_names_that_sound_alike(self, rich: Cast, payee: str) -> None:
        self.grant(rich, rich.attorney, payee=payee)()

    @pytest.mark.parametrize("missing", ["payee", "purpose", "reference"])
    def test_names_payee_purpose_and_reference(self, rich: Cast, missing: str) -> None:
        assert refused(self.grant(rich, rich.attorney, **{missing: " "})) == "outflow_incomplete"

    def test_is_not_written_past_its_function(self, rich: Cast) -> None:
        authority = self.grant(rich, rich.attorney)()
        assert refused(authority.save) == NOT_THE_WEB_ROLES
        assert refused(lambda: SpendingAuthority.objects.update(amount=money(9))) == NOT_THE_WEB_ROLES
        assert (
            refused("INSERT INTO ledgers_spendingauthority SELECT * FROM ledgers_spendingauthority")
            == NOT_THE_WEB_ROLES
        )
        assert refused("UPDATE ledgers_spendingauthority SET used_amount = 0") == NOT_THE_WEB_ROLES

    def test_is_used_once(self, rich: Cast) -> None:
        authority = self.grant(rich, rich.attorney)()
        post_disbursement(rich.coordinator, key(), authority=authority, book_date=today())
        again = partial(post_disbursement, rich.coordinator, key(), authority=authority, book_date=today())
        assert refused(again) == "authority_used"

    def test_of_another_ledger_does_not_pay(self, rich: Cast) -> None:
        authority = self.grant(rich, rich.attorney)()
        authority.ledger = rich.doe_ledger
        assert (
            refused(partial(post_disbursement, rich.coordinator, key(), authority=authority, book_date=today()))
            == "not_what_was_approved"
        )

    def test_to_transfer_moves_to_the_approved_ledger_only(self, rich: Cast) -> None:
        authority = rich.authority(
            rich.smith_ledger, 100, kind="matter_transfer", destination_ledger_id=rich.doe_ledger.pk
        )
        third = {"ledger": rich.special("firm_funds").pk, "amount": 100}
        lines = [{"ledger": rich.smith_ledger.pk, "amount": -100}, third]
        told: Any = {
            "text": WORDS,
            "authority": authority.pk,
            "content_hash": bytes(authority.content_hash).hex(),
            "destination_ledger": rich.doe_ledger.pk,
            "method": "check",
        }
        moved = entry(Kind.MATTER_TRANSFER, rich.account, today(), lines, **told)
        assert refused(partial(post_entries, rich.coordinator, key(), [moved])) == "not_what_was_approved"
        post_matter_transfer(rich.coordinator, key(), authority=authority, book_date=today())


@pytest.mark.django_db
class TestRoles:
    """Nobody makes himself an approver, and nobody without a role posts."""

    def test_of_approvers_need_another_person_to_be_given(self, rich: Cast) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE firms_firm SET founded_at = firm_now()")
        grant = RoleGrant(
            person=rich.coordinator, role=Role.ATTORNEY, granted_at=today_at(), granted_by=rich.coordinator
        )
        assert refused(grant.save) == "role_needs_another_person"

    def test_let_only_some_people_post(self, rich: Cast) -> None:
        for person in (rich.partner, rich.auditor, rich.administrator, rich.stranger):
            line = [{"ledger": rich.smith_ledger.pk, "amount": 1}]
            asked = [entry(Kind.RECEIPT, rich.account, today(), line, "wire", text={"party": "P"})]
            assert refused(partial(post_entries, person, key(), asked)) == "actor_may_not_post"


def today_at() -> Any:
    """The firm's instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_now()")
        return cursor.fetchone()[0]
