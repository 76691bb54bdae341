"""The attorney's decision on a request: with a fresh second factor, bound to exactly what was shown."""

import datetime as dt

from django.db import transaction

from disbursements import queries, two_attorneys
from disbursements.links import use_link
from disbursements.models import DisbursementRequest, FirstApproval, Kind, State
from disbursements.payee_standing import hold_payee
from disbursements.requests import RequestChanged, approvers_of, locked, move, spending_of, tell
from firms import second_factor
from firms.access import Capability, may
from firms.clock import asked, now, today
from firms.models import CodeTry, Person
from firms.one_person import refuse_one_person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.authorities import authorize_spending, refuse_newcomer
from ledgers.commands import once, was_given
from ledgers.holds import end_reservation
from ledgers.models import SpendingAuthority
from ledgers.posting import Posted, post_account_transfer, post_disbursement
from ledgers.refusals import (
    AccountInDeficit,
    ApproverIsRequester,
    InsufficientFunds,
    InsufficientFundsOnDate,
    LedgerInDeficit,
    NotTheApprover,
    ReasonMissing,
)

FUNDS_GONE = (InsufficientFunds, InsufficientFundsOnDate, LedgerInDeficit, AccountInDeficit)
DAYS_TO_FUND = 5


class ApprovalLapsed(Refusal):
    """The money did not come in time."""

    code = "approval_lapsed"
    sentence = "The approval of {decided} could be posted until {last_day}. Withdraw the request and ask again."


def approve(
    person: Person, request_id: int, version: int, shown_hash: str, code: str, key: str = "", link: int | None = None
) -> DisbursementRequest:
    """Approve a request: the authority is written and the payment posted in one transaction.

    Over the firm's limit the first approval is recorded and the request goes on waiting, for another attorney.

    When the money is gone meanwhile, it becomes approved, unfunded: nothing is posted and both are told. With a key,
    the same approval sent again answers what it did the first time. `link` is the personal link it is decided by.

    Raises:
        RequestDecided, RequestReplaced, RequestChanged: it is not what was shown.
        LinkNotLive: the link is superseded, expired, used or somebody else's.
        NotTheApprover, ApproverIsRequester, FirstApprovalGiven: another attorney decides.
        RoleTooNew: the role was given within 24 hours, or after the request was made.
        PayeeDetailsChanged, PayeeCooling, PayeeInactive, PayeeChangerDecides: it is not paid to this payee so, or now.
        CodeRefused, TooManyCodes, SecondFactorMissing, DeviceNotEnough: the code is none.
        DisbursementsStopped, MatterClosed, ...: the books do not spend now; nothing was written.

    Rule: SPEC I3, I4, I8, I9.
    """
    content = {"what": "approve", "request": request_id, "version": version, "hash": shown_hash}
    if key and was_given(person, key):
        with translating():
            once(person, key, content, _never)
        return queries.visible_to(person).get(pk=request_id)
    with transaction.atomic():
        request, _ = _decidable(person, request_id, version)
    if shown_hash != request.content_hash:
        raise RequestChanged
    with translating():
        hold_payee(request, person)
    enough = two_attorneys.device_suffices(request)
    tried = second_factor.verify_code(person, code, request.content_hash, device_suffices=enough)
    if not key:
        return _decide_for(person, request_id, version, tried, link)
    with translating():
        once(person, key, content, lambda: {"state": _decide_for(person, request_id, version, tried, link).state})
    return queries.visible_to(person).get(pk=request_id)


def _never() -> dict[str, str]:
    """Stand in for the work of a command that was given before.

    Raises:
        RequestChanged: it was not, after all.
    """
    raise RequestChanged


def reject(person: Person, request_id: int, version: int, reason: str, link: int | None = None) -> DisbursementRequest:
    """Reject a request, saying why: its reservation ends and the requester is told.

    Raises:
        ReasonMissing: the requester must know why.
        RequestDecided, RequestReplaced, RequestChanged, LinkNotLive, NotTheApprover, ApproverIsRequester.
    """
    if not reason.strip():
        raise ReasonMissing
    return _reject(person, request_id, version, reason.strip()[:500], link)


