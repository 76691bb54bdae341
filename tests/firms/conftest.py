"""The cast of the tests of firms."""

import pytest

from tests.firms.cast import Cast, found_firm


@pytest.fixture
def cast(db: None) -> Cast:
    """Found the firm with everybody in it."""
    return found_firm()
