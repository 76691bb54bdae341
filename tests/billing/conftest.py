"""The cast of billing: the firm of the tests, with authenticator apps for who needs one."""

import pytest

from tests.cast import Cast, assemble
from tests.firms.cast import give_second_factor


@pytest.fixture
def cast(db: None) -> Cast:
    """Assemble the firm; attorneys, supervisor and partner have their second factor."""
    made = assemble()
    for person in (made.attorney, made.other_attorney, made.supervisor, made.partner):
        give_second_factor(person)
    return made
