"""Which events people are written to about: who is told, whether it is still true, and what the letter says.

An event of a kind that is not here is recorded as not mailed. A kind that begins with "mail." is a finished letter to
one address ({"to", "subject", "text"}), sent as it is.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from disbursements.links import LinkNotIssued, issue_link
from disbursements.models import DisbursementRequest, State
from firms.access import holders_of
from firms.browsers import browser_name
from firms.clock import asked
from firms.models import OutboxEvent, Person, Proposal, Role
from firms.people import PasswordWhy, password_key, password_link
from firms.proposals import KINDS as PROPOSAL_KINDS
from ledgers.models import Matter, MatterWall
from ledgers.money import as_text, money
from notifications.invoice_letters import FEES, attorneys_to_authorize, fee_letter, issued_letter
from notifications.letters import PERSONAL_LINK, Letter, NotNeeded, page_url
from notifications.settlement_letters import SETTLEMENTS, attorneys_asked, settlement_letter, signed_letter
from retainers.models import LowBalanceEpisode
from retainers.monitoring import matter_available


@dataclass(frozen=True)
class Kind:
    """One kind of event: whom it concerns and what they read."""

    people: Callable[[OutboxEvent], Iterable[Person]]
    letter: Callable[[OutboxEvent, Person], Letter]
    token: Callable[[OutboxEvent, Person], str] | None = None  # of the personal link, made anew at each hand-over


def role_holders(role: str) -> list[Person]:
    """Return the active people who hold a role, by name."""
    return list(
        Person.objects.raw(
            "SELECT * FROM firms_person p WHERE is_active AND %s = ANY (roles_held(p.id)) ORDER BY full_name, id",
            [role],
        )
    )


def matter_of(event: OutboxEvent) -> Matter | None:
    """Return the matter an event is about: its payload names its key or its number."""
    named = event.payload.get("matter")
    if not named:
        return None
    found = Matter.objects.select_related("client", "coordinator", "responsible_attorney")
    return found.filter(pk=named).first() if isinstance(named, int) else found.filter(number__iexact=str(named)).first()


def walled_off(person: Person, matter: Matter | None) -> bool:
    """Say whether the matter does not exist for the person."""
    return matter is not None and MatterWall.objects.filter(matter=matter, person=person, lifted_at=None).exists()


# --- balances ---------------------------------------------------------------------------------------------------------


def watchers_of(event: OutboxEvent) -> list[Person]:
    """Return the matter's coordinator (all coordinators when it has none) and its responsible attorney."""
    matter = matter_of(event)
    if matter is None:
        return []
    own = matter.coordinator
    tended = own is not None and asked("SELECT person_holds(%s, %s)", own.pk, Role.COORDINATOR)
    coordinators = [own] if own is not None and tended else role_holders(Role.COORDINATOR)
    return [*coordinators, matter.responsible_attorney]


def low_balance_letter(event: OutboxEvent, person: Person) -> Letter:
    """Say how much is missing now.

    Raises: NotNeeded when it recovered meanwhile.
    """
    matter = matter_of(event)
    episode = LowBalanceEpisode.objects.filter(pk=event.subject_id).first()
    if matter is None or episode is None or matter.status != "open" or matter.minimum_balance is None:
        raise NotNeeded("The matter is no longer monitored.")
    available, minimum = money(matter_available(matter.pk)), matter.minimum_balance
    if episode.closed_at is not None or available >= minimum:
        raise NotNeeded("The balance recovered before the letter left.")
    return Letter(
        subject=f"Low trust balance: {matter.number} {matter.description} is {as_text(minimum - available)} short",
        heading="Trust balance below its minimum",
        lead=f"{matter.client.name} has less money available in trust than the fee agreement asks for.",
        facts=(
            ("Client", matter.client.name),
            ("Matter", str(matter)),
            ("Available now", as_text(available)),
            ("Minimum", as_text(minimum)),
            ("Responsible attorney", matter.responsible_attorney.full_name),
        ),
        figure=as_text(minimum - available), figure_label="short of the minimum",
        action="See low balances", url=page_url("low_balances"), tone="warn",
        foot="You get one letter per matter until its balance has recovered. Ask the client to replenish, "
        "or change the minimum in the matter if the agreement changed.",
    )  # fmt: skip


