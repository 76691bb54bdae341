"""The two-person rule: one proposes, another confirms exactly that content, and only then it takes effect.

An upper app registers its kinds in AppConfig.ready: `register("ledgers.import", load, Capability.CONFIRM_BANK_EVENTS,
"Opening import")`. The handler runs in the transaction of the confirmation and returns what it made, or None.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import QuerySet

from firms import audit, outbox, second_factor
from firms.access import Capability, capabilities_of
from firms.clock import asked, now
from firms.models import CodeTry, Person, Proposal
from firms.new_roles import refuse_too_new
from firms.one_person import refuse_one_person
from firms.refusals import NotAllowed, Refusal, translating

Handler = Callable[[Proposal, Person], dict[str, Any] | None]


@dataclass(frozen=True)
class Kind:
    """A kind of proposal: what it is called, what happens on confirmation, and who may confirm."""

    name: str
    handler: Handler
    decided_with: Capability
    title: str
    describe: Callable[[Proposal], list[tuple[str, Any]]] | None = None


KINDS: dict[str, Kind] = {}
Sight = Callable[[Person], dict[str, "QuerySet[Any]"]]
SIGHTS: list[Sight] = []


class Number(models.Func):
    """The number of a subject; NULL where the subject has none."""

    template = "substring(%(expressions)s from '^[0-9]{1,18}$')::bigint"
    output_field = models.BigIntegerField()


class SoloPolicy(models.Func):
    """Whether the recorded solo policy is in force, asked within a statement."""

    function, arity = "solo_policy_applies", 0
    output_field = models.BooleanField()


class NeedsAnotherPerson(Refusal):
    """The author cannot confirm."""

    code = "needs_another_person"
    sentence = "You proposed this yourself. Another person has to confirm it."
    constraints = ("proposal_needs_another_person",)


class AlreadyDecided(Refusal):
    """Somebody decided it before."""

    code = "already_decided"
    sentence = "This has been decided already ({state}). Nothing more can be done with it."


class AlreadyProposed(Refusal):
    """The very same thing waits already."""

    code = "already_proposed"
    sentence = "Exactly this is waiting for confirmation already. Ask the second person to decide it."
    constraints = ("proposal_open_once",)


class ContentChanged(Refusal):
    """What is to be confirmed is not what was shown."""

    code = "content_changed"
    sentence = "The content is not what you were shown. Open the proposal again and decide what it says now."


class ReasonMissing(Refusal):
    """Declining needs a reason."""

    code = "reason_missing"
    sentence = "Say why, so that whoever proposed it knows what to do."


def content_hash(kind: str, content: Any) -> str:
    """Return the hash of a kind and its content, in one canonical spelling (SHA-256, hex)."""
    spelling = json.dumps([kind, content], sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(spelling.encode()).hexdigest()


def register(
    name: str,
    handler: Handler,
    decided_with: Capability,
    title: str,
    describe: Callable[[Proposal], list[tuple[str, Any]]] | None = None,
) -> None:
    """Make a kind of proposal known; `describe` gives the facts shown to whoever decides, as (label, value)."""
    KINDS[name] = Kind(name, handler, decided_with, title, describe)


def conceal(sight: Sight) -> None:
    """Show proposals about some kinds of subjects only to whoever sees the subject; `sight` gives, per table, which."""
    SIGHTS.append(sight)


def seen_by(person: Person, found: "QuerySet[Proposal]") -> "QuerySet[Proposal]":
    """Leave out the proposals about something the person may not see."""
    for sight in SIGHTS:
        for table, visible in sight(person).items():
            there = models.Exists(visible.filter(pk=Number(models.OuterRef("subject_id"))))
            found = found.filter(~models.Q(subject_type=table) | there)
    return found


def described(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what a proposal says, as labels and values; by default its content as it is."""
    describe = KINDS[proposal.kind].describe
    if describe:
        return describe(proposal)
    return [(name.replace("_", " ").capitalize(), value) for name, value in proposal.content.items()]


def propose(
    person: Person, kind: str, content: dict[str, Any], summary: str, subject: models.Model | None = None
) -> Proposal:
    """Propose something; everybody who may confirm it is told.

    Raises: AlreadyProposed.
    """
    subject_type, subject_id = audit.subject_of(subject)
    kept = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
    with translating(), transaction.atomic():
        proposal = Proposal.objects.create(
            kind=KINDS[kind].name,
            content=kept,
            content_hash=content_hash(kind, kept),
            summary=summary[:300],
            subject_type=subject_type,
            subject_id=subject_id,
            proposed_by=person,
            proposed_at=now(),
        )
        outbox.tell("proposal.opened", proposal, {"kind": kind, "summary": summary}, dedupe=f"proposal:{proposal.pk}")
    return proposal


