"""Two people at once: one wins, the other is told, and the books hold one effect."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from disbursements.approval import _decide_for, reject
from disbursements.models import OPEN, DisbursementRequest, State
from disbursements.requests import (
    RequestChanged,
    RequestDecided,
    RequestReplaced,
    change_request,
    request_money,
    withdraw,
)
from firms.clock import now, today
from firms.models import CodeTry
from firms.refusals import Refusal
from ledgers.holds import end_reservation, held_amount
from ledgers.models import JournalEntry
from ledgers.money import cents_of, money
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, key
from tests.disbursements.requesting import ask, asked_again, spending
from tests.faults.crowd import FULL, at_once, crowd, outcomes

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50
LOST = (RequestDecided, RequestReplaced, RequestChanged)


def accepted_code(desk: Cast, request: DisbursementRequest) -> CodeTry:
    """Return an accepted code for the request: what `verify_code` leaves (a step counts once in 30 seconds)."""
    with transaction.atomic():
        return CodeTry.objects.create(
            person=desk.attorney, purpose_hash=request.content_hash, method="totp", accepted=True, at=now()
        )


def approving(desk: Cast, request: DisbursementRequest) -> Callable[[], Any]:
    """Return the attorney's approval, its code accepted already."""
    code = accepted_code(desk, request)
    return lambda: _decide_for(desk.attorney, request.pk, 1, code)


def one_won(results: list[Any]) -> None:
    """Assert that exactly one was done and the others were refused as decided."""
    refused = [result for result in results if isinstance(result, Refusal)]
    assert len(refused) == len(results) - 1, results
    assert all(isinstance(refusal, LOST) for refusal in refused), refused


def books_agree(desk: Cast) -> None:
    """Assert that the ledger holds what was received less what was posted, and the holds are the open requests'."""
    requests = list(DisbursementRequest.objects.all())
    posted = sum(cents_of(r.amount) for r in requests if r.state == State.POSTED)
    assert desk.smith_ledger.balance == money(100000 - posted)
    assert JournalEntry.objects.filter(kind="disbursement").count() == sum(r.state == State.POSTED for r in requests)
    assert held_amount(desk.smith_ledger) == money(sum(cents_of(r.amount) for r in requests if r.state in OPEN))


def test_two_approvals_post_once(desk: Cast) -> None:
    for request in asked_again(ask(desk, 100), ROUNDS):
        one_won(at_once(approving(desk, request), approving(desk, request)))
    books_agree(desk)


def test_approval_and_rejection_end_in_one_of_them(desk: Cast) -> None:
    for request in asked_again(ask(desk, 100), ROUNDS):
        one_won(at_once(approving(desk, request), partial(reject, desk.attorney, request.pk, 1, "No")))
    books_agree(desk)


def test_approval_and_withdrawal_end_in_one_of_them(desk: Cast) -> None:
    for request in asked_again(ask(desk, 100), ROUNDS):
        one_won(at_once(approving(desk, request), partial(withdraw, desk.coordinator, request.pk, 1)))
    books_agree(desk)


def test_approval_never_pays_what_an_edit_replaced(desk: Cast) -> None:
    for request in asked_again(ask(desk, 100), ROUNDS):
        new = spending(desk.smith_ledger, 200)
        change = partial(change_request, desk.coordinator, key(), request, 1, new)
        one_won(at_once(approving(desk, request), change))
    books_agree(desk)


def test_one_key_in_parallel_makes_one_request(desk: Cast) -> None:
    asked = spending(desk.smith_ledger, 100)
    results = at_once(*[lambda: request_money(desk.coordinator, "same", asked).pk] * 10)
    assert len(set(results)) == 1
    assert DisbursementRequest.objects.count() == 1


def test_the_last_hundred_dollars_are_promised_once(desk: Cast) -> None:
    """With FAULTS=full 200 people ask each time; the reservation itself always has 200 (tests/faults/test_races)."""
    ask(desk, 90000)
    with crowd(16 if FULL else 4) as people:
        for _ in range(ROUNDS):
            results = people.at_once([partial(ask, desk, 10000)] * (200 if FULL else 4))
            (got,) = (result for result in results if isinstance(result, DisbursementRequest))
            assert outcomes(results)["insufficient_funds"] == len(results) - 1
            end_reservation(desk.coordinator, got.reservation, "Next round")
    assert held_amount(desk.smith_ledger) == money(90000)


def test_what_is_left_of_a_receipt_is_asked_for_once(desk: Cast) -> None:
    """Two people each send back the whole of one receipt, while the ledger holds another one beside it."""
    unknown = desk.special("unidentified")
    for _ in range(ROUNDS if FULL else 10):
        shares = [Share(unknown, money(5000))]
        came = partial(post_receipt, desk.coordinator, account=desk.account, method="wire", payer="Who", shares=shares)
        one, _ = (came(key(), book_date=today()) for _ in range(2))
        receipt = JournalEntry.objects.get(pk=one.id)
        more = (("receipt", str(receipt.pk)),)
        asked = [spending(unknown, 5000, kind="return", payee=f"Unknown {place}", more=more) for place in range(2)]
        results = at_once(*[partial(request_money, desk.coordinator, key(), said, receipt=receipt) for said in asked])
        assert outcomes(results)["receipt_spent"] == 1, results
