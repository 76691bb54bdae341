"""I9: an authority belongs to exact content: change any of it and nothing is paid.

Rule: SPEC section 2, I9; FAULTS F113.
"""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from ledgers.authorities import Spending, void_authority
from ledgers.models import SpendingAuthority
from ledgers.money import money
from ledgers.posting import Kind, entry, post_account_transfer, post_disbursement, post_entries
from tests.cast import Cast, key, today
from tests.rules.attack import refused, refused_to_owner

WORDS = {"party": "Court Clerk", "purpose": "Filing fee", "reference": "1001"}


def asked(cast: Cast, authority: SpendingAuthority, cents: int = 100, **changes: Any) -> Any:
    """The entry that the authority allows, with changes; None takes a detail away."""
    told: dict[str, Any] = {
        "text": WORDS,
        "authority": authority.pk,
        "content_hash": bytes(authority.content_hash).hex(),
        "method": "check",
    }
    lines = [{"ledger": cast.smith_ledger.pk, "amount": -cents}]
    whole = entry(Kind.DISBURSEMENT, cast.account, today(), lines, **told) | changes
    return partial(
        post_entries, cast.coordinator, key(), [{name: value for name, value in whole.items() if value is not None}]
    )


@pytest.mark.django_db
class TestWhatWasApproved:
    """Every detail."""

    @pytest.fixture
    def authority(self, cast: Cast) -> SpendingAuthority:
        """1.00 of Smith's 100.00 for the court."""
        cast.receive(cast.smith_matter, 10_000)
        cast.receive(cast.doe_matter, 10_000)
        return cast.authority(cast.smith_ledger, 100)

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "wire"},
            {"method": None},
            {"text": WORDS | {"party": "Court Clerk Inc"}},
            {"text": WORDS | {"purpose": "Other"}},
            {"text": WORDS | {"reference": "1002"}},
            {"content_hash": "0" * 64},
            {"content_hash": None},
            {"kind": "return"},
            {"kind": "earned_fee"},
            {"destination_ledger": 1},
            {"operating_account": 1},
        ],
        ids=lambda change: "-".join(f"{name} {value}"[:30] for name, value in change.items()),
    )
    def test_is_what_is_paid(self, cast: Cast, authority: SpendingAuthority, change: dict[str, Any]) -> None:
        assert refused(asked(cast, authority, **change)) == "not_what_was_approved"

    def test_is_the_whole_amount(self, cast: Cast, authority: SpendingAuthority) -> None:
        assert refused(asked(cast, authority, cents=99)) == "not_what_was_approved"
        assert refused(asked(cast, authority, cents=101)) == "authority_used"
        asked(cast, authority)()

    def test_is_not_paid_before_its_earliest_date(self, cast: Cast, authority: SpendingAuthority) -> None:
        later = cast.authority(cast.smith_ledger, 100, earliest_date=today() + timedelta(days=1))
        assert (
            refused(partial(post_disbursement, cast.coordinator, key(), authority=later, book_date=today()))
            == "not_what_was_approved"
        )

    def test_is_nothing_once_void(self, cast: Cast, authority: SpendingAuthority) -> None:
        assert void_authority(authority, "The payee's bank details changed")
        assert refused(asked(cast, authority)) == "authority_void"

    def test_leaves_no_part_in_a_third_ledger(self, cast: Cast, authority: SpendingAuthority) -> None:
        cast.receive(cast.smith_matter, 100, account=cast.second_account)
        there = cast.ledger(cast.smith_matter, cast.second_account)
        transfer = cast.authority(cast.smith_ledger, 100, kind="account_transfer", destination_ledger_id=there.pk)
        told: Any = {
            "text": WORDS,
            "authority": transfer.pk,
            "content_hash": bytes(transfer.content_hash).hex(),
            "method": "check",
            "destination_ledger": there.pk,
        }
        lines = [{"ledger": cast.smith_ledger.pk, "amount": -100}, {"ledger": cast.doe_ledger.pk, "amount": 40}]
        halves = [
            entry(Kind.ACCOUNT_TRANSFER, cast.account, today(), lines, **told),
            entry(
                Kind.ACCOUNT_TRANSFER,
                cast.second_account,
                today(),
                [{"ledger": there.pk, "amount": 60}],
                text=WORDS,
                linked=True,
            ),
        ]
        assert refused(partial(post_entries, cast.coordinator, key(), halves)) == "not_what_was_approved"
        alone = entry(Kind.ACCOUNT_TRANSFER, cast.account, today(), lines[:1], **told)
        assert refused(partial(post_entries, cast.coordinator, key(), [alone])) == "transfer_one_sided"
        post_account_transfer(cast.coordinator, key(), authority=transfer, book_date=today())


def test_the_content_hash_covers_every_detail() -> None:
    base: dict[str, Any] = {
        "ledger_id": 1,
        "kind": "disbursement",
        "payee": "P",
        "amount": money(1),
        "method": "check",
        "purpose": "p",
        "reference": "r",
    }
    changes: list[dict[str, Any]] = [
        {"ledger_id": 2},
        {"kind": "return"},
        {"payee": "Q"},
        {"amount": money(2)},
        {"method": "wire"},
        {"purpose": "q"},
        {"reference": "s"},
        {"destination_ledger_id": 3},
        {"operating_account_id": 4},
        {"earliest_date": "2026-01-01"},
        {"more": (("attachment", "abc"),)},
    ]
    hashes = {Spending(**(base | change)).content_hash() for change in [{}, *changes]}
    assert len(hashes) == 12
    assert {name for change in changes for name in change} == set(
        json.loads(json.dumps(list(Spending.__dataclass_fields__)))
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "payee = 'Q'",
        "ledger_id = ledger_id + 1",
        "content_hash = ''",
        "approver_id = requester_id",
        "used_amount = -1",
        "method = 'wire'",
        "earliest_date = '2020-01-01'",
        "hold_id = NULL, decided_at = '2020-01-01'",
    ],
)
def test_the_owner_changes_nothing_of_it(cast: Cast, owner: "psycopg.Connection[Any]", change: str) -> None:
    cast.receive(cast.smith_matter, 10_000)
    cast.authority(cast.smith_ledger, 100)
    assert refused_to_owner(owner, f"UPDATE ledgers_spendingauthority SET {change}") == "authority_content_fixed"
