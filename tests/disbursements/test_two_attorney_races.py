"""Two attorneys at once, one attorney twice, approval against rejection: nothing over the limit on one approval."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from disbursements.approval import _decide_for, reject
from disbursements.models import DisbursementRequest, FirstApproval, State
from disbursements.requests import RequestDecided, request_money, withdraw
from disbursements.two_attorneys import FirstApprovalGiven
from firms.clock import now
from firms.models import CodeTry, Firm, Person
from firms.refusals import Refusal
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import money
from ledgers.posting import post_firm_funds_deposit
from ledgers.refusals import NotTheApprover
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask, asked_again, spending
from tests.faults.crowd import at_once, faults_of_the_books

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50


@pytest.fixture
def strict(desk: Cast) -> Cast:
    """Let one attorney approve up to $1.00."""
    Firm.objects.filter(pk=1).update(two_attorneys_above_cents=100)
    return desk


def approving(person: Person, request: DisbursementRequest) -> Callable[[], Any]:
    """Return a person's approval, its code accepted already."""
    with transaction.atomic():
        code = CodeTry.objects.create(
            person=person, purpose_hash=request.content_hash, method="totp", accepted=True, at=now()
        )
    return lambda: _decide_for(person, request.pk, 1, code)


def two_for_each_payment() -> None:
    """Assert that whatever was paid was approved by two different attorneys, neither of them the requester."""
    posted = list(DisbursementRequest.objects.filter(state=State.POSTED).select_related("authority"))
    for request in posted:
        authority = request.authority
        assert authority is not None
        first = authority.first_approver_id
        assert first == FirstApproval.objects.get(request=request).approver_id
        assert len({first, authority.approver_id, request.requester_id}) == 3
    assert SpendingAuthority.objects.count() == len(posted)
    assert JournalEntry.objects.exclude(authority_id=None).count() == len(posted)
    assert faults_of_the_books() == []


def test_one_attorney_twice_is_one_approval(strict: Cast) -> None:
    for request in asked_again(ask(strict, 200), ROUNDS):
        results = at_once(approving(strict.attorney, request), approving(strict.attorney, request))
        assert sum(isinstance(result, FirstApprovalGiven) for result in results) == 1, results
        withdraw(strict.coordinator, request.pk, 1)
    assert FirstApproval.objects.count() == ROUNDS
    two_for_each_payment()


def test_two_attorneys_at_once_are_first_and_second_or_one_is_told_to_wait(strict: Cast) -> None:
    for request in asked_again(ask(strict, 200), ROUNDS):
        first, second = at_once(approving(strict.attorney, request), approving(strict.other_attorney, request))
        assert not isinstance(first, Refusal)
        assert second.state == State.POSTED if not isinstance(second, Refusal) else isinstance(second, NotTheApprover)
        request.refresh_from_db()
        assert (request.state == State.POSTED) is not isinstance(second, Refusal)
    two_for_each_payment()


def test_any_two_attorneys_of_firm_money_are_the_two(strict: Cast) -> None:
    ledger = strict.special("firm_funds")
    post_firm_funds_deposit(
        strict.coordinator, key(), ledger=ledger, book_date=today(), amount=money(50000), method="check", reference="1"
    )
    out = {"kind": "firm_funds_withdrawal", "payee": "Operating", "operating_account_id": strict.operating.pk}
    first = request_money(strict.coordinator, key(), spending(ledger, 200, **out))
    for request in asked_again(first, ROUNDS):
        results = at_once(approving(strict.attorney, request), approving(strict.other_attorney, request))
        assert not any(isinstance(result, Refusal) for result in results), results
        request.refresh_from_db()
        assert request.state == State.POSTED
    two_for_each_payment()


@pytest.mark.parametrize("rejecting", ["attorney", "other_attorney"])
def test_second_approval_and_rejection_end_in_one_of_them(strict: Cast, rejecting: str) -> None:
    for request in asked_again(ask(strict, 200), ROUNDS):
        approving(strict.attorney, request)()
        no = partial(reject, getattr(strict, rejecting), request.pk, 1, "No")
        results = at_once(approving(strict.other_attorney, request), no)
        assert sum(isinstance(result, RequestDecided) for result in results) == 1, results
    two_for_each_payment()


def test_second_approval_and_withdrawal_end_in_one_of_them(strict: Cast) -> None:
    for request in asked_again(ask(strict, 200), ROUNDS):
        approving(strict.attorney, request)()
        back = partial(withdraw, strict.coordinator, request.pk, 1)
        results = at_once(approving(strict.other_attorney, request), back)
        assert sum(isinstance(result, RequestDecided) for result in results) == 1, results
    two_for_each_payment()


def test_two_small_requests_approved_at_once_are_not_two_single_approvals(strict: Cast) -> None:
    """Each is within the limit, together they are over it, and the same attorney approves both at the same moment."""
    for place in range(ROUNDS):
        payee = f"Payee {chr(65 + place // 26)}{chr(65 + place % 26)}"
        pair = [ask(strict, 60, payee=payee) for _ in range(2)]
        at_once(*[approving(strict.attorney, request) for request in pair])
        assert DisbursementRequest.objects.filter(payee=payee, state=State.POSTED).count() == 0
    assert FirstApproval.objects.count() == 2 * ROUNDS