@retrying
def post_now(person: Person, request_id: int, version: int) -> DisbursementRequest:
    """Post what was approved when the money was gone, now that it is there; within 5 business days of the approval.

    Raises:
        ApprovalLapsed: too late; NotAllowed, RequestDecided, RequestChanged.
        InsufficientFunds, LedgerInDeficit, AccountInDeficit: the money is not there yet.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    with translating(), transaction.atomic():
        request = locked(person, request_id, version, State.APPROVED_UNFUNDED)
        authority = request.authority
        assert authority is not None, "kept by request_decided_by_someone"
        last_day = last_day_to_post(request)
        if today() > last_day and request.decided_at:
            raise ApprovalLapsed(decided=asked("SELECT firm_date(%s)", request.decided_at), last_day=last_day)
        hold_payee(request)
        posted = _post(person, request, authority)
        move(request, State.POSTED, entry_id=posted.id, closed_by=person, closed_at=now())
        tell(request, "request_posted", [request.requester_id, authority.approver_id])
    return request


def last_day_to_post(request: DisbursementRequest) -> dt.date:
    """Return the last day on which an unfunded approval may be posted."""
    assert request.decided_at is not None, "asked of a decided request"
    last: dt.date = asked("SELECT add_business_days(firm_date(%s), %s)", request.decided_at, DAYS_TO_FUND)
    return last


def may_decide(person: Person, request: DisbursementRequest) -> bool:
    """Say whether this attorney decides on the request now: approves or rejects it."""
    return request.state == State.AWAITING_APPROVAL and queries.decides_on(person, request)


def may_reject(person: Person, request: DisbursementRequest) -> bool:
    """Say whether this attorney rejects the request now: who decides, however new, and who gave the first approval."""
    waits = request.state == State.AWAITING_APPROVAL
    return waits and (queries.declines(person, request) or two_attorneys.can_still_reject(person, request))


def _decidable(
    person: Person, request_id: int, version: int, *, rejects: bool = False, is_seen: bool = False
) -> tuple[DisbursementRequest, FirstApproval | None]:
    """Return a request that this person may decide on, locked, and the first of two approvals where it is given.

    `is_seen`: looked for among what the person sees a moment ago; walls and roles are asked about here in any case.
    """
    request = locked(person, request_id, version, State.AWAITING_APPROVAL, is_seen=is_seen)
    given = two_attorneys.first_approval_of(request)
    if given is not None and given.approver_id == person.pk and not rejects:
        raise two_attorneys.FirstApprovalGiven
    if not (may_reject if rejects else may_decide)(person, request):
        if person.pk == request.requester_id:
            raise ApproverIsRequester(requester=person.pk)
        refuse_one_person(person, request.requester)
        refuse_newcomer(person, two_attorneys.new_deciders_of(request))
        raise NotTheApprover(approver=person.pk, ledger=request.ledger_id)
    return request, given


@retrying
def _decide_for(
    person: Person, request_id: int, version: int, tried: CodeTry, link: int | None = None
) -> DisbursementRequest:
    """Authorize and post in one transaction, with the accepted code and the link spent in it."""
    with translating(), transaction.atomic():
        request, given = _decidable(person, request_id, version, is_seen=True)
        if link is not None:
            use_link(link, person, request_id)
        spending = spending_of(request)
        if spending.content_hash() != request.content_hash:
            raise RequestChanged
        hold_payee(request, person)
        second_factor.spend(tried, person, request.content_hash)
        if given is None and two_attorneys.counted_over(request):
            two_attorneys.give_first_approval(person, request)
            tell(request, "request_second", approvers_of(request))
            return request
        first = (given.approver_id, given.in_place_of_id) if given else None
        authority = authorize_spending(person, request.requester_id, spending, request.hold_id, first)
        decision = {"authority_id": authority.pk, "decided_by": person, "decided_at": authority.decided_at}
        decision |= {"decided_for": authority.in_place_of}
        try:
            with transaction.atomic():
                posted = _post(person, request, authority)
        except FUNDS_GONE as gone:
            move(request, State.APPROVED_UNFUNDED, reason=gone.detail[:500], **decision)
            tell(request, "request_unfunded", [request.requester_id, person.pk])
            return request
        move(request, State.POSTED, entry_id=posted.id, closed_by=person, closed_at=authority.decided_at, **decision)
        tell(request, "request_approved", [request.requester_id])
    return request


@retrying
def _reject(person: Person, request_id: int, version: int, reason: str, link: int | None) -> DisbursementRequest:
    with translating(), transaction.atomic():
        request, _ = _decidable(person, request_id, version, rejects=True)
        if link is not None:
            use_link(link, person, request_id)
        end_reservation(person, request.reservation, f"Rejected: {reason}"[:500])
        decision = {
            "decided_by": person,
            "decided_for": queries.decided_in_place_of(person, request),
            "decided_at": now(),
        }
        move(request, State.REJECTED, reason=reason, **decision)
        tell(request, "request_rejected", [request.requester_id])
    return request


def _post(person: Person, request: DisbursementRequest, authority: SpendingAuthority) -> Posted:
    key = f"request:{request.pk}:post"
    if request.kind == Kind.ACCOUNT_TRANSFER:
        return post_account_transfer(person, key, authority=authority, book_date=today())
    memo = f"Client’s consent: {request.consent}" if request.consent else ""
    return post_disbursement(person, key, authority=authority, book_date=today(), memo=memo)
