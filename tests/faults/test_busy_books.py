"""Somebody holds a ledger's lock: others are told to try again, soon, and nothing is half done (FAULTS F017)."""

from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import RequestFactory

from ledgers.models import JournalEntry
from ledgers.money import money
from tests.cast import assemble
from trustledger.errors import server_error


@pytest.mark.django_db(transaction=True)
def test_a_held_lock_ends_as_try_again_and_writes_nothing(owner: "psycopg.Connection[Any]") -> None:
    cast = assemble()
    cast.receive(cast.smith_matter, 1000)
    with owner.transaction():
        owner.execute("SELECT 1 FROM ledgers_ledger WHERE id = %s FOR UPDATE", [cast.smith_ledger.pk])
        with pytest.raises(OperationalError) as waited:
            cast.receive(cast.smith_matter, 500)
    assert JournalEntry.objects.count() == 1
    assert cast.smith_ledger.balance == money(1000)
    try:
        raise waited.value
    except OperationalError:
        response = server_error(RequestFactory().post("/receipts/new/"))
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