def confirm(proposal_id: int, person: Person, code_try: CodeTry) -> Proposal:
    """Confirm a proposal with a code given for its content hash; its handler runs in the same transaction.

    Raises: AlreadyDecided, NotAllowed, NeedsAnotherPerson, OnePersonTwice, RoleTooNew, ContentChanged, CodeNotForThis,
    and what the handler raises.
    """
    with translating(), transaction.atomic():
        proposal = _locked(proposal_id)
        _refuse_unless_decidable(proposal, person)
        if content_hash(proposal.kind, proposal.content) != proposal.content_hash:
            raise ContentChanged
        second_factor.spend(code_try, person, proposal.content_hash)
        proposal.solo = proposal.proposed_by_id == person.pk
        _decide(proposal, Proposal.State.CONFIRMED, person)
        proposal.result = KINDS[proposal.kind].handler(proposal, person)
        if proposal.result is not None:
            Proposal.objects.filter(pk=proposal.pk).update(result=proposal.result)
    return proposal


def confirm_with_code(proposal_id: int, person: Person, code: str, shown_hash: str) -> Proposal:
    """Check the code, then confirm; `shown_hash` is the content hash of what the person was shown.

    Raises: as `confirm` and `second_factor.verify_code`.
    """
    proposal = Proposal.objects.get(pk=proposal_id)
    _refuse_unless_decidable(proposal, person)
    refuse_too_new(proposal, person)
    if proposal.content_hash != shown_hash:
        raise ContentChanged
    return confirm(proposal_id, person, second_factor.verify_code(person, code, shown_hash))


def decline(proposal_id: int, person: Person, reason: str) -> Proposal:
    """Decline a proposal, saying why.

    Raises: AlreadyDecided, NotAllowed, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    with translating(), transaction.atomic():
        proposal = _locked(proposal_id)
        _refuse_unless_decidable(proposal, person)
        proposal.reason = reason.strip()[:500]
        return _decide(proposal, Proposal.State.DECLINED, person)


def withdraw(proposal_id: int, person: Person) -> Proposal:
    """Take back one's own proposal.

    Raises: AlreadyDecided, NotAllowed.
    """
    with translating(), transaction.atomic():
        proposal = _locked(proposal_id)
        if proposal.state != Proposal.State.PROPOSED:
            raise AlreadyDecided(state=proposal.state)
        if proposal.proposed_by_id != person.pk:
            raise NotAllowed
        return _decide(proposal, Proposal.State.WITHDRAWN, person)


def waiting_for(person: Person) -> QuerySet[Proposal]:
    """Return the proposals this person may decide now, oldest first."""
    held = capabilities_of(person)
    kinds = [kind.name for kind in KINDS.values() if kind.decided_with in held]
    found = Proposal.objects.filter(state=Proposal.State.PROPOSED, kind__in=kinds).select_related("proposed_by")
    own = models.Q(proposed_by=person, kind__in=[kind for kind in kinds if kind != SOLO_KIND])
    found = found.filter(models.Q(SoloPolicy()) | ~own)
    return seen_by(person, found).order_by("id")


def undecided(kind: str, subject: models.Model | None = None) -> QuerySet[Proposal]:
    """Return what waits of a kind (or of all kinds that begin so, as in "firm."), about a subject if one is given."""
    found = Proposal.objects.filter(state=Proposal.State.PROPOSED, kind__startswith=kind).select_related("proposed_by")
    if subject is not None:
        subject_type, subject_id = audit.subject_of(subject)
        found = found.filter(subject_type=subject_type, subject_id=subject_id)
    return found.order_by("id")


def proposed_by(person: Person) -> QuerySet[Proposal]:
    """Return what a person proposed and may still see, newest first."""
    mine = Proposal.objects.filter(proposed_by=person).select_related("decided_by")
    return seen_by(person, mine).order_by("-id")


def visible_to(person: Person) -> QuerySet[Proposal]:
    """Return the proposals a person may look at: those of kinds they may decide, and their own.

    What is about something they may not see is not among them.
    """
    held = capabilities_of(person)
    kinds = [kind.name for kind in KINDS.values() if kind.decided_with in held]
    return seen_by(person, Proposal.objects.filter(models.Q(kind__in=kinds) | models.Q(proposed_by=person)))


SOLO_KIND = "firm.solo-policy"


def _locked(proposal_id: int) -> Proposal:
    return Proposal.objects.select_for_update().get(pk=proposal_id)


def _refuse_unless_decidable(proposal: Proposal, person: Person) -> None:
    if proposal.state != Proposal.State.PROPOSED:
        raise AlreadyDecided(state=proposal.state)
    if KINDS[proposal.kind].decided_with not in capabilities_of(person):
        raise NotAllowed
    own = proposal.proposed_by_id == person.pk
    if own and not asked("SELECT may_confirm_own(%s, %s)", proposal.kind, person.pk):
        raise NeedsAnotherPerson
    refuse_one_person(person, proposal.proposed_by)


def _decide(proposal: Proposal, state: str, person: Person) -> Proposal:
    proposal.state, proposal.decided_by, proposal.decided_at = state, person, now()
    proposal.save(update_fields=["state", "decided_by", "decided_at", "reason", "solo"])
    facts = {"kind": proposal.kind, "state": state, "by": person.pk}
    outbox.tell("proposal.decided", proposal, facts, dedupe=f"proposal:{proposal.pk}:decided")
    return proposal
