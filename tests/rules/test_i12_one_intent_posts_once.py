"""I12: one intent posts once: a key is unique per actor and kept for ever; in parallel: tests/faults/test_races.py.

Rule: SPEC section 2, I12; RELIABILITY: one in five requests cut off by a crash had in fact committed.
"""

from functools import partial
from typing import Any

import psycopg
import pytest

from ledgers.models import Command, JournalEntry
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, today
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner


def receipt(cast: Cast, key: str, **changes: Any) -> Any:
    """Record 1.00 for Smith under a key."""
    asked: dict[str, Any] = {
        "account": cast.account,
        "book_date": today(),
        "method": "wire",
        "payer": "P",
        "reference": "r",
        "shares": [Share(cast.smith_matter, money(100))],
    }
    return partial(post_receipt, changes.pop("actor", cast.coordinator), key, **(asked | changes))


@pytest.mark.django_db
class TestKey:
    """Of a command that moves money."""

    def test_is_needed(self, cast: Cast) -> None:
        assert refused(receipt(cast, "")) == "key_missing"
        assert refused(receipt(cast, "   ")) == "key_missing"

    def test_used_again_answers_the_first_result_and_posts_nothing(self, cast: Cast) -> None:
        first, again = receipt(cast, "k")(), receipt(cast, "k")()
        assert (again.ids, again.repeated, JournalEntry.objects.count()) == (first.ids, True, 1)

    @pytest.mark.parametrize("change", ["amount", "payer", "method", "reference", "memo", "date", "matter"])
    def test_used_for_anything_else_is_refused(self, cast: Cast, change: str) -> None:
        receipt(cast, "k")()
        changes: dict[str, dict[str, Any]] = {
            "amount": {"shares": [Share(cast.smith_matter, money(101))]},
            "payer": {"payer": "Q"},
            "method": {"method": "ach"},
            "reference": {"reference": "s"},
            "memo": {"memo": "m"},
            "date": {"book_date": cast.start},
            "matter": {"shares": [Share(cast.doe_matter, money(100))]},
        }
        assert refused(receipt(cast, "k", **changes[change])) == "key_reused"

    def test_is_each_persons_own(self, cast: Cast) -> None:
        receipt(cast, "k")()
        receipt(cast, "k", actor=cast.second_coordinator)()
        assert JournalEntry.objects.count() == 2

    def test_of_a_refused_command_is_free_again(self, cast: Cast) -> None:
        assert refused(receipt(cast, "k", method="pigeon")) == "method_unknown"
        receipt(cast, "k")()

    def test_is_not_forgotten_or_rewritten(self, cast: Cast) -> None:
        receipt(cast, "k")()
        command = Command.objects.get()
        assert refused(command.save) == NOT_THE_WEB_ROLES
        for statement in (
            "DELETE FROM ledgers_command",
            "UPDATE ledgers_command SET key = 'other'",
            "TRUNCATE ledgers_command CASCADE",
            "INSERT INTO ledgers_command SELECT * FROM ledgers_command",
        ):
            assert refused(statement) == NOT_THE_WEB_ROLES


@pytest.mark.django_db(transaction=True)
def test_the_owner_neither_forgets_nor_rewrites_it(cast: Cast, owner: "psycopg.Connection[Any]") -> None:
    receipt(cast, "k")()
    assert refused_to_owner(owner, "UPDATE ledgers_command SET key = 'other'") == "command_fixed"
    assert refused_to_owner(owner, "UPDATE ledgers_command SET content_hash = ''") == "command_fixed"
    assert refused_to_owner(owner, "DELETE FROM ledgers_command") == "never_changed"
