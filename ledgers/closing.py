"""Closing and re-opening matters and trust accounts. The database refuses to close over money (sql/025_closing.sql)."""

from datetime import date
from typing import Any

from django.db import transaction

from firms import audit, proposals
from firms.access import Capability, may
from firms.models import Person, Proposal
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.accounts import save_edited
from ledgers.calls import call
from ledgers.models import Matter, TrustAccount
from ledgers.proposals import second_person
from ledgers.refusals import BookRefusal, ReasonMissing

REOPEN_ACCOUNT = "ledgers.reopen_account"


class MatterHoldsMoney(BookRefusal):
    """Closing above 0.00 needs a dated hold that says why."""

    code = "matter_holds_money"
    sentence = (
        "Matter {matter} still holds {balance} in {account}. Return it to the client first; or, if it must stay, hold "
        "it until a date with the reason."
    )


class MatterInDeficit(BookRefusal):
    """The firm owes the matter money."""

    code = "matter_in_deficit"
    sentence = "Matter {matter} has a deficit of {deficit} in {account}. Cure the deficit with firm money first."


class MatterMoneyAskedFor(BookRefusal):
    """A request waits."""

    code = "matter_money_asked_for"
    sentence = (
        "{held} of matter {matter} is reserved for a request that is not decided. Let the attorney decide it, or "
        "withdraw it, first."
    )


class MatterOutstanding(BookRefusal):
    """The bank is not through with it."""

    code = "matter_outstanding"
    sentence = (
        "The bank has not shown everything that matter {matter} paid out: {count} outstanding, the oldest is entry "
        "{entry}. Mark it as cleared when the bank shows it; until then the matter stays closing."
    )


class MatterMoveRefused(Refusal):
    """Open, closing, closed: in this order, and back to open."""

    code = "matter_move_refused"
    sentence = "Matter {matter} is {status} and cannot become {asked} at once. Start closing it first."


class ClosingEvidenceMissing(Refusal):
    """Nobody said that the bank is through with it."""

    code = "closing_evidence_missing"
    sentence = "Say how it is known that the bank is through with it: its statement or letter, with the date."


class MatterIsThat(Refusal):
    """Nothing would change."""

    code = "matter_is_that"
    sentence = "Matter {matter} is {status} already. Nothing was changed."


class AccountHoldsMoney(BookRefusal):
    """An account closes empty."""

    code = "account_holds_money"
    sentence = (
        "{account} still holds money: {count} of its ledgers are not at 0.00, together {balance}. Return or transfer "
        "clients’ money, withdraw firm funds and record the interest sweep first."
    )


class AccountHasOpenItems(Refusal):
    """Something of the account waits."""

    code = "account_has_open_items"
    sentence = (
        "In {account} something is not finished: {requests} requests for money, {slips} deposit slips that have not "
        "gone to the bank. Finish them first."
    )


class AccountMovedLater(Refusal):
    """No entry is dated after the closing."""

    code = "account_moved_later"
    sentence = "{account} was opened or last moved on {last}. Close it on that day or a later one."


class AccountIsThat(Refusal):
    """Nothing would change."""

    code = "account_is_that"
    sentence = "{account} is {status} already. Nothing was changed."


def _refuse_unless_editor(person: Person) -> None:
    if not may(person, Capability.EDIT_RECORDS):
        raise NotAllowed


def _move(person: Person, matter: Matter, version: int, status: str, said: dict[str, str]) -> Matter:
    """Change a matter's status for somebody who may."""
    _refuse_unless_editor(person)
    if matter.status == status:
        raise MatterIsThat(matter=matter.number, status=matter.get_status_display().lower())
    return _write(matter, version, status, said)


def _write(matter: Matter, version: int, status: str, said: dict[str, str]) -> Matter:
    """Change a matter's status, keeping what was said of it in the audit trail."""
    with translating(), transaction.atomic():
        moved: Matter = save_edited(Matter, matter.pk, version, {"status": status})
        audit.record(f"matter.{status}", moved, before={"status": matter.status}, after={"status": status, **said})
    return moved


