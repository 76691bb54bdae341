"""What the books take only from two people: proposed by one, rehearsed, posted when another confirms it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from firms import audit_walls, proposals
from firms.access import Capability, may, others_holding, roles_of
from firms.models import Person, Proposal
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.access import Books, books_of, hidden_from
from ledgers.holds import release_hold
from ledgers.models import Hold, JournalEntry, Ledger
from ledgers.money import Money, as_text, cents_of, money
from ledgers.posting import Posted, Share, post_bank_charge, post_bank_event, return_receipt, reverse

RETURNED, EVENT, CHARGE = "ledgers.returned_receipt", "ledgers.bank_event", "ledgers.bank_charge"
REVERSAL, RELEASE = "ledgers.reversal", "ledgers.release_hold"
Facts = list[tuple[str, Any]]
Content = dict[str, Any]


class NobodyCanConfirm(Refusal):
    """There is no second person."""

    code = "nobody_can_confirm"
    sentence = (
        "Nobody else may confirm this. The firm needs another trust supervisor or managing partner, "
        "or the recorded solo policy."
    )


# --- what is posted, from the content of a proposal ---


def _post_returned(actor: Person, key: str, content: Content, second: Person) -> Posted:
    ledgers = Ledger.objects.in_bulk([ledger for ledger, _ in content["shares"]])
    shares = [Share(ledgers[ledger], money(cents)) for ledger, cents in content["shares"]]
    receipt = JournalEntry.objects.select_related("text").get(pk=content["receipt"])
    return return_receipt(
        actor,
        key,
        receipt=receipt,
        book_date=date.fromisoformat(content["date"]),
        shares=shares,
        advice=content["advice"],
        second_person=second,
    )


def _post_event(actor: Person, key: str, content: Content, second: Person) -> Posted:
    return post_bank_event(
        actor,
        key,
        ledger=Ledger.objects.get(pk=content["ledger"]),
        book_date=date.fromisoformat(content["date"]),
        signed_amount=money(content["cents"]),
        advice=content["advice"],
        second_person=second,
    )


def _post_charge(actor: Person, key: str, content: Content, second: Person) -> Posted:
    return post_bank_charge(
        actor,
        key,
        ledger=Ledger.objects.get(pk=content["ledger"]),
        book_date=date.fromisoformat(content["date"]),
        amount=money(content["cents"]),
        advice=content["advice"],
        second_person=second,
    )


def _post_reversal(actor: Person, key: str, content: Content, second: Person) -> Posted:
    entry = JournalEntry.objects.select_related("text", "linked_to").get(pk=content["entry"])
    return reverse(
        actor,
        key,
        original=entry,
        book_date=date.fromisoformat(content["date"]),
        reason=content["reason"],
        second_person=second,
    )


POSTS: dict[str, Callable[[Person, str, Content, Person], Posted]] = {
    RETURNED: _post_returned,
    EVENT: _post_event,
    CHARGE: _post_charge,
    REVERSAL: _post_reversal,
}
TITLES = {
    RETURNED: "Returned receipt",
    EVENT: "Bank event",
    CHARGE: "Bank charge above the cushion",
    REVERSAL: "Reversal",
    RELEASE: "Release of a hold",
}


# --- proposing ---


def propose_returned_receipt(
    person: Person, *, receipt: JournalEntry, book_date: date, shares: Iterable[tuple[Ledger, Money]], advice: str
) -> Proposal:
    """Propose that a receipt came back, whole or in part.

    Raises:
        ReturnedMoreThanReceived, AlreadyReversed, DatedBeforeOriginal, MonthLocked, WordsMissing, NobodyCanConfirm.

    Rule: SPEC I3.
    """
    parts = [(ledger, amount) for ledger, amount in shares if cents_of(amount)]
    content = {
        "receipt": receipt.pk,
        "date": book_date,
        "advice": advice,
        "shares": [[g.pk, cents_of(a)] for g, a in parts],
    }
    total = money(sum(cents_of(amount) for _, amount in parts))
    summary = f"{as_text(total)} of receipt {receipt.pk} came back"
    return _propose(person, RETURNED, content, summary, receipt, [ledger for ledger, _ in parts])


def propose_bank_event(
    person: Person, *, ledger: Ledger, book_date: date, signed_amount: Money, advice: str
) -> Proposal:
    """Propose what the bank has done of another kind: a check paid for another amount, an unauthorized debit."""
    content = {"ledger": ledger.pk, "date": book_date, "cents": cents_of(signed_amount), "advice": advice}
    summary = f"Bank event of {as_text(signed_amount)} in {ledger.trust_account}"
    return _propose(person, EVENT, content, summary, ledger, [ledger])


def propose_bank_charge(person: Person, *, ledger: Ledger, book_date: date, amount: Money, advice: str) -> Proposal:
    """Propose a bank charge that the cushion does not cover."""
    content = {"ledger": ledger.pk, "date": book_date, "cents": cents_of(amount), "advice": advice}
    summary = f"Bank charge of {as_text(amount)} in {ledger.trust_account}"
    return _propose(person, CHARGE, content, summary, ledger, [ledger])


def propose_reversal(person: Person, *, entry: JournalEntry, book_date: date, reason: str) -> Proposal:
    """Propose to undo an entry whose money has been spent."""
    content = {"entry": entry.pk, "date": book_date, "reason": reason}
    ledgers = [line.ledger for line in entry.lines.select_related("ledger")]
    return _propose(person, REVERSAL, content, f"Reverse {entry.get_kind_display().lower()} {entry.pk}", entry, ledgers)


def propose_release(person: Person, *, hold: Hold, evidence: str) -> Proposal:
    """Propose to release a hold before its time, on evidence; a trust supervisor confirms it.

    Raises:
        EvidenceMissing, HoldAlreadyReleased, NobodyCanConfirm, NotAllowed.
    """
    if not may(person, Capability.RECORD_MONEY, Capability.RELEASE_HOLDS):
        raise NotAllowed
    second = second_person(person, Capability.RELEASE_HOLDS)
    rehearse(lambda: release_hold(person, hold, second, evidence), [])
    content = {"hold": hold.pk, "evidence": evidence}
    summary = f"Release the {hold.get_kind_display().lower()} hold of {as_text(hold.amount)}"
    return proposals.propose(person, RELEASE, content, summary, hold)


def _propose(
    person: Person, kind: str, content: Content, summary: str, subject: Any, ledgers: list[Ledger]
) -> Proposal:
    """Rehearse the posting, so that what would be refused is refused at once; then propose it."""
    if not may(person, Capability.RECORD_MONEY):
        raise NotAllowed
    kept = content | {"date": content["date"].isoformat()}
    second = second_person(person, Capability.CONFIRM_BANK_EVENTS)
    deficit = rehearse(lambda: POSTS[kind](person, f"rehearsal:{kind}", kept, second), ledgers)
    if deficit:
        summary += f", leaving a deficit of {as_text(money(deficit))}"
    return proposals.propose(person, kind, kept | {"expected_deficit_cents": deficit}, summary, subject)


def second_person(person: Person, capability: Capability) -> Person:
    """Return somebody who could confirm, for the rehearsal; a newcomer only where there is nobody else.

    How old the role has to be is asked when it is confirmed (`guard_proposal`): by then it may be old enough.

    Raises:
        NobodyCanConfirm: there is nobody but accounts of the same person.
    """
    able = others_holding(person, capability)
    if not able:
        raise NobodyCanConfirm
    return able[0]


class _Undone(Exception):
    """Ends a rehearsal."""


def rehearse(work: Callable[[], Any], ledgers: list[Ledger]) -> int:
    """Do the work and undo it; return the deficit in cents that it would leave in the ledgers.

    Raises:
        Refusal: what the books would refuse.
    """
    deficit = 0
    try:
        with translating(), transaction.atomic():
            work()
            after = Ledger.objects.filter(pk__in=[ledger.pk for ledger in ledgers])
            deficit = sum(cents_of(ledger.deficit) for ledger in after)
            raise _Undone
    except _Undone:
        return deficit


# --- confirming ---


def _refuse_behind_a_wall(proposal: Proposal, person: Person) -> None:
    """Nobody confirms what happens in a ledger that does not exist for them."""
    ids = _ledgers_of(proposal)
    if books_of(person).ledgers.filter(pk__in=ids).count() != len(ids):
        raise NotAllowed


def _ledgers_of(proposal: Proposal) -> set[int]:
    content = proposal.content
    if proposal.kind == RETURNED:
        return {ledger for ledger, _ in content["shares"]}
    if proposal.kind == REVERSAL:
        return set(JournalEntry.objects.get(pk=content["entry"]).lines.values_list("ledger_id", flat=True))
    if proposal.kind == RELEASE:
        return {Hold.objects.get(pk=content["hold"]).ledger_id}
    return {content["ledger"]}


def post_confirmed(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Post what was confirmed: the proposer is its actor, who confirmed its second person."""
    _refuse_behind_a_wall(proposal, confirmed_by)
    posted = POSTS[proposal.kind](proposal.proposed_by, f"proposal:{proposal.pk}", proposal.content, confirmed_by)
    return {"entries": list(posted.ids)}


