"""A payee's bank details: one person calls back and proposes them, another confirms; then they rest for 24 hours.

An e-mail that asks to be paid elsewhere is the commonest way in which trust money is stolen (FAULTS F120): so nobody
changes where money goes alone, nor at once, and whoever approves a payment sees what changed.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from disbursements import payee_queries
from disbursements.models import Payee, PayeeBank
from disbursements.payee_standing import open_by_bank
from disbursements.requests import tell
from firms import audit, proposals
from firms.access import Capability, may
from firms.clock import asked, now
from firms.models import Person, Proposal
from firms.refusals import BY_CONSTRAINT, NotAllowed, Refusal, translating
from ledgers.account_numbers import SealedNumber, seal_number
from ledgers.proposals import second_person
from ledgers.refusals import RoutingNumberWrong

KIND = "payees.bank"
TITLE = "Bank details of a payee"


class CallBackMissing(Refusal):
    """Nobody called the payee."""

    code = "call_back_missing"
    sentence = (
        "Say whom you called, at which number, and when. Use a number the firm knew before, never one from the message "
        "that asks for the change; the call cannot be in the future."
    )
    constraints = ("payee_bank_called_back",)


class PayeeBankWaiting(Refusal):
    """One change at a time."""

    code = "payee_bank_waiting"
    sentence = (
        "Bank details of {name}, proposed by {by}, wait for confirmation. Confirm, decline or withdraw them first."
    )


class PayeeAccountShared(Refusal):
    """Two payees with one account: perhaps one of them is not who it says."""

    code = "payee_account_shared"
    sentence = (
        "This account is already that of {name}. If both are really paid there, say so; otherwise stop and call the "
        "payee."
    )


class PayeeInactive(Refusal):
    """The payee was deactivated."""

    code = "payee_inactive"
    sentence = "{payee} is inactive and not paid. Activate the payee first, or choose another one."


class PayeeBankNeedsAnotherPerson(Refusal):
    """Nobody decides alone where money goes."""

    code = "payee_bank_needs_another_person"
    sentence = "Bank details take effect only when one person proposed and another confirmed them."


class PayeeBankFixed(Refusal):
    """Bank details never change."""

    code = "payee_bank_fixed"
    sentence = "Bank details are never changed. Propose new ones, with a new call back."


def propose_bank(
    person: Person,
    payee: Payee,
    *,
    bank_name: str,
    routing_number: str,
    account_number: str,
    called_person: str,
    called_number: str,
    called_when: datetime,
    is_shared: bool = False,
) -> Proposal:
    """Propose where a payee is paid from now on, after calling back; the account number is encrypted at once.

    Raises:
        PayeeAccountShared: another payee, or the firm, has this account; `is_shared` says that this is right.
        CallBackMissing, PayeeBankWaiting, PayeeInactive, RoutingNumberWrong, NobodyCanConfirm, NotAllowed.
        ValidationError: the account number is none.

    Rule: RELIABILITY D20.
    """
    if not may(person, Capability.EDIT_RECORDS):
        raise NotAllowed
    second_person(person, Capability.CONFIRM_BANK_EVENTS)
    details = PayeeBank(payee=payee, bank_name=bank_name.strip(), routing_number=routing_number.strip())
    details.called_person, details.called_number = called_person.strip(), called_number.strip()
    details.called_when, details.proposed_by = called_when, person
    _seal(details, seal_number(details.uid, details.routing_number, account_number))
    shared = payee_queries.sharing_account(details)
    if shared and not is_shared:
        raise PayeeAccountShared(name=", ".join(shared))
    with translating(), transaction.atomic():
        _refuse_unless_free(payee)
        details.proposed_at = now()
        details.save(force_insert=True)
        if shared:
            audit.record("payee.account-shared", payee, after={"details": details.pk, "also_of": shared})
        content = {"details": details.pk, "payee": payee.pk}
        return proposals.propose(person, KIND, content, f"Bank details of {payee.name}", payee)


def details_of(proposal: Proposal) -> PayeeBank:
    """Return the bank details that a proposal is about."""
    people = ("payee__bank__confirmed_by", "payee__bank__proposed_by", "proposed_by", "confirmed_by")
    return PayeeBank.objects.select_related(*people).get(pk=proposal.content["details"])


def confirm_bank(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Put confirmed details in force: the database asks for the two people, and starts the 24 hours.

    Whoever asked for money by the old details is told to ask again; approvals that were not paid are void.

    Raises:
        PayeeInactive: the payee was deactivated meanwhile.
        PayeeBankNeedsAnotherPerson: no two people have just decided this.
    """
    details = details_of(proposal)
    if not details.payee.is_active:
        raise PayeeInactive(payee=details.payee.name)
    with translating(), transaction.atomic():
        PayeeBank.objects.filter(pk=details.pk).update(confirmed_by=confirmed_by, confirmed_at=now())
        for request in open_by_bank(details.payee):
            tell(request, "request_outdated", [request.requester_id])
    return {"details": details.pk}


def rests_until(details: PayeeBank) -> datetime | None:
    """Return the instant from which money may be sent by confirmed details; None when the 24 hours are over."""
    sql = "SELECT until FROM (SELECT %s::timestamptz + payee_cooling() AS until) c WHERE until > firm_now()"
    until: datetime | None = asked(sql, details.confirmed_at)
    return until


def called_back(details: PayeeBank) -> str:
    """Return the call back in one line, but for when it was."""
    return f"{details.called_person} at {details.called_number}"


def describe(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return what is to be confirmed: the new details and the call back, what is in force, and what looks odd."""
    new = details_of(proposal)
    old = new.payee.bank
    said: list[tuple[str, Any]] = [
        ("Payee", new.payee.name),
        ("New bank", new.bank_name),
        ("Routing number", new.routing_number),
        ("Account number", f"••{new.last_four}"),
        ("Called back", called_back(new)),
        ("Called on", new.called_when),
        ("Also the account of", ", ".join(payee_queries.sharing_account(new))),
        ("Name looks like", ", ".join(one.name for one in payee_queries.alike(new.payee.name, new.payee_id))),
    ]
    if old is None or old.pk == new.pk:
        said.append(("In force until then" if old is None else "", "No bank details" if old is None else ""))
    else:
        said += [("In force until then", str(old)), ("Since", old.confirmed_at)]
    return [(label, value) for label, value in said if label and value]


def register() -> None:
    """Make the kind of proposal known, and the check digit of our own table; called once, when the app is ready."""
    BY_CONSTRAINT["payee_bank_routing_number"] = RoutingNumberWrong
    proposals.register(KIND, confirm_bank, Capability.CONFIRM_BANK_EVENTS, TITLE, describe)


def _refuse_unless_free(payee: Payee) -> None:
    """Hold the payee's row, and that nothing waits for it."""
    locked = Payee.objects.select_for_update().get(pk=payee.pk)
    if not locked.is_active:
        raise PayeeInactive(payee=locked.name)
    if waiting := proposals.undecided(KIND, payee).first():
        raise PayeeBankWaiting(name=locked.name, by=waiting.proposed_by.full_name)


def _seal(details: PayeeBank, sealed: SealedNumber) -> None:
    details.number_encrypted, details.number_key_id = sealed.encrypted, sealed.key_id
    details.number_fingerprint, details.last_four = sealed.fingerprint, sealed.last_four