def start_closing(person: Person, matter: Matter, version: int) -> Matter:
    """Say that a matter is over: what it still holds becomes an exception until it is returned.

    Raises:
        MatterIsThat, ChangedMeanwhile, NotAllowed.
    """
    return _move(person, matter, version, Matter.Status.CLOSING, {})


def close_matter(person: Person, matter: Matter, version: int) -> Matter:
    """Close a matter: it is closing, then closed, in one step if nothing stands against it.

    Raises:
        MatterHoldsMoney, MatterInDeficit, MatterMoneyAskedFor: it is not over.
        MatterOutstanding: the bank has not shown everything that was paid out.
        MatterIsThat, ChangedMeanwhile, NotAllowed.

    Rule: SPEC flow Matter close.
    """
    with transaction.atomic():
        if matter.status == Matter.Status.OPEN:
            matter = _move(person, matter, version, Matter.Status.CLOSING, {})
            version = matter.version
        return _move(person, matter, version, Matter.Status.CLOSED, {})


def move_by_itself(matter: Matter, status: str, why: str) -> Matter:
    """Close a closing matter of which nothing is left, or make a closed one that money came to closing; by the worker.

    Raises:
        What `close_matter` refuses; ChangedMeanwhile: somebody was faster.
    """
    return _write(matter, matter.version, status, {"reason": why})


def reopen_matter(person: Person, matter: Matter, version: int, reason: str) -> Matter:
    """Open a closing or closed matter again, saying why.

    Raises:
        ReasonMissing, MatterIsThat, ChangedMeanwhile, NotAllowed.
    """
    if not reason.strip():
        raise ReasonMissing
    return _move(person, matter, version, Matter.Status.OPEN, {"reason": reason.strip()})


def close_account(
    person: Person, account: TrustAccount, version: int, closed_date: date, evidence: str
) -> TrustAccount:
    """Close a trust account on the day on which the bank closed it, on the bank's word.

    Raises:
        AccountHoldsMoney, AccountHasOpenItems, AccountMovedLater: it is not over.
        DatedInFuture, ClosingEvidenceMissing, AccountIsThat, ChangedMeanwhile, NotAllowed.
    """
    _refuse_unless_editor(person)
    if not evidence.strip():
        raise ClosingEvidenceMissing
    if account.closed_date:
        raise AccountIsThat(account=account.name, status="closed")
    with translating(), transaction.atomic():
        closed: TrustAccount = save_edited(TrustAccount, account.pk, version, {"closed_date": closed_date})
        audit.record("trust_account.closed", closed, after={"closed_date": closed_date, "evidence": evidence.strip()})
    return closed


def propose_reopening(person: Person, account: TrustAccount, reason: str) -> Proposal:
    """Propose to open a closed trust account again; another person confirms it.

    Raises:
        ReasonMissing, AccountIsThat, NotAllowed, NobodyCanConfirm, AlreadyProposed.

    Rule: SPEC two-person rules.
    """
    _refuse_unless_editor(person)
    if not reason.strip():
        raise ReasonMissing
    if account.closed_date is None:
        raise AccountIsThat(account=account.name, status="open")
    second_person(person, Capability.CONFIRM_BANK_EVENTS)
    content = {"account": account.pk, "closed": account.closed_date, "reason": reason.strip()}
    return proposals.propose(person, REOPEN_ACCOUNT, content, f"Re-open {account}", account)


def reopening_confirmed(proposal: Proposal, confirmed_by: Person) -> None:
    """Open the account again, with its months."""
    account = TrustAccount.objects.get(pk=proposal.content["account"])
    if account.closed_date is None:
        raise AccountIsThat(account=account.name, status="open")
    save_edited(TrustAccount, account.pk, account.version, {"closed_date": None})
    call("SELECT open_months(%s)", account.pk)


def describe(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return which account is to be opened again, and why."""
    account = TrustAccount.objects.get(pk=proposal.content["account"])
    closed = date.fromisoformat(proposal.content["closed"])
    return [("Trust account", str(account)), ("Closed", closed), ("Reason", proposal.content["reason"])]


def register() -> None:
    """Make the kind known; called once, when the app is ready."""
    title = "Re-opening of a trust account"
    proposals.register(REOPEN_ACCOUNT, reopening_confirmed, Capability.CONFIRM_BANK_EVENTS, title, describe)
