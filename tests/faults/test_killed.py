"""The connection dies in the middle of a posting and of an approval: nothing is half done, and the retry does it once.

The middle is held still: somebody has the ledger's lock, the work waits for it inside the pen, its backend is killed.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from disbursements.approval import approve
from disbursements.models import DisbursementRequest, State
from ledgers.models import Command, Hold, JournalEntry, SpendingAuthority
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask
from tests.faults.crowd import faults_of_the_books
from tests.firms.cast import code_of, give_second_factor

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND query LIKE '%post_entries%'"""


def killed_in_the_middle(owner: "psycopg.Connection[Any]", cast: Cast, work: Callable[[], Any]) -> None:
    """Let the work run into the pen, kill its backend there, and hold that it ended as a lost connection."""
    ended: list[BaseException | None] = []

    def run() -> None:
        try:
            work()
            ended.append(None)
        except OperationalError as error:
            ended.append(error)
        finally:
            connections.close_all()

    worker = threading.Thread(target=run)
    with owner.transaction():
        owner.execute("SELECT 1 FROM ledgers_ledger WHERE id = %s FOR UPDATE", [cast.smith_ledger.pk])
        worker.start()
        with connection.cursor() as colleague:
            for _ in range(300):
                colleague.execute(WAITING)
                found = colleague.fetchone()
                if found:
                    break
                time.sleep(0.01)
            assert found is not None, "nobody waits inside the pen"
            colleague.execute("SELECT pg_terminate_backend(%s, 5000)", [found[0]])
        worker.join(20)
    assert isinstance(ended[0], OperationalError)


def test_a_posting_that_died_is_not_there_and_its_key_posts_it_once(
    owner: "psycopg.Connection[Any]", cast: Cast
) -> None:
    cast.receive(cast.smith_matter, 1000)
    again = key()

    def post() -> Any:
        share = Share(cast.smith_ledger, money(500))
        return post_receipt(
            cast.coordinator,
            again,
            account=cast.account,
            book_date=today(),
            method="wire",
            payer="Jane Smith",
            shares=[share],
        )

    killed_in_the_middle(owner, cast, post)
    assert (JournalEntry.objects.count(), Command.objects.filter(key=again).count()) == (1, 0)
    assert cast.smith_ledger.balance == money(1000)
    first, second = post(), post()
    assert (first.repeated, second.repeated, first.ids) == (False, True, second.ids)
    assert cast.smith_ledger.balance == money(1500)
    assert faults_of_the_books() == []


def test_an_approval_that_died_left_the_request_waiting_and_can_be_given_again(
    owner: "psycopg.Connection[Any]", cast: Cast
) -> None:
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    request = ask(cast)
    code = code_of(cast.attorney)

    def decide(code: str) -> Any:
        return approve(cast.attorney, request.pk, request.version, request.content_hash, code)

    killed_in_the_middle(owner, cast, lambda: decide(code))
    left = DisbursementRequest.objects.get(pk=request.pk)
    assert (left.state, SpendingAuthority.objects.count()) == (State.AWAITING_APPROVAL, 0)
    assert Hold.objects.filter(kind="reserved", released_at=None).count() == 1
    assert cast.smith_ledger.balance == money(100000)
    done = decide(code_of(cast.attorney, 1))  # a code counts once, whatever came of it
    assert (done.state, cast.smith_ledger.balance) == (State.POSTED, money(60000))
    assert JournalEntry.objects.filter(kind="disbursement").count() == 1
    assert faults_of_the_books() == []
