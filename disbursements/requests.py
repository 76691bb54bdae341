"""Requesting money out of a ledger: the reservation is made in the same transaction as the request."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.db import transaction
from django.utils import timezone

from disbursements import attachments, queries, two_attorneys
from disbursements.models import MOVES, OPEN, Attachment, DisbursementRequest, Payee, State
from disbursements.payee_standing import bank_for, hashed
from disbursements.request_places import refuse_beyond_receipt, refuse_unfit_destination, source_of
from disbursements.request_words import refuse_incomplete, said_by, written
from disbursements.settlement_queries import Part
from firms import outbox
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import Refusal, translating
from firms.retry import retrying
from ledgers.authorities import Spending, void_authority
from ledgers.commands import once
from ledgers.holds import end_reservation, place_hold
from ledgers.models import Hold, JournalEntry
from ledgers.money import as_text


class RequestDecided(Refusal):
    """The request is no longer what it was when it was shown."""

    code = "request_decided"
    sentence = "Nothing was done: this request is {state} already ({by}, {at}). Look at it again."

    def told(self) -> dict[str, Any]:
        """Return the facts with the instant in the firm's zone."""
        at = self.facts.get("at")
        return super().told() | ({"at": f"{timezone.localtime(at):%b %d, %Y %H:%M %Z}"} if at else {})


class RequestReplaced(Refusal):
    """It was withdrawn in favor of a newer version."""

    code = "request_replaced"
    sentence = "Nothing was done: {by} changed this request. Look at its new version, request {replaced_by}."


class RequestChanged(Refusal):
    """What the person saw is not what the books hold."""

    code = "request_changed"
    sentence = "Nothing was done: the request is not what you were shown. Open it again and decide what it says now."


class RequestContentFixed(Refusal):
    """A request's content is never edited."""

    code = "request_content_fixed"
    sentence = "A request never changes. Withdraw it and make a new one."


class RequestMoveRefused(Refusal):
    """The state of a request moves only as allowed."""

    code = "request_move_refused"
    sentence = "A request that is {state} cannot become {asked}."


class ReservationMissing(Refusal):
    """The money is not reserved."""

    code = "reservation_missing"
    sentence = "The money for this request is no longer reserved. Withdraw it and request it again."


class NotYourRequest(Refusal):
    """Only who asked takes a request back."""

    code = "not_your_request"
    sentence = "Only {requester}, who made this request, can withdraw or change it. An attorney can reject it."


class RequestIsDraft(Refusal):
    """Nobody decides on a draft."""

    code = "request_is_draft"
    sentence = (
        "Nothing was done: this is a draft of {requester}. Nobody is asked and nothing is reserved before it is "
        "submitted."
    )


class NotYourDraft(Refusal):
    """A draft is its author's."""

    code = "not_your_draft"
    sentence = "Only {requester}, who wrote this draft, can submit, change or delete it. Write a request of your own."


class NobodyCanApprove(Refusal):
    """No attorney may decide on it."""

    code = "nobody_can_approve"
    sentence = (
        "No attorney can decide on this: the approver must be an attorney of the matter and not the requester. "
        "Give the matter a responsible, billing or alternate attorney first."
    )


class ConsentMissing(Refusal):
    """One client's money for another client's matter."""

    code = "consent_missing"
    sentence = (
        "The money of {from_client} would go to a matter of {to_client}. Name the document by which {from_client} "
        "consents: who signed it, when, and where it is filed."
    )


def spending_of(request: DisbursementRequest) -> Spending:
    """Return what the attorney is asked to approve, as the content hash covers it."""
    shown = {"note": request.note, "consent": request.consent, "receipt": str(request.receipt_id or "")}
    shown["settlement"] = request.settlement_part
    shown |= hashed(request) | attachments.hashed(request)
    more = tuple((name, value) for name, value in shown.items() if value)
    return Spending(
        ledger_id=request.ledger_id,
        kind=request.kind,
        payee=request.payee,
        amount=request.amount,
        method=request.method,
        purpose=request.purpose,
        reference=request.reference,
        destination_ledger_id=request.destination_ledger_id,
        operating_account_id=request.operating_account_id,
        earliest_date=request.earliest_date,
        more=more,
    )


