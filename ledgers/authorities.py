"""Spending authorities: the recorded decision that lets money out of a ledger."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from firms.models import Person
from firms.new_roles import RoleTooNew
from ledgers.calls import call
from ledgers.models import SpendingAuthority
from ledgers.money import Money, cents_of


@dataclass(frozen=True)
class Spending:
    """What an attorney is asked to approve; the content hash covers all of it (I9).

    `more` holds what only the approval shows: attachments, invoices, notes.
    """

    ledger_id: int
    kind: str
    payee: str
    amount: Money
    method: str
    purpose: str
    reference: str
    destination_ledger_id: int | None = None
    operating_account_id: int | None = None
    earliest_date: date | None = None
    more: tuple[tuple[str, str], ...] = ()

    def content_hash(self) -> str:
        """Return the SHA-256 of everything the approver sees, in hex."""
        shown: dict[str, Any] = asdict(self) | {"amount": cents_of(self.amount)}
        return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()


def authorize_spending(
    approver: Person,
    requester_id: int,
    spending: Spending,
    hold_id: int | None = None,
    first: tuple[int, int | None] | None = None,
) -> SpendingAuthority:
    """Record that this attorney lets the money out. Posting consumes the authority in the same transaction.

    `first`: who gave the first of two approvals, and in whose place; the database asks for it over the firm's limit.

    Raises:
        ApproverIsRequester, NotTheApprover, RoleTooNew: this person may not decide on it.
        PayeeIsCash, OutflowIncomplete: the request names no proper payee, purpose or reference.

    Rule: SPEC I8, I9.
    """
    content = {
        "ledger": spending.ledger_id,
        "kind": spending.kind,
        "payee": spending.payee,
        "amount": cents_of(spending.amount),
        "method": spending.method,
        "purpose": spending.purpose,
        "reference": spending.reference,
        "destination_ledger": spending.destination_ledger_id,
        "operating_account": spending.operating_account_id,
        "earliest_date": spending.earliest_date.isoformat() if spending.earliest_date else None,
        "content_hash": spending.content_hash(),
        "requester": requester_id,
        "hold": hold_id,
        "first_approver": first and first[0],
        "first_for": first and first[1],
    }
    granted = call("SELECT authorize_spending(%s, %s)", approver.pk, json.dumps(content))
    return SpendingAuthority.objects.select_related("ledger", "destination_ledger").get(pk=granted)


@dataclass(frozen=True)
class Decider:
    """Somebody who decides; in the place of an absent attorney, where there is one. Who is asked gets the letters."""

    person_id: int
    in_place_of_id: int | None
    is_asked: bool


@dataclass(frozen=True)
class NewDecider:
    """Somebody who would decide, but was given the role too late: from when on it decides, on what is asked then."""

    person_id: int
    role: str
    given: datetime
    decides_from: datetime
    is_older: bool  # what was asked is older than the role, which therefore never decides on it

    @property
    def facts(self) -> dict[str, Any]:
        """What the refusal says."""
        at = self.given - timedelta(microseconds=1) if self.is_older else self.given
        return {"role": self.role, "given": self.given, "decides_from": self.decides_from, "asked_at": at}


def deciders(
    ledger_id: int,
    requester_id: int,
    into_ledger_id: int | None = None,
    first_id: int | None = None,
    first_for_id: int | None = None,
    asked_at: datetime | None = None,
) -> list[Decider]:
    """Return who decides on money of the ledger that the requester asked for, to go to another ledger if one is given.

    With a first approval (by whom, in whose place): who gives the second. `asked_at`: when it was asked for (now).

    Rule: SPEC flow *Disbursement*; RELIABILITY D19; FAULTS F116.
    """
    place = [ledger_id, requester_id, into_ledger_id, first_id, first_for_id, asked_at]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM deciders(%s, %s, %s, %s, %s, %s)", place)
        return [Decider(*row) for row in cursor.fetchall()]


def new_deciders(
    ledger_id: int,
    requester_id: int,
    into_ledger_id: int | None = None,
    first_id: int | None = None,
    first_for_id: int | None = None,
    asked_at: datetime | None = None,
) -> list[NewDecider]:
    """Return who would decide if the role were not new.

    Rule: FAULTS F116.
    """
    place = [ledger_id, requester_id, into_ledger_id, first_id, first_for_id, asked_at]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM new_deciders(%s, %s, %s, %s, %s, %s)", place)
        return [NewDecider(*row) for row in cursor.fetchall()]


def refuse_newcomer(person: Person, found: list[NewDecider]) -> None:
    """Tell somebody who would decide, but for a new role, from when on it decides.

    Raises:
        RoleTooNew: they are among them.
    """
    for one in found:
        if one.person_id == person.pk:
            raise RoleTooNew(**one.facts)


def may_approve(person: Person, ledger_id: int, requester_id: int) -> bool:
    """Whether this attorney decides on money of the ledger that the requester asked for."""
    return bool(call("SELECT may_approve(%s, %s, %s)", person.pk, ledger_id, requester_id))


def may_take_back(person: Person, ledger_id: int, requester_id: int) -> bool:
    """Whether this attorney takes back a decision on money that the requester asked for; a new role does too."""
    return bool(call("SELECT may_take_back(%s, %s, %s)", person.pk, ledger_id, requester_id))


def void_authority(authority: SpendingAuthority, reason: str) -> bool:
    """Void an unused authority; whether it was still unused."""
    return bool(call("SELECT void_authority(%s, %s)", authority.pk, reason))
