"""Holds: money in a ledger that may not be spent yet. Python faces of the database functions."""

from datetime import date

from firms.models import Person
from firms.refusals import Refusal
from firms.retry import retrying
from ledgers.calls import call
from ledgers.models import Hold, Ledger
from ledgers.money import Money, cents_of, money


def held_amount(ledger: Ledger) -> Money:
    """Return what is held in the ledger today."""
    return money(call("SELECT held_amount(%s)", ledger.pk))


def available_balance(ledger: Ledger) -> Money:
    """Return what may be spent voluntarily: the ledger's balance as it is now, less open holds."""
    return money(call("SELECT balance - held_amount(id) FROM ledgers_ledger WHERE id = %s", ledger.pk))


class DisputeUnnamed(Refusal):
    """Disputed money says by whom, and no other does."""

    code = "dispute_unnamed"
    sentence = (
        "Say who disputes the money (the client, a lienholder, another lawyer) when it is held as disputed, and nobody "
        "when it is held for another reason. The rest of the ledger can be paid."
    )
    constraints = ("hold_disputed_by_somebody",)


@retrying
def place_hold(
    actor: Person,
    ledger: Ledger,
    kind: str,
    amount: Money,
    reason: str,
    until: date | None = None,
    *,
    disputed_by: str = "",
) -> Hold:
    """Hold money: reserved for a request, disputed (by whom), or by hand.

    Raises:
        InsufficientFunds: more than is available.
        DisputeUnnamed: nobody is named who disputes it.
        LedgerInDeficit, DisbursementsStopped, MatterClosed: a reservation where nothing may be spent.

    Rule: SPEC I4; Model Rule 1.15(e) for disputed money.
    """
    sql = "SELECT place_hold(%s, %s, %s, %s, %s, %s, %s)"
    placed = call(sql, actor.pk, ledger.pk, kind, cents_of(amount), reason, until, disputed_by)
    return Hold.objects.get(pk=placed)


@retrying
def end_reservation(actor: Person | None, hold: Hold, reason: str) -> None:
    """Free a request's reservation; nothing happens if it has ended. Without an actor its time was over."""
    call("SELECT end_reservation(%s, %s, %s)", actor and actor.pk, hold.pk, reason)


@retrying
def release_hold(actor: Person, hold: Hold, second_person: Person, evidence: str) -> None:
    """Release a hold before its time, on evidence, by two people; the second one a trust supervisor.

    Raises:
        SecondPersonNeeded, EvidenceMissing, HoldAlreadyReleased.
    """
    call("SELECT release_hold(%s, %s, %s, %s)", actor.pk, hold.pk, second_person.pk, evidence)