@retrying
def request_money(
    person: Person,
    key: str,
    spending: Spending,
    *,
    note: str = "",
    consent: str = "",
    payee: Payee | None = None,
    receipt: JournalEntry | None = None,
    replaces: DisbursementRequest | None = None,
    files: Iterable[Attachment] = (),
    part: Part | None = None,
) -> DisbursementRequest:
    """Ask an attorney to let money out: it is reserved at once, the approver is told; a repeated key answers the first.

    `consent` names the document by which a client lets money go to another client's matter. `payee` is whom the list
    knows under the name of the spending: needed for wires and ACH; a name alone can be paid by check. `files` are
    attachments that the person uploaded. `part`: the lien or the client's share of a settlement statement that it pays.

    Raises:
        NotAllowed, NoSuchLedger, OutflowIncomplete, AmountNotPositive, PayeeIsCash, DestinationUnfit, ConsentMissing,
        ReceiptSpent, NobodyCanApprove, SecondAttorneyMissing: the request is none.
        PayeeNeeded, PayeeBankMissing, PayeeCooling, PayeeInactive, PayeeUnlike: the payee is not paid so, or not now.
        InsufficientFunds, LedgerInDeficit, AccountInDeficit, DisbursementsStopped, MatterClosed: it may not be spent.
        SettlementNotPayable, SettlementRequestUnlike, SettlementLinePaid: the statement does not pay it (any more).
        AttachmentMissing, AttachmentsTooMany: its files are not there, or too many.
        KeyReused: the key was used for something else.

    Rule: SPEC I4, I8, I12.
    """
    request = written(person, spending, note=note, consent=consent, payee=payee, receipt=receipt, files=files)
    request.payee_bank, request.replaces = bank_for(payee, spending.method), replaces
    request.settlement, request.settlement_line = (part.statement, part.line) if part else (None, None)
    said = said_by("request_money", request, spending)
    with translating():
        answer = once(person, key, said, lambda: {"request": _make(person, spending, request).pk})
    return DisbursementRequest.objects.get(pk=answer["request"])


@retrying
def change_request(
    person: Person,
    key: str,
    request: DisbursementRequest,
    version: int,
    spending: Spending,
    *,
    note: str = "",
    consent: str = "",
    payee: Payee | None = None,
    files: Iterable[Attachment] = (),
) -> DisbursementRequest:
    """Replace one's own undecided request or draft by a request: the old one is withdrawn, both or neither.

    Raises:
        NotYourRequest, NotYourDraft, RequestDecided, RequestChanged: it cannot be changed (any more).
        Refusal: as `request_money`.
    """
    old = shown_at(request, version)
    shown: dict[str, Any] = {"note": note, "consent": consent, "payee": payee, "files": files}
    return request_money(person, key, spending, **shown, receipt=request.receipt, replaces=old, part=Part.of(request))


@retrying
def withdraw(person: Person, request_id: int, version: int, reason: str = "") -> DisbursementRequest:
    """Take back one's own request; its reservation ends. A draft is deleted by it: nobody knew, nobody is told.

    The draft of somebody who cannot come back to it is deleted by whoever else requests money of the matter.

    Raises:
        NotYourRequest, NotYourDraft, RequestDecided, RequestChanged.
    """
    with translating(), transaction.atomic():
        request = locked(person, request_id, version, State.DRAFT, *OPEN)
        is_draft = request.state == State.DRAFT
        if not (is_draft and may_delete(person, request)):
            refuse_foreign(person, request)
        take_back(person, request, reason.strip() or ("Deleted" if is_draft else "Withdrawn"))
        if not is_draft:
            tell(request, "request_withdrawn", approvers_of(request))
    return request


def locked(person: Person, request_id: int, version: int, *states: str, is_seen: bool = False) -> DisbursementRequest:
    """Return a visible request (`is_seen`: known to be), locked, if it is in one of the states and the version shown.

    Raises:
        RequestDecided, RequestReplaced, RequestIsDraft: it is in another; RequestChanged: another version was shown.
    """
    if not is_seen:
        queries.visible_to(person).values("pk").get(pk=request_id)
    request = (
        DisbursementRequest.objects.select_for_update(of=("self",))
        .select_related("ledger__matter", "requester")
        .get(pk=request_id)
    )
    if request.state not in states:
        raise _elsewhere(request)
    if request.version != version:
        raise RequestChanged
    return request


def _elsewhere(request: DisbursementRequest) -> Refusal:
    """Return what became of a request that is not in the state somebody counted on."""
    if request.state == State.DRAFT:
        return RequestIsDraft(requester=request.requester.full_name)
    newer = DisbursementRequest.objects.filter(replaces=request).values_list("pk", flat=True).first()
    if newer:
        return RequestReplaced(by=request.requester.full_name, replaced_by=newer)
    by, at = request.closed_by or request.decided_by, request.closed_at or request.decided_at
    if request.state == State.AWAITING_APPROVAL:
        by, at = request.requester, request.requested_at
    return RequestDecided(state=request.get_state_display().lower(), by=by.full_name if by else "the system", at=at)


def move(request: DisbursementRequest, to: str, **changes: Any) -> None:
    """Move a request to another state, if it is still in the state and version it was read in.

    Raises:
        RequestChanged: somebody else moved it.
    """
    assert (request.state, to) in MOVES, f"{request.state} never becomes {to}"
    moved = DisbursementRequest.objects.filter(pk=request.pk, state=request.state, version=request.version).update(
        state=to, version=request.version + 1, **changes
    )
    if not moved:
        raise RequestChanged
    for name, value in {"state": to, "version": request.version + 1, **changes}.items():
        setattr(request, name, value)


