"""Faults that are put into the books on purpose: named tests must turn red, or they prove nothing.

`scripts/faults seeded` seeds each into the databases that tests clone, and runs the tests that must notice.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from tests import databases

RACES = "tests/faults/test_races.py"
RULES = "tests/rules"
SEED = "FAULT_SEED"


@dataclass(frozen=True)
class Fault:
    """What is broken, how, and which tests must turn red."""

    what: str
    tests: tuple[str, ...]
    statements: tuple[str, ...] = ()
    patches: tuple[tuple[str, str, str], ...] = ()  # function, text, what stands there instead

    def seed(self, owner: "psycopg.Connection[Any]") -> None:
        """Break it, as the owner."""
        for statement in self.statements:
            owner.execute(statement.encode())
        for function, text, instead in self.patches:
            row = owner.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s", [function]).fetchone()
            if row is None or row[0].count(text) != 1:
                raise RuntimeError(f"{function} does not hold this text once: {text}")
            owner.execute(row[0].replace(text, instead).encode())


FAULTS = {
    "balance_check_dropped": Fault(
        "the CHECKs that a ledger is not overdrawn are gone",
        tuple(
            f"{RULES}/test_i03_no_ledger_goes_below_zero.py::TestTheLastLine::{name}"
            for name in ("test_refuses_an_overdraft_that_the_pen_let_pass", "test_refuses_the_owner_too")
        ),
        (
            "ALTER TABLE ledgers_ledger DROP CONSTRAINT client_ledger_not_overdrawn",
            "ALTER TABLE ledgers_ledgerday DROP CONSTRAINT client_ledger_not_overdrawn_on_any_day",
        ),
    ),
    "lock_order_removed": Fault(
        "ledgers are locked in the order in which they were asked",
        (f"{RACES}::TestCrossingTransfers::test_lock_in_one_order_whatever_was_asked_first",),
        patches=(
            (
                "post_entries",
                "ORDER BY g.id FOR NO KEY UPDATE",
                "ORDER BY array_position(all_ledgers, g.id) FOR NO KEY UPDATE",
            ),
        ),
    ),
    "balance_trigger_dropped": Fault(
        "nothing asks at commit whether an entry's lines sum to its bank amount",
        (f"{RULES}/test_i02_lines_sum_to_the_bank_amount.py::TestTheOwner",),
        ("DROP TRIGGER balanced ON ledgers_journalentry", "DROP TRIGGER balanced ON ledgers_journalline"),
    ),
    "key_content_not_compared": Fault(
        "a key used again answers the first result whatever is asked",
        (f"{RULES}/test_i12_one_intent_posts_once.py::TestKey::test_used_for_anything_else_is_refused",),
        patches=(("begin_command", "IF was <> asked THEN", "IF false THEN"),),
    ),
    "month_lock_not_taken": Fault(
        "a posting reads the month's state without its lock",
        tuple(
            f"{RACES}::TestTheMonthsLock::{name}"
            for name in (
                "test_waits_for_a_posting_that_has_begun_and_counts_it",
                "test_lets_a_posting_wait_and_then_refuses_it",
            )
        ),
        patches=(
            ("pen_post", "pg_advisory_xact_lock_shared(months_key((e ->> 'account')::bigint))::text", "'not locked'"),
            ("pen_receive", "pg_advisory_xact_lock_shared(months_key(account))::text", "'not locked'"),
        ),
    ),
}


def red_tests(name: str) -> tuple[int, str]:
    """Run the tests that must notice a fault; return how many turned red, and what pytest said last."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *FAULTS[name].tests]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(command, env=env | {SEED: name}, cwd=databases.CHECKOUT, capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or [done.stderr[-200:]])[-1]
    red = sum(line.startswith("FAILED") for line in done.stdout.splitlines())
    return (red, last) if done.returncode == 1 else (0, last)


def main(names: list[str]) -> int:
    """Seed each fault; say which tests saw it."""
    unseen = 0
    for name in names or FAULTS:
        red, last = red_tests(name)
        unseen += not red
        print(f"{'seen  ' if red else 'UNSEEN'} {name}: {FAULTS[name].what}: {last}", flush=True)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
