"""Absences and decisions at the same moment: who decides was allowed to, and for whom is on record."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from disbursements.approval import _decide_for
from disbursements.models import DisbursementRequest, State
from firms.absences import end_absence, record_absence
from firms.clock import now, today
from firms.models import Absence, CodeTry, Person, Role
from firms.refusals import Refusal
from ledgers.models import JournalEntry, SpendingAuthority
from ledgers.money import cents_of, money
from tests.cast import Cast, hire
from tests.disbursements.requesting import ask, asked_again
from tests.faults.crowd import at_once, faults_of_the_books, outcomes

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 50


@pytest.fixture
def delegate(desk: Cast) -> Person:
    """Fay Park, an attorney with no matter of her own."""
    return hire("Fay Park", Role.ATTORNEY)


def approve_as(person: Person, request: DisbursementRequest) -> DisbursementRequest:
    """Approve a request, the code accepted already."""
    with transaction.atomic():
        code = CodeTry.objects.create(
            person=person, purpose_hash=request.content_hash, method="totp", accepted=True, at=now()
        )
    return _decide_for(person, request.pk, 1, code)


def test_an_absence_that_ends_lets_the_delegate_decide_before_it_or_not_at_all(desk: Cast, delegate: Person) -> None:

    for request in asked_again(ask(desk, 100), ROUNDS):
        absence = record_absence(desk.attorney, desk.attorney, delegate, today(), today())
        decided, ended = at_once(partial(approve_as, delegate, request), partial(end_absence, desk.attorney, absence))
        assert isinstance(ended, Absence)
        request.refresh_from_db()
        if isinstance(decided, Refusal):
            assert decided.code == "not_the_approver"
            assert request.state == State.AWAITING_APPROVAL
        else:
            assert (request.state, request.decided_for) == (State.POSTED, desk.attorney)

        after = outcomes([late] if isinstance(late := _tried(delegate, request), Refusal) else [])
        assert set(after) <= {"not_the_approver", "request_decided"}
        assert after
    posted = DisbursementRequest.objects.filter(state=State.POSTED)
    assert SpendingAuthority.objects.filter(in_place_of=desk.attorney).count() == posted.count()
    assert JournalEntry.objects.filter(kind="disbursement").count() == posted.count()
    assert desk.smith_ledger.balance == money(100000 - sum(cents_of(one.amount) for one in posted))
    assert faults_of_the_books() == []


def _tried(person: Person, request: DisbursementRequest) -> DisbursementRequest | Refusal:
    try:
        return approve_as(person, request)
    except Refusal as refusal:
        return refusal


def test_attorney_and_delegate_at_once_post_once(desk: Cast, delegate: Person) -> None:
    record_absence(desk.attorney, desk.attorney, delegate, today(), today())
    for request in asked_again(ask(desk, 100), ROUNDS):
        results = at_once(partial(approve_as, desk.attorney, request), partial(approve_as, delegate, request))
        assert outcomes(results) == {"done": 1, "request_decided": 1}
        request.refresh_from_db()
        assert request.decided_for == (desk.attorney if request.decided_by == delegate else None)
    assert JournalEntry.objects.filter(kind="disbursement").count() == ROUNDS


def test_two_absences_of_one_attorney_at_once_are_one(desk: Cast, delegate: Person) -> None:
    for place in range(ROUNDS):
        first = today() + timedelta(days=3 * place)
        away = [
            partial(record_absence, desk.attorney, desk.attorney, other, first, first + timedelta(days=1))
            for other in (delegate, desk.other_attorney)
        ]
        assert outcomes(at_once(*away)) == {"done": 1, "absence_overlaps": 1}
    assert Absence.objects.filter(person=desk.attorney).count() == ROUNDS


def test_two_attorneys_who_stand_in_for_each_other_are_not_both_away(desk: Cast, delegate: Person) -> None:
    for place in range(ROUNDS):
        first = today() + timedelta(days=2 * place)
        each = ((desk.attorney, delegate), (delegate, desk.attorney))
        results = at_once(*(partial(record_absence, one, one, other, first, first) for one, other in each))
        assert outcomes(results)["done"] == 1
        assert set(outcomes(results)) <= {"done", "delegate_is_away", "stands_in_meanwhile"}
    assert Absence.objects.count() == ROUNDS
