"""Every seeded fault is seen by the tests that are named for it; without them the proofs would prove nothing."""

import os

import pytest

from tests.faults.seeded import FAULTS, SEED, red_tests


@pytest.mark.skipif(SEED in os.environ, reason="these are the tests of a seeded run")
@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_turns_the_named_tests_red(name: str) -> None:
    red, last = red_tests(name)
    assert red, f"{name} was not seen: {last}"