def release_confirmed(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Release the hold: asked for by one, confirmed on the evidence by another."""
    _refuse_behind_a_wall(proposal, confirmed_by)
    hold = Hold.objects.get(pk=proposal.content["hold"])
    release_hold(proposal.proposed_by, hold, confirmed_by, proposal.content["evidence"])
    return {"hold": hold.pk}


# --- showing ---


def describe(proposal: Proposal) -> Facts:
    """Return what is to be posted, in words."""
    content = proposal.content
    said: Facts = [("Date", date.fromisoformat(content["date"]))]
    if proposal.kind == RETURNED:
        ledgers = _named([ledger for ledger, _ in content["shares"]])
        said += [("Receipt", f"Entry {content['receipt']}")]
        said += [(f"Out of {ledgers[ledger]}", money(cents)) for ledger, cents in content["shares"]]
    elif proposal.kind == REVERSAL:
        entry = JournalEntry.objects.select_related("text").get(pk=content["entry"])
        said += [("Reverses", f"{entry} of {entry.book_date:%b %d, %Y}"), ("Party", entry.text.party)]
        lines = entry.lines.select_related("ledger__matter").order_by("ledger_id")
        said += [(f"In {line.ledger}", -line.amount) for line in lines]
    else:
        sign = -1 if proposal.kind == CHARGE else 1
        said += [(f"In {_named([content['ledger']])[content['ledger']]}", money(sign * content["cents"]))]
    said += [("Bank’s line or advice", content.get("advice", "")), ("Reason", content.get("reason", ""))]
    said += (
        [("Leaves a deficit of", money(content["expected_deficit_cents"]))] if content["expected_deficit_cents"] else []
    )
    return [(label, value) for label, value in said if value]


def describe_release(proposal: Proposal) -> Facts:
    """Return which hold is to be released, and on what evidence."""
    hold = Hold.objects.select_related("ledger__matter", "placed_by").get(pk=proposal.content["hold"])
    return [
        ("Hold", hold.get_kind_display()),
        ("Amount", hold.amount),
        ("In", str(hold.ledger)),
        ("Reason", hold.reason),
        ("Held until", hold.until_date or "open"),
        ("Placed by", hold.placed_by.full_name),
        ("Evidence", proposal.content["evidence"]),
    ]


def _named(ids: list[int]) -> dict[int, str]:
    found = Ledger.objects.select_related("matter", "trust_account").in_bulk(ids)
    return {pk: f"{ledger} ({ledger.trust_account.name})" for pk, ledger in found.items()}


def subjects_seen(person: Person) -> dict[str, "QuerySet[Any]"]:
    """Return, by table, what of the books a proposal may be about and still be shown to a person."""
    seen = Books(person, roles_of(person))
    return {
        "ledgers_ledger": seen.ledgers,
        "ledgers_journalentry": seen.entries,
        "ledgers_hold": seen.holds,
    }


def register() -> None:
    """Make the kinds known; called once, when the app is ready."""
    for kind in POSTS:
        proposals.register(kind, post_confirmed, Capability.CONFIRM_BANK_EVENTS, TITLES[kind], describe)
    proposals.register(RELEASE, release_confirmed, Capability.RELEASE_HOLDS, TITLES[RELEASE], describe_release)
    proposals.conceal(subjects_seen)
    audit_walls.conceal(hidden_from)