def approvers_of(request: DisbursementRequest) -> list[int]:
    """Return who is asked to decide on a request: the matter's attorney, or during an absence the delegate.

    After a first approval: the attorneys who give the second.
    """
    return sorted(decider.person_id for decider in two_attorneys.deciders_of(request) if decider.is_asked)


def tell(request: DisbursementRequest, kind: str, to: list[int], which: str = "") -> None:
    """Tell people of a move of a request, through the outbox, once (`which` tells letters of one kind apart)."""
    matter = request.ledger.matter
    facts = {
        "to": to,
        "request": request.pk,
        "state": request.state,
        "kind": request.kind,
        "amount": as_text(request.amount),
        "payee": request.payee,
        "purpose": request.purpose,
        "matter": matter.number if matter else "",
        "requester": request.requester.full_name,
        "by": request.decided_by.full_name if request.decided_by else "",
        "first": two_attorneys.first_approver_of(request),
        "reason": request.reason,
        "attachments": ", ".join(file.name for file in attachments.attachments_of(request)),
        "path": f"/disbursements/{request.pk}/",
    }
    outbox.tell(kind, request, facts, dedupe=f"request:{request.pk}:{request.version}:{kind}{which}")


def shown_at(request: DisbursementRequest, version: int) -> DisbursementRequest:
    """Return a request as somebody saw it; whether it still is that is asked under its lock (`locked`)."""
    seen = copy(request)
    seen.version = version
    return seen


def refuse_foreign(person: Person, request: DisbursementRequest) -> None:
    """Hold that a request or draft is the person's own.

    Raises:
        NotYourRequest, NotYourDraft.
    """
    if request.requester_id != person.pk:
        refused = NotYourDraft if request.state == State.DRAFT else NotYourRequest
        raise refused(requester=request.requester.full_name)


def may_delete(person: Person, draft: DisbursementRequest) -> bool:
    """Say whether a person may delete a draft that they see: its author, or, when the author cannot come back, another.

    An author who is gone, has not the role any more or is walled off must not keep a matter from being closed.
    """
    author = draft.requester
    if person.pk == author.pk or not may(person, Capability.REQUEST_MONEY):
        return person.pk == author.pk
    return not (may(author, Capability.REQUEST_MONEY) and queries.visible_to(author).filter(pk=draft.pk).exists())


def take_back(person: Person, request: DisbursementRequest, reason: str) -> None:
    """Withdraw a locked request or draft: what was reserved for it is free again."""
    if request.hold is not None:
        end_reservation(person, request.hold, reason)
    if request.authority is not None:
        void_authority(request.authority, reason)
    move(request, State.WITHDRAWN, reason=reason[:500], closed_by=person, closed_at=now())


def replace(person: Person, old: DisbursementRequest, *states: str) -> None:
    """Withdraw one's own request or draft in favor of the one that is being made.

    Raises:
        NotYourRequest, NotYourDraft, RequestDecided, RequestReplaced, RequestChanged.
    """
    found = locked(person, old.pk, old.version, *states)
    refuse_foreign(person, found)
    take_back(person, found, "Changed: see the new version")


def reserve(person: Person, spending: Spending, request: DisbursementRequest) -> None:
    """Hold that the books can let the money of a request out, and reserve it; the request is not saved here.

    Raises:
        Refusal: as `request_money`.
    """
    ledger = source_of(person, spending)
    refuse_incomplete(spending)
    refuse_unfit_destination(person, spending, ledger)
    request.requested_at = now()
    request.content_hash = spending_of(request).content_hash()
    if request.receipt is not None:
        refuse_beyond_receipt(person, request.receipt, spending.amount)
    if not (approvers_of(request) or two_attorneys.new_deciders_of(request)):
        raise NobodyCanApprove
    reason = f"Requested for {spending.payee}"[:300]
    request.hold = place_hold(person, ledger, Hold.Kind.RESERVED, spending.amount, reason)


def ask_deciders(request: DisbursementRequest) -> None:
    """Tell who decides on a saved request.

    Raises:
        SecondAttorneyMissing: it needs two attorneys and there is one.
    """
    two_attorneys.refuse_without_second(request)
    tell(request, "request_made", approvers_of(request))


def _make(person: Person, spending: Spending, request: DisbursementRequest) -> DisbursementRequest:
    if request.replaces is not None:
        replace(person, request.replaces, State.AWAITING_APPROVAL, State.DRAFT)
    reserve(person, spending, request)
    request.save(force_insert=True)
    ask_deciders(request)
    return request