# --- requests for money out -------------------------------------------------------------------------------------------

REQUESTS: dict[str, tuple[str, str, str, str]] = {
    "request_made": ("Please decide", "A disbursement waits for your decision", "Open the request", "warn"),
    "request_approved": ("Approved", "Your request was approved and posted", "Open the request", "ok"),
    "request_posted": ("Posted", "A request has been posted", "Open the request", "ok"),
    "request_rejected": ("Rejected", "Your request was rejected", "Open the request", "bad"),
    "request_withdrawn": ("Withdrawn", "A request was withdrawn", "Open the request", "info"),
    "request_unfunded": ("Approved, unfunded", "A request was approved but cannot be paid", "Open the request", "warn"),
    "request_expired": ("Expired", "A request expired; its reservation has ended", "Open the request", "bad"),
    "request_outdated": (
        "Ask again",
        "The payee’s bank details changed: a request must be made again",
        "Open the request",
        "warn",
    ),
    "request_handed": ("Please decide", "A disbursement waits for your decision now", "Open the request", "warn"),
    "request_second": ("Second approval", "A disbursement waits for your second approval", "Open the request", "warn"),
    "request_overdue": ("Still waiting", "A request still waits for your decision", "Open the request", "warn"),
}


TO_DECIDE = frozenset({"request_made", "request_handed", "request_second", "request_overdue"})


def named_people(event: OutboxEvent) -> list[Person]:
    """Return the people the event itself names."""
    return list(Person.objects.filter(pk__in=event.payload.get("to", []), is_active=True).order_by("full_name", "pk"))


def refuse_when_decided(event: OutboxEvent) -> None:
    """Hold that the request an attorney is asked about still waits.

    Raises: NotNeeded when it is decided, withdrawn or expired.
    """
    waiting = DisbursementRequest.objects.filter(pk=event.payload.get("request"), state=State.AWAITING_APPROVAL)
    if not waiting.exists():
        raise NotNeeded("The request was decided or taken back before the letter left.")


def decision_token(event: OutboxEvent, person: Person) -> str:
    """Make a personal link and return its token.

    Raises: NotNeeded when there is nothing to decide for this person any more.
    """
    try:
        return issue_link(event.payload["request"], person)
    except LinkNotIssued as refusal:
        raise NotNeeded(refusal.detail) from refusal


def away_for(event: OutboxEvent, person: Person) -> str:
    """Return the attorney who is away and in whose place this person is asked; nothing in their own right."""
    if event.kind not in TO_DECIDE:
        return ""
    away = asked(
        "SELECT in_place_of FROM request_deciders(%s) d WHERE d.person = %s", event.payload["request"], person.pk
    )
    return Person.objects.get(pk=away).full_name if away else ""


def request_letter(event: OutboxEvent, person: Person) -> Letter:
    """Say what is asked and what became of it. The link is a pointer: it opens a page and decides nothing.

    Raises: NotNeeded when a decision is asked for that is not to be made any more.
    """
    facts, path = event.payload, str(event.payload.get("path", "/"))
    begin, heading, action, tone = REQUESTS[event.kind]
    if event.kind in TO_DECIDE:
        refuse_when_decided(event)
        path = reverse("approval_link", args=[PERSONAL_LINK])
    told = [
        ("Payee", facts.get("payee", "")), ("Matter", facts.get("matter", "")), ("Purpose", facts.get("purpose", "")),
        ("Requested by", facts.get("requester", "")), ("Decided by", facts.get("by", "")),
        ("Attached", facts.get("attachments", "")),
        ("First approval", facts.get("first", "")), ("You decide for", away_for(event, person)),
        ("Reason", facts.get("reason", "")),
    ]  # fmt: skip
    return Letter(
        subject=f"{begin}: {facts.get('amount', '')} to {facts.get('payee', '')} ({facts.get('matter', '')})",
        heading=heading,
        lead=f"{facts.get('amount', '')} to {facts.get('payee', '')}.",
        facts=tuple((label, str(value)) for label, value in told if value),
        figure=str(facts.get("amount", "")), figure_label=str(facts.get("kind", "")).replace("_", " "),
        action=action, url=settings.BASE_URL + path, tone=tone,
        foot="Opening the link changes nothing. To decide, sign in as yourself and enter a code from your app."
        if event.kind in TO_DECIDE else "",
    )  # fmt: skip


