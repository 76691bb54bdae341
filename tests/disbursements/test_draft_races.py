"""A draft submitted twice, or submitted, deleted, changed, its matter closed at once: one effect, no hold too many."""

from functools import partial
from typing import Any

import pytest

from disbursements.check_refusals import MatterRequestsOpen
from disbursements.drafts import change_draft, save_draft, submit_draft
from disbursements.models import OPEN, DisbursementRequest, State
from disbursements.requests import RequestChanged, RequestDecided, RequestReplaced, withdraw
from firms.models import OutboxEvent
from firms.refusals import Refusal
from ledgers.accounts import client_ledger
from ledgers.closing import close_matter
from ledgers.holds import held_amount
from ledgers.models import Matter
from ledgers.money import cents_of, money
from ledgers.refusals import MatterClosed
from tests.cast import Cast, key
from tests.disbursements.requesting import draft, spending
from tests.faults.crowd import FULL, at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50 if FULL else 10
LOST = (RequestDecided, RequestReplaced, RequestChanged)


def one_won(results: list[Any]) -> None:
    """Assert that exactly one was done and the others were told that somebody was before them."""
    lost = [result for result in results if isinstance(result, Refusal)]
    assert len(lost) == len(results) - 1, results
    assert all(isinstance(refusal, LOST) for refusal in lost), lost


def holds_are_the_open_requests(desk: Cast) -> None:
    """Assert that the ledger holds exactly what is asked for, and each request was told of once."""
    asked = list(DisbursementRequest.objects.filter(state__in=OPEN))
    assert held_amount(desk.smith_ledger) == money(sum(cents_of(one.amount) for one in asked))
    assert OutboxEvent.objects.filter(kind="request_made").count() == len(asked)


def test_two_submissions_reserve_once(desk: Cast) -> None:
    for _ in range(ROUNDS):
        it = draft(desk, 100)
        one_won(at_once(*[partial(submit_draft, desk.coordinator, key(), it.pk, 1) for _ in range(2)]))
    assert held_amount(desk.smith_ledger) == money(100 * ROUNDS)
    holds_are_the_open_requests(desk)


def test_one_key_in_parallel_submits_once(desk: Cast) -> None:
    it = draft(desk, 100)
    results = at_once(*[lambda: submit_draft(desk.coordinator, "same", it.pk, 1).version] * 10)
    assert results == [2] * 10
    holds_are_the_open_requests(desk)


def test_one_key_in_parallel_makes_one_draft(desk: Cast) -> None:
    asked = spending(desk.smith_ledger, 100)
    results = at_once(*[lambda: save_draft(desk.coordinator, "same", asked).pk] * 10)
    assert len(set(results)) == DisbursementRequest.objects.count() == 1


def test_submitted_or_deleted_never_both(desk: Cast) -> None:
    for _ in range(ROUNDS):
        it = draft(desk, 100)
        one_won(
            at_once(
                partial(submit_draft, desk.coordinator, key(), it.pk, 1),
                partial(withdraw, desk.coordinator, it.pk, 1),
            )
        )
    holds_are_the_open_requests(desk)


def test_submitted_or_replaced_never_both(desk: Cast) -> None:
    for _ in range(ROUNDS):
        it = draft(desk, 100)
        new = spending(desk.smith_ledger, 200)
        one_won(
            at_once(
                partial(submit_draft, desk.coordinator, key(), it.pk, 1),
                partial(change_draft, desk.coordinator, key(), it, 1, new),
            )
        )
    holds_are_the_open_requests(desk)


def test_two_drafts_never_promise_the_same_money(desk: Cast) -> None:
    for _ in range(ROUNDS):
        both = [draft(desk, 60000), draft(desk, 60000)]
        results = at_once(*[partial(submit_draft, desk.coordinator, key(), it.pk, 1) for it in both])
        refused = [result for result in results if isinstance(result, Refusal)]
        assert [refusal.code for refusal in refused] == ["insufficient_funds"]
        for it in both:
            it.refresh_from_db()
            withdraw(desk.coordinator, it.pk, it.version)
    assert held_amount(desk.smith_ledger) == money(0)


def test_a_closed_matter_never_keeps_a_draft(desk: Cast) -> None:
    matter = desk.doe_matter
    ledger = client_ledger(desk.account, matter)
    for _ in range(ROUNDS):
        version = Matter.objects.get(pk=matter.pk).version
        results = at_once(
            lambda: save_draft(desk.coordinator, key(), spending(ledger, 100)),
            partial(close_matter, desk.coordinator, matter, version),
        )
        closed = Matter.objects.get(pk=matter.pk).status == "closed"
        drafts = DisbursementRequest.objects.filter(state=State.DRAFT)
        assert closed != drafts.exists(), results
        assert [type(one) for one in results if isinstance(one, Refusal)] in ([MatterClosed], [MatterRequestsOpen])
        if closed:
            return
        withdraw(desk.coordinator, drafts.get().pk, 1)
