"""The cast of requests: the firm of the tests, with money in Smith's ledger and authenticator apps for who decides."""

import pytest

from tests.cast import Cast
from tests.firms.cast import give_second_factor
from tests.notifications.conftest import mailroom

__all__ = ["desk", "mailroom"]


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 in Smith's ledger; attorneys, supervisor and partner have their second factor."""
    for person in (cast.attorney, cast.other_attorney, cast.supervisor, cast.partner):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 100000)
    return cast
