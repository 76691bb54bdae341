"""Requesting money out of a ledger: the reservation is made in the same transaction as the request."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from disbursements import attachments, queries, two_attorneys
from disbursements.models import MOVES, TRANSFERS, Attachment, DisbursementRequest, Kind, Payee, State
from disbursements.payee_standing import bank_for, hashed
from disbursements.request_words import refuse_incomplete
from disbursements.settlement_queries import Part
from firms import outbox
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.authorities import Spending, void_authority
from ledgers.commands import once
from ledgers.holds import end_reservation, place_hold
from ledgers.models import Hold, JournalEntry, Ledger, OperatingAccount
from ledgers.money import ZERO, Money, as_text, cents_of
from ledgers.refusals import BookRefusal, NoSuchLedger

PLACES = {
    Kind.DISBURSEMENT: {Ledger.Kind.CLIENT},
    Kind.RETURN: {Ledger.Kind.CLIENT, Ledger.Kind.UNIDENTIFIED},
    Kind.FIRM_FUNDS_WITHDRAWAL: {Ledger.Kind.FIRM_FUNDS},
    Kind.MATTER_TRANSFER: {Ledger.Kind.CLIENT, Ledger.Kind.UNIDENTIFIED},
    Kind.ACCOUNT_TRANSFER: {Ledger.Kind.CLIENT},
}


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


class NobodyCanApprove(Refusal):
    """No attorney may decide on it."""

    code = "nobody_can_approve"
    sentence = (
        "No attorney can decide on this: the approver must be an attorney of the matter and not the requester. "
        "Give the matter a responsible, billing or alternate attorney first."
    )


class DestinationUnfit(BookRefusal):
    """The money cannot go there."""

    code = "destination_unfit"
    sentence = "The money cannot go there: {why}"


class ConsentMissing(Refusal):
    """One client's money for another client's matter."""

    code = "consent_missing"
    sentence = (
        "The money of {from_client} would go to a matter of {to_client}. Name the document by which {from_client} "
        "consents: who signed it, when, and where it is filed."
    )


class ReceiptSpent(BookRefusal):
    """More is asked of an unidentified receipt than is left of it."""

    code = "receipt_spent"
    sentence = "Of this receipt {available} is left; {asked} is too much. Ask for what is left."


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
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    draft = _draft(person, spending, note, receipt, replaces)
    draft.consent, draft.payee_record, draft.payee_bank = consent.strip(), payee, bank_for(payee, spending.method)
    draft.settlement, draft.settlement_line = (part.statement, part.line) if part else (None, None)
    draft.attachments = sorted(file.pk for file in files)
    said = _said(draft, spending, note, consent)
    with translating():
        answer = once(person, key, said, lambda: {"request": _make(person, spending, draft).pk})
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
    """Replace one's own undecided request by another: the old one is withdrawn, both or neither.

    Raises:
        NotYourRequest, RequestDecided, RequestChanged: it cannot be changed (any more).
        Refusal: as `request_money`.
    """
    old = _at(request, version)
    shown: dict[str, Any] = {"note": note, "consent": consent, "payee": payee, "files": files}
    return request_money(person, key, spending, **shown, receipt=request.receipt, replaces=old, part=Part.of(request))


@retrying
def withdraw(person: Person, request_id: int, version: int, reason: str = "") -> DisbursementRequest:
    """Take back one's own request; its reservation ends.

    Raises:
        NotYourRequest, RequestDecided, RequestChanged.
    """
    with translating(), transaction.atomic():
        request = locked(person, request_id, version, State.AWAITING_APPROVAL, State.APPROVED_UNFUNDED)
        _take_back(person, request, reason.strip() or "Withdrawn")
        tell(request, "request_withdrawn", approvers_of(request))
    return request


def locked(person: Person, request_id: int, version: int, *states: str, is_seen: bool = False) -> DisbursementRequest:
    """Return a visible request (`is_seen`: known to be), locked, if it is in one of the states and the version shown.

    Raises:
        RequestDecided, RequestReplaced: it has moved on; RequestChanged: another version was shown.
    """
    if not is_seen:
        queries.visible_to(person).values("pk").get(pk=request_id)
    request = (
        DisbursementRequest.objects.select_for_update(of=("self",))
        .select_related("ledger__matter", "requester")
        .get(pk=request_id)
    )
    if request.state not in states:
        newer = DisbursementRequest.objects.filter(replaces=request).values_list("pk", flat=True).first()
        if newer:
            raise RequestReplaced(by=request.requester.full_name, replaced_by=newer)
        by, at = request.closed_by or request.decided_by, request.closed_at or request.decided_at
        raise RequestDecided(state=request.get_state_display().lower(), by=by.full_name if by else "the system", at=at)
    if request.version != version:
        raise RequestChanged
    return request


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


def _said(draft: DisbursementRequest, spending: Spending, note: str, consent: str) -> dict[str, Any]:
    """Return what a key was used for."""
    said: dict[str, Any] = {"what": "request_money", "hash": spending.content_hash(), "note": note, "consent": consent}
    said |= {"receipt": draft.receipt_id, "replaces": draft.replaces_id}
    if draft.settlement_id is not None:
        said |= {"settlement": draft.settlement_id, "line": draft.settlement_line_id}
    if draft.payee_record is not None:
        said |= {"payee": draft.payee_record.pk, "payee_bank": draft.payee_record.bank_id}
    return said | ({"attachments": draft.attachments} if draft.attachments else {})


def _at(request: DisbursementRequest, version: int) -> DisbursementRequest:
    if request.version != version:
        raise RequestChanged
    return request


def _take_back(person: Person, request: DisbursementRequest, reason: str) -> None:
    if request.requester_id != person.pk:
        raise NotYourRequest(requester=request.requester.full_name)
    end_reservation(person, request.hold, reason)
    if request.authority is not None:
        void_authority(request.authority, reason)
    move(request, State.WITHDRAWN, reason=reason[:500], closed_by=person, closed_at=now())


def _make(person: Person, spending: Spending, request: DisbursementRequest) -> DisbursementRequest:
    if request.replaces is not None:
        old = locked(person, request.replaces.pk, request.replaces.version, State.AWAITING_APPROVAL)
        _take_back(person, old, "Changed: see the new version")
    ledger = _source(person, spending)
    refuse_incomplete(spending)
    _refuse_unfit_destination(person, spending, ledger)
    request.requested_at = now()
    request.content_hash = spending_of(request).content_hash()
    if request.receipt is not None:
        _refuse_beyond_receipt(person, request.receipt, spending.amount)
    if not approvers_of(request):
        raise NobodyCanApprove
    reason = f"Requested for {spending.payee}"[:300]
    request.hold = place_hold(person, ledger, Hold.Kind.RESERVED, spending.amount, reason)
    request.save(force_insert=True)
    two_attorneys.refuse_without_second(request)
    tell(request, "request_made", approvers_of(request))
    return request


def _draft(
    person: Person, spending: Spending, note: str, receipt: JournalEntry | None, replaces: DisbursementRequest | None
) -> DisbursementRequest:
    return DisbursementRequest(
        kind=spending.kind,
        ledger_id=spending.ledger_id,
        payee=spending.payee,
        amount=spending.amount,
        method=spending.method,
        purpose=spending.purpose,
        reference=spending.reference,
        destination_ledger_id=spending.destination_ledger_id,
        operating_account_id=spending.operating_account_id,
        earliest_date=spending.earliest_date,
        note=note.strip(),
        receipt=receipt,
        requester=person,
        replaces=replaces,
    )


def _source(person: Person, spending: Spending) -> Ledger:
    """Return the ledger the money comes from, as the requester may see it."""
    ledger = books_of(person).ledgers.select_related("matter", "trust_account").filter(pk=spending.ledger_id).first()
    if ledger is None or ledger.kind not in PLACES.get(Kind(spending.kind), set()):
        raise NoSuchLedger
    return ledger


def _refuse_unfit_destination(person: Person, spending: Spending, source: Ledger) -> None:
    if spending.kind == Kind.FIRM_FUNDS_WITHDRAWAL or spending.operating_account_id is not None:
        own = OperatingAccount.objects.filter(pk=spending.operating_account_id or 0, closed_date__isnull=True)
        if spending.kind != Kind.FIRM_FUNDS_WITHDRAWAL or not own.exists():
            raise DestinationUnfit(why="only firm money goes to an operating account, and only to an open one of ours.")
        return
    if spending.kind not in TRANSFERS:
        return
    into = books_of(person).ledgers.filter(pk=spending.destination_ledger_id or 0, kind=Ledger.Kind.CLIENT).first()
    if into is None or into.pk == source.pk:
        raise DestinationUnfit(why="choose another matter's ledger, or the matter's ledger in another account.")
    same_account = into.trust_account_id == source.trust_account_id
    if spending.kind == Kind.MATTER_TRANSFER and not same_account:
        raise DestinationUnfit(why="a transfer between matters stays in one trust account.")
    if spending.kind == Kind.ACCOUNT_TRANSFER and (same_account or into.matter_id != source.matter_id):
        raise DestinationUnfit(why="an account transfer goes to the same matter's ledger in another trust account.")


def _refuse_beyond_receipt(person: Person, receipt: JournalEntry, amount: Money) -> None:
    found = queries.unidentified_receipts(books_of(person)).filter(pk=receipt.pk).first()
    left: Money = getattr(found, "left", ZERO)
    if amount > left:
        raise ReceiptSpent(asked=cents_of(amount), available=cents_of(left))
