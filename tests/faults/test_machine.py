"""Random deeds of every kind: the books and a small independent model agree on every refusal and every balance.

Rule: SPEC section 2, I1-I9. FAULT_OPERATIONS sets how many (`scripts/faults machine --operations N`).
"""

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.cast import Cast
from tests.faults.crowd import faults_of_the_books
from tests.faults.machine import Machine

OPERATIONS = int(os.environ.get("FAULT_OPERATIONS", "5000"))
STEPS = 100


@pytest.mark.django_db(transaction=True)
def test_the_books_agree_with_the_model(cast: Cast) -> None:
    Machine.cast, Machine.operations, began = cast, 0, time.monotonic()
    while Machine.operations < OPERATIONS:
        # a step is up to three operations
        examples = max(5, min(500, (OPERATIONS - Machine.operations) // (3 * STEPS)))
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
                report_multiple_bugs=False,
            ),
        )
    assert faults_of_the_books() == []
    print(f"{Machine.operations} operations, 0 violations, {time.monotonic() - began:.1f} s")
