"""Drafts of requests: a coordinator's own work in progress. A draft reserves nothing, asks nobody and pays nothing.

What the books hold is asked when it is submitted, with everything that is asked of a request made at once.
Rule: SPEC I4, I8, I9, I12; RELIABILITY D18.
"""

from collections.abc import Iterable
from typing import Any

from disbursements import queries
from disbursements.models import Attachment, DisbursementRequest, Payee, State
from disbursements.payee_standing import bank_for
from disbursements.request_places import refuse_unfit_destination, source_of
from disbursements.request_words import refuse_incomplete, said_by, written
from disbursements.requests import (
    ask_deciders,
    locked,
    move,
    refuse_foreign,
    replace,
    reserve,
    shown_at,
    spending_of,
)
from disbursements.settlement_queries import Part
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.authorities import Spending
from ledgers.commands import once
from ledgers.models import JournalEntry


class SettlementNotDrafted(Refusal):
    """The parts of a settlement statement are no drafts."""

    code = "settlement_not_drafted"
    sentence = (
        "What a settlement statement pays is not kept as a draft: the client signed it already. Request it at once."
    )
    constraints = ("request_draft_of_no_settlement",)


@retrying
def save_draft(
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
    """Keep what a request will say; nothing is reserved, nobody is asked. A repeated key answers the first.

    Its words are whole already; what may be missing yet is money, the client's consent, or the rest of 24 hours of a
    payee's bank details. `replaces`: one's own draft that this is the new version of.

    Raises:
        NotAllowed, NoSuchLedger, OutflowIncomplete, AmountNotPositive, PayeeIsCash, DestinationUnfit, MatterClosed.
        SettlementNotDrafted: it is `part` of a statement.
        AttachmentMissing, AttachmentsTooMany: its files are not there, or too many.
        NotYourDraft, RequestDecided, RequestReplaced, RequestChanged: what it replaces is no draft (any more).
        KeyReused: the key was used for something else.

    Rule: SPEC I8, I12.
    """
    if part is not None:
        raise SettlementNotDrafted
    draft = written(person, spending, note=note, consent=consent, payee=payee, receipt=receipt, files=files)
    draft.payee_bank, draft.replaces = bank_for(payee, spending.method), replaces
    said = said_by("save_draft", draft, spending)
    with translating():
        answer = once(person, key, said, lambda: {"request": _keep(person, spending, draft).pk})
    return DisbursementRequest.objects.get(pk=answer["request"])


@retrying
def change_draft(
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
    """Replace one's own draft by another draft, both or neither.

    Raises:
        Refusal: as `save_draft`.
    """
    shown: dict[str, Any] = {"note": note, "consent": consent, "payee": payee, "files": files}
    return save_draft(person, key, spending, **shown, receipt=request.receipt, replaces=shown_at(request, version))


@retrying
def submit_draft(person: Person, key: str, request_id: int, version: int) -> DisbursementRequest:
    """Make one's own draft a request: reserved at once, the approver is told; or refused, and it stays a draft.

    Raises:
        NotYourDraft, RequestDecided, RequestReplaced, RequestChanged: it is no draft (any more), or another.
        Refusal: as `request_money`.

    Rule: SPEC I4, I8, I12.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    said = {"what": "submit_draft", "request": request_id, "version": version}
    with translating():
        once(person, key, said, lambda: {"request": _submit(person, request_id, version).pk})
    return queries.visible_to(person).get(pk=request_id)


def _keep(person: Person, spending: Spending, draft: DisbursementRequest) -> DisbursementRequest:
    if draft.replaces is not None:
        replace(person, draft.replaces, State.DRAFT)
    ledger = source_of(person, spending)
    refuse_incomplete(spending)
    refuse_unfit_destination(person, spending, ledger)
    draft.state, draft.requested_at = State.DRAFT, now()
    draft.content_hash = spending_of(draft).content_hash()
    draft.save(force_insert=True)
    return draft


def _submit(person: Person, request_id: int, version: int) -> DisbursementRequest:
    request = locked(person, request_id, version, State.DRAFT)
    refuse_foreign(person, request)
    reserve(person, spending_of(request), request)
    move(request, State.AWAITING_APPROVAL, hold=request.hold)
    request.refresh_from_db(fields=["requested_at"])
    ask_deciders(request)
    return request
