"""Over the firm's limit two different attorneys approve: the first approval lets nothing out, the second posts.

What counts is everything asked for the same payee and matter on one day, so that several small requests do not pass
where one large one would not. The database keeps it (`over_the_limit`, `keep_two_attorneys`), whoever writes.
Rule: SPEC flow *Disbursement*; RELIABILITY D19.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from disbursements import queries
from disbursements.models import DisbursementRequest, FirstApproval, State
from firms.clock import asked, now
from firms.models import Person, Role
from firms.refusals import Refusal
from ledgers.authorities import Decider, NewDecider, deciders, new_deciders
from ledgers.money import Money, money
from ledgers.refusals import BookRefusal


class FirstApprovalGiven(Refusal):
    """The first of two approvals is there."""

    code = "first_approval_given"
    sentence = (
        "The first of the two approvals is recorded already. The second is another attorney's. Open the request again."
    )
    constraints = ("disbursements_firstapproval_request_id_key",)


class SecondApprovalNotNeeded(Refusal):
    """One attorney is enough."""

    code = "second_approval_not_needed"
    sentence = "One attorney is enough for this now. Open the request again and approve it."


class OverTheLimit(BookRefusal):
    """A refusal that tells the firm's limit and what counts together."""

    def __init__(self, **facts: Any) -> None:
        """Keep the facts, limit and sum as `Money`."""
        cents = {name: money(facts[name]) for name in ("limit", "counted") if isinstance(facts.get(name), int)}
        super().__init__(**facts | cents)


class SecondApprovalMissing(OverTheLimit):
    """A single approval lets nothing out over the firm's limit."""

    code = "second_approval_missing"
    sentence = (
        "Two different attorneys must approve this: what is asked for this payee and matter on one day comes to "
        "{counted}, over the firm's limit of {limit} for one attorney. Nothing was paid. Open the request again."
    )


class SecondAttorneyMissing(OverTheLimit):
    """Two are needed and there is one."""

    code = "second_attorney_missing"
    sentence = (
        "What is asked for this payee and matter on one day comes to {counted}, over the firm's limit of {limit} for "
        "one attorney, and there is no second attorney who could approve it. Give the matter a billing or alternate "
        "attorney."
    )


@dataclass(frozen=True)
class Over:
    """Why two attorneys are needed: the firm's limit for one, and what counts together with the request."""

    limit: Money
    counted: Money
    amount: Money

    @property
    def is_sum(self) -> bool:
        """Whether other requests of the day count as well."""
        return self.counted != self.amount


def over_the_limit(request: DisbursementRequest) -> Over | None:
    """Return why two attorneys are needed for a request; None where one is enough.

    After the first approval it is what was true then: whoever approved first relied on a second.
    """
    given = first_approval_of(request)
    if given is not None:
        return Over(given.firm_limit, given.counted, request.amount)
    return counted_over(request)


def counted_over(request: DisbursementRequest) -> Over | None:
    """Return why a request that has no approval yet needs two attorneys; None where one is enough."""
    answer = asked("SELECT two_attorneys_for(%s)", request.pk)
    found = json.loads(answer) if isinstance(answer, str) else answer
    return Over(**{name: money(cents) for name, cents in found.items()}) if found else None


def device_suffices(request: DisbursementRequest) -> bool:
    """Say whether a remembered device may decide on a request without a code: what counts together is small enough."""
    return bool(asked("SELECT device_suffices(%s)", request.pk))


def first_approval_of(request: DisbursementRequest) -> FirstApproval | None:
    """Return the first of two approvals, if it was given."""
    return FirstApproval.objects.select_related("approver", "in_place_of").filter(request=request.pk).first()


def first_approver_of(request: DisbursementRequest) -> str:
    """Return the name of who gave the first of two approvals, as the authority has it once there is one."""
    if request.authority is not None:
        return request.authority.first_approver.full_name if request.authority.first_approver else ""
    given = first_approval_of(request)
    return given.approver.full_name if given else ""


def deciders_of(request: DisbursementRequest) -> list[Decider]:
    """Return who decides on a request next: first, or second once a first approval is there."""
    return deciders(*_place(request))


def new_deciders_of(request: DisbursementRequest) -> list[NewDecider]:
    """Return who would decide on a request next if the role were not new."""
    return new_deciders(*_place(request))


@dataclass(frozen=True)
class Newcomer:
    """Somebody who would decide on a request, but was given the role too late."""

    name: str
    role: str
    given: dt.datetime
    decides_from: dt.datetime
    is_older: bool


def newcomers(request: DisbursementRequest) -> list[Newcomer]:
    """Return who would decide on an undecided request if the role were not new, in words."""
    if request.state != State.AWAITING_APPROVAL:
        return []
    found = new_deciders_of(request)
    names = dict(Person.objects.filter(pk__in=[one.person_id for one in found]).values_list("pk", "full_name"))
    return [
        Newcomer(names[one.person_id], Role(one.role).label.lower(), one.given, one.decides_from, one.is_older)
        for one in found
    ]


def _place(request: DisbursementRequest) -> tuple[Any, ...]:
    """Return what says who decides on a request: where its money lies, who asked, when, and the first approval."""
    given = first_approval_of(request) if request.pk else None
    first = (given.approver_id, given.in_place_of_id) if given else (None, None)
    asked_at = request.hold.placed_at if request.hold else None
    return request.ledger_id, request.requester_id, request.destination_ledger_id, *first, asked_at


def refuse_without_second(request: DisbursementRequest) -> None:
    """Hold that there are two attorneys for a request that needs two.

    Raises:
        SecondAttorneyMissing: nobody could give the second approval.
    """
    over = over_the_limit(request)
    if over is None:
        return
    place = (request.ledger_id, request.requester_id, request.destination_ledger_id)
    whoever = [(one.person_id, one.in_place_of_id) for one in deciders(*place)]
    whoever += [(one.person_id, None) for one in new_deciders(*place)]
    if not any(deciders(*place, *first) or new_deciders(*place, *first) for first in whoever):
        raise SecondAttorneyMissing(limit=over.limit, counted=over.counted)


def give_first_approval(person: Person, request: DisbursementRequest) -> FirstApproval:
    """Record the first of two approvals, in the transaction of its code; the request goes on waiting.

    Raises:
        FirstApprovalGiven, SecondApprovalNotNeeded, NotTheApprover, ApproverIsRequester, RequestChanged.
        PayeeDetailsChanged, PayeeCooling, PayeeInactive, PayeeChangerDecides: it is not paid to this payee so, or now.
    """
    away = queries.decided_in_place_of(person, request)
    return FirstApproval.objects.create(
        request=request, approver=person, in_place_of=away, content_hash=request.content_hash, decided_at=now(),
        firm_limit=money(0), counted=money(0),
    )  # fmt: skip


def can_still_reject(person: Person, request: DisbursementRequest) -> bool:
    """Say whether somebody gave the first approval and may still reject instead."""
    given = first_approval_of(request)
    is_theirs = given is not None and given.approver_id == person.pk
    return is_theirs and bool(asked("SELECT person_holds(%s, 'attorney')", person.pk))
