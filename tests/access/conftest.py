"""The firm with a secret."""

import logging
from collections.abc import Iterator

import pytest

from tests.access.world import World, built


@pytest.fixture
def world(db: None) -> World:
    """Build the firm with one of everything on either side of the wall."""
    return built()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep thousands of requests, most of them refused, out of the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
