"""Fixtures of the launcher's tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _leave_nothing_outside(tmp_path: Path) -> Iterator[None]:
    """As root a home in a closed folder keeps its database elsewhere: delete that too."""
    yield
    for note in tmp_path.glob("**/postgresql-is-at"):
        shutil.rmtree(note.read_text().strip())
