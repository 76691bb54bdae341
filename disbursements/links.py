"""Personal links to requests: sent by letter, exchanged for a page, used by one decision.

The link is a pointer, not a credential: who decides is the named attorney, signed in, with a code for this decision.
Rule: RELIABILITY D15-D17; SPEC flow Disbursement.
"""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

from django.db import transaction

from disbursements.models import ApprovalLink, DisbursementRequest, State
from disbursements.queries import decides_on
from disbursements.two_attorneys import first_approval_of
from firms.clock import now
from firms.models import Person
from firms.refusals import Refusal, translating
from firms.retry import retrying
from ledgers.models import MatterWall

LIVES = timedelta(hours=72)
TOKEN_BYTES = 32


class LinkNotIssued(Refusal):
    """Nobody is asked any more, or somebody else."""

    code = "link_not_issued"
    sentence = "No link was made: the request is {state}, or another attorney decides on it."


class LinkFixed(Refusal):
    """A link never changes."""

    code = "link_fixed"
    sentence = "A link never changes. Send a new one."


class LinkNotLive(Refusal):
    """It has been superseded, used, or is too old."""

    code = "link_not_live"
    sentence = "Nothing was done: this link cannot be used any more. Open the newest letter, or the request itself."


class LinkState(StrEnum):
    """What a link is good for now."""

    LIVE = "live"
    FIRST = "first"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    VOID = "void"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    NOT_YOURS = "not_yours"


OF_REQUEST = {
    State.POSTED: LinkState.DECIDED,
    State.APPROVED_UNFUNDED: LinkState.DECIDED,
    State.REJECTED: LinkState.DECIDED,
    State.WITHDRAWN: LinkState.WITHDRAWN,
    State.EXPIRED: LinkState.VOID,
}


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@retrying
def issue_link(request_id: int, approver: Person) -> str:
    """Make a link for one attorney and return its token, which nothing keeps; earlier ones are superseded.

    Raises:
        LinkNotIssued: the request is decided, or this person does not decide on it.
    """
    token, instant = secrets.token_urlsafe(TOKEN_BYTES), now()
    with translating(), transaction.atomic():
        DisbursementRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
        older = ApprovalLink.objects.filter(request_id=request_id, approver=approver, superseded_at__isnull=True)
        older.update(superseded_at=instant)
        ApprovalLink.objects.create(
            request_id=request_id, approver=approver, token_hash=hash_of(token), sent_at=instant,
            expires_at=instant + LIVES,
        )  # fmt: skip
    return token


def link_of(token: str) -> ApprovalLink | None:
    """Return the link that a token opens."""
    return ApprovalLink.objects.filter(token_hash=hash_of(token)).first()


def seen_link(link_id: int) -> ApprovalLink | None:
    """Return a link with whom it is for and what it points to."""
    return ApprovalLink.objects.select_related("approver", "request").filter(pk=link_id).first()


def state_of(link: ApprovalLink) -> LinkState:
    """Return what the link is good for now, most telling first."""
    request = link.request
    if request.state != State.AWAITING_APPROVAL:
        return OF_REQUEST[State(request.state)]
    given = first_approval_of(request)
    if given is not None and given.approver_id == link.approver_id:
        return LinkState.FIRST
    if not decides_on(link.approver, request):
        return LinkState.NOT_YOURS
    if link.superseded_at is not None:
        return LinkState.SUPERSEDED
    return LinkState.EXPIRED if link.expires_at <= now() else LinkState.LIVE


def is_walled_off(link: ApprovalLink) -> bool:
    """Say whether a wall was raised between the named attorney and the request: then it does not exist for them."""
    ledgers = (link.request.ledger_id, link.request.destination_ledger_id)
    walls = MatterWall.objects.filter(person=link.approver_id, lifted_at__isnull=True)
    return walls.filter(matter__ledgers__in=[pk for pk in ledgers if pk]).exists()


def note_opened(link: ApprovalLink) -> None:
    """Write down, once, that the named attorney, signed in, saw the page: a step of the chain of custody."""
    if link.opened_at is None:
        ApprovalLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=now())


def use_link(link_id: int, person: Person, request_id: int) -> None:
    """Use a link up, in the transaction of the decision.

    Raises:
        LinkNotLive: it is somebody else's, of another request, never opened, used, superseded or expired.
    """
    mine = ApprovalLink.objects.filter(
        pk=link_id, approver=person, request_id=request_id, opened_at__isnull=False, used_at__isnull=True,
        superseded_at__isnull=True, expires_at__gt=now(),
    )  # fmt: skip
    if not mine.update(used_at=now()):
        raise LinkNotLive
