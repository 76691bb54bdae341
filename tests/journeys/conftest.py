"""Journeys are walked in the same browser as the tests of pages."""

import io
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from notifications.delivery import relay
from tests import databases
from tests.browser.conftest import base_url, guest, page_as
from tests.notifications.conftest import mailroom, smith_is_low
from trustledger.celery import app

__all__ = ["base_url", "guest", "mailroom", "page_as", "smith_is_low"]


@pytest.fixture
def demonstration(
    transactional_db: None, owner: "psycopg.Connection[Any]", settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build the demonstration firm in this test's database as `./up` does; all its letters have gone out."""
    settings.DEMO = True
    monkeypatch.setenv("OWNER_DATABASE_URL", databases.address("OWNER_DATABASE_URL", databases.WORKER))
    call_command("demo_firm", stdout=io.StringIO())
    while relay().sent:
        pass
    app.control.purge()  # what the story's days have told a worker that was not there