# --- two people -------------------------------------------------------------------------------------------------------


def proposal_of(event: OutboxEvent) -> Proposal | None:
    """Return the proposal an event is about."""
    return Proposal.objects.select_related("proposed_by", "decided_by").filter(pk=event.subject_id).first()


def deciders(event: OutboxEvent) -> list[Person]:
    """Return everybody who may confirm a proposal, but for its author."""
    proposal = proposal_of(event)
    kind = PROPOSAL_KINDS.get(proposal.kind) if proposal else None
    if proposal is None or kind is None:
        return []
    return [person for person in holders_of(kind.decided_with) if person.pk != proposal.proposed_by_id]


def proposal_letter(event: OutboxEvent, person: Person) -> Letter:
    """Ask for the second person.

    Raises: NotNeeded when somebody decided meanwhile.
    """
    proposal = proposal_of(event)
    if proposal is None or proposal.state != Proposal.State.PROPOSED:
        raise NotNeeded("Somebody decided it before the letter left.")
    kind = PROPOSAL_KINDS.get(proposal.kind)
    return Letter(
        subject=f"Waiting for a second person: {proposal.summary}",
        heading="Something waits for a second person",
        lead=f"{proposal.proposed_by.full_name} proposed it; it takes effect only when another person confirms it.",
        facts=(("What", proposal.summary), ("Kind", kind.title if kind else proposal.kind)),
        action="See what waits for me", url=page_url("waiting"), tone="warn",
    )  # fmt: skip


def author_of(event: OutboxEvent) -> list[Person]:
    """Return who proposed what was decided, unless they decided it themselves."""
    proposal = proposal_of(event)
    return [] if proposal is None or proposal.decided_by_id == proposal.proposed_by_id else [proposal.proposed_by]


def decided_letter(event: OutboxEvent, person: Person) -> Letter:
    """Say what became of a proposal.

    Raises: NotNeeded when it is gone.
    """
    proposal = proposal_of(event)
    if proposal is None or proposal.decided_by is None:
        raise NotNeeded("There is no such decision.")
    facts = [("What", proposal.summary), ("By", proposal.decided_by.full_name), ("Reason", proposal.reason)]
    return Letter(
        subject=f"{proposal.get_state_display()}: {proposal.summary}",
        heading=f"{proposal.get_state_display()} by {proposal.decided_by.full_name}",
        lead="What you proposed has been decided.",
        facts=tuple((label, value) for label, value in facts if value),
        action="Open TrustLedger", url=page_url("waiting"), tone="ok" if proposal.state == "confirmed" else "bad",
    )  # fmt: skip


# --- one's own account ------------------------------------------------------------------------------------------------


def subject_person(event: OutboxEvent) -> list[Person]:
    """Return the person an event is about."""
    key = event.subject_id if event.subject_type == Person._meta.db_table else event.payload.get("person")
    return list(Person.objects.filter(pk=key, is_active=True)) if key else []


ACCOUNT: dict[str, tuple[str, str, str]] = {
    "person.new-device": (
        "New device signed in to your TrustLedger account",
        "Somebody signed in with your password and your code from a browser that was not seen before.",
        "If this was not you, change your password now and tell your firm administrator.",
    ),
    "person.role-given": (
        "You have a new role in TrustLedger",
        "Your role decides what you see and may do. One that approves or signs begins to do so after 24 hours.",
        "If you did not expect this, tell your firm administrator.",
    ),
    "person.codes-refused": (
        "Wrong codes were entered for your TrustLedger account",
        "Several codes were refused within a few minutes; codes are not accepted for a while.",
        "If this was not you, somebody knows your password: change it now and tell your firm administrator.",
    ),
}


PASSWORDS: dict[str, tuple[str, str]] = {
    PasswordWhy.INVITED: (
        "You have been given access to TrustLedger",
        "An administrator of your firm has added you. Set a password first; then sign in with your e-mail address.",
    ),
    PasswordWhy.SENT: ("Set your TrustLedger password", "An administrator of your firm has sent you this link."),
    PasswordWhy.FORGOTTEN: (
        "Set a new TrustLedger password",
        "Somebody asked for a new password for your account. If that was not you, do nothing: your password stays.",
    ),
}


def password_letter(event: OutboxEvent, person: Person) -> Letter:
    """Give a person the link to set a password; its key is put in at the hand-over."""
    heading, lead = PASSWORDS[event.kind]
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    foot = f"The link works once, for {days} days. It is yours alone: never forward it."
    facts = (("Your account", person.email),)
    return Letter(heading, heading, lead, facts, "Set your password", password_link(person, PERSONAL_LINK), foot=foot)


def account_letter(event: OutboxEvent, person: Person) -> Letter:
    """Tell a person what happened to their own account."""
    heading, lead, foot = ACCOUNT[event.kind]
    labels = {"user_agent": "Browser", "address": "From address", "role": "Role", "refused": "Codes refused"}
    said = {name: str(value) for name, value in event.payload.items() if name in labels and value}
    if "user_agent" in said:
        said["user_agent"] = browser_name(said["user_agent"])
    facts = tuple((labels[name], value) for name, value in said.items())
    return Letter(heading, heading, lead, facts, "Open your account", page_url("profile"), "warn", foot)


# --- absences ---------------------------------------------------------------------------------------------------------

AWAY = {"absence.recorded": ("Absence recorded", "warn"), "absence.ended": ("Absence ended", "ok")}


def absence_letter(event: OutboxEvent, person: Person) -> Letter:
    """Tell the attorney and the delegate of an absence and of its early end."""
    said, (begin, tone) = event.payload, AWAY[event.kind]
    away, delegate = str(said["person"]), str(said["delegate"])
    days = " to ".join(date_format(dt.date.fromisoformat(said[name]), "M j, Y") for name in ("first_day", "last_day"))
    lead = f"{delegate} decides on requests for {away}’s matters from {days}."
    if event.kind == "absence.ended":
        lead = f"{away} decides again; what {delegate} decided meanwhile stands."
    facts = [("Attorney", away), ("Delegate", delegate), ("Days", days), ("By", said["by"]), ("Note", said["note"])]
    return Letter(
        subject=f"{begin}: {delegate} for {away}, {days}", heading=begin, lead=lead,
        facts=tuple((label, str(value)) for label, value in facts if value),
        action="See the absences", url=page_url("absences"), tone=tone,
    )  # fmt: skip


# --- the state of the system ------------------------------------------------------------------------------------------


def alarmed(event: OutboxEvent) -> list[Person]:
    """Return the managing partners and the trust supervisors."""
    found = {person.pk: person for role in (Role.PARTNER, Role.SUPERVISOR) for person in role_holders(role)}
    return list(found.values())


def alarm_letter(event: OutboxEvent, person: Person) -> Letter:
    """Tell of something critical: a finding of the integrity check, a deficit."""
    title = str(event.payload.get("title") or "The integrity check found something")
    label = str(event.payload.get("label") or "; ".join(str(line) for line in event.payload.get("findings", [])[:3]))
    return Letter(
        subject=f"Critical: {title}",
        heading=title, lead="This needs somebody's attention now. Disbursements may be stopped until it is resolved.",
        facts=(("What", label),) if label else (),
        action="Open the exceptions", url=page_url("exceptions"), tone="bad",
    )  # fmt: skip


KINDS: dict[str, Kind] = {
    "balance.low": Kind(watchers_of, low_balance_letter),
    **{kind: Kind(named_people, request_letter, decision_token if kind in TO_DECIDE else None) for kind in REQUESTS},
    **{kind: Kind(named_people, fee_letter) for kind in FEES},
    "invoice_issued": Kind(attorneys_to_authorize, issued_letter),
    **{kind: Kind(named_people, settlement_letter) for kind in SETTLEMENTS},
    "settlement_signed": Kind(attorneys_asked, signed_letter),
    "proposal.opened": Kind(deciders, proposal_letter),
    "proposal.decided": Kind(author_of, decided_letter),
    **{kind: Kind(subject_person, account_letter) for kind in ACCOUNT},
    **{kind: Kind(subject_person, password_letter, lambda _, person: password_key(person)) for kind in PASSWORDS},
    **{kind: Kind(named_people, absence_letter) for kind in AWAY},
    "exception.critical": Kind(alarmed, alarm_letter),
}
