"""Whether a request may be paid to its payee as things stand: who it is, where the money goes, and what changed since.

The database decides (`payee_objection`), whoever writes; here it is asked beforehand, so that no code is spent on a
request that cannot be approved, and shown to whoever decides.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from disbursements import payee_queries
from disbursements.models import SENT_TO_BANK, DisbursementRequest, Payee, PayeeBank
from firms.clock import asked
from firms.models import Person
from firms.refusals import BY_CODE, Refusal
from ledgers.calls import call


class PayeeNeeded(Refusal):
    """Money is sent to a bank only for a payee whose details were confirmed."""

    code = "payee_needed"
    sentence = (
        "A wire or ACH is sent only to a payee of the list whose bank details two people confirmed. Choose the payee "
        "from the list, or pay by check."
    )


class PayeeBankMissing(Refusal):
    """The payee has no bank details."""

    code = "payee_bank_missing"
    sentence = (
        "{payee} has no confirmed bank details. Enter them on the payee's page after a call back and have them "
        "confirmed, or pay by check."
    )


class PayeeDetailsChanged(Refusal):
    """What was asked for is not where the money would go now."""

    code = "payee_details_changed"
    sentence = (
        "Name or bank details of {payee} have changed since this was requested. Nothing was paid. The request must be "
        "made again with the details of today, after looking at what changed."
    )


class PayeeCooling(Refusal):
    """Confirmed details rest first."""

    code = "payee_cooling"
    sentence = (
        "The bank details of {payee} were confirmed only a short while ago: wires and ACH are possible from {until}. "
        "If the payee cannot wait, pay by check."
    )

    def __init__(self, **facts: Any) -> None:
        """Keep the facts, the instant as such."""
        until = facts.get("until")
        super().__init__(**facts | {"until": datetime.fromisoformat(until) if isinstance(until, str) else until})

    def told(self) -> dict[str, Any]:
        """Return the facts with the instant in the firm's zone."""
        return super().told() | {"until": f"{timezone.localtime(self.facts['until']):%b %d, %Y %H:%M %Z}"}


class PayeeChangerDecides(PayeeCooling):
    """Whoever changed where the money goes does not let it go there."""

    code = "payee_changer_decides"
    sentence = (
        "You changed the bank details of {payee} within the last 24 hours, so you cannot approve a payment to this "
        "payee yet. Another attorney of the matter can, or you after {until}."
    )


class PayeeUnlike(Refusal):
    """The name on the request is not the payee's."""

    code = "payee_unlike"
    sentence = "The request names “{asked}”, but the payee chosen is “{payee}”. Choose the payee again."


def bank_for(payee: Payee | None, method: str) -> PayeeBank | None:
    """Return the bank details by which a payment would be sent: none for a check."""
    return payee.bank if payee is not None and method in SENT_TO_BANK else None


def hashed(request: DisbursementRequest) -> dict[str, str]:
    """Return what the content hash covers of the payee: which one, and the fingerprint of the account at the bank.

    Rule: SPEC I9; RELIABILITY D18.
    """
    bank = request.payee_bank
    return {
        "payee_record": str(request.payee_record_id or ""),
        "payee_bank": bytes(bank.number_fingerprint).hex() if bank else "",
    }


def objection(request: DisbursementRequest, person: Person | None = None) -> Refusal | None:
    """Return why the request cannot be paid to its payee now (by this approver); None when it can."""
    answer = asked("SELECT objection_to_payee(%s, %s)", request.pk, person and person.pk)
    found = json.loads(answer) if answer else None
    return BY_CODE[found["code"]](**found["facts"]) if found else None


def hold_payee(request: DisbursementRequest, approver: Person | None = None) -> None:
    """Hold that the request may be paid to its payee, and keep the payee as it is until the transaction ends.

    Raises:
        PayeeNeeded, PayeeBankMissing, PayeeDetailsChanged, PayeeCooling, PayeeInactive, PayeeChangerDecides.

    Rule: RELIABILITY D19, D20.
    """
    call("SELECT hold_payee_of(%s, %s)", request.pk, approver and approver.pk)


def open_by_bank(payee: Payee) -> list[DisbursementRequest]:
    """Return the open requests that would be sent to the payee's bank."""
    found = payee_queries.open_requests(payee).filter(method__in=SENT_TO_BANK)
    return list(found.select_related("ledger__matter", "requester", "decided_by"))


@dataclass(frozen=True)
class PaidTo:
    """What whoever decides must know of the payee: details asked for, now and before; names that look alike."""

    payee: Payee | None
    now: PayeeBank | None
    before: PayeeBank | None
    alike: list[payee_queries.Alike]
    objection: Refusal | None


def paid_to(request: DisbursementRequest, person: Person, *, is_open: bool) -> PaidTo | None:
    """Return what to show of the payee; None for a transfer, and for a plain name that nothing is known of."""
    if request.is_transfer or request.operating_account_id:
        return None
    payee = request.payee_record
    history = [bank for bank in payee_queries.bank_history(payee) if bank.confirmed_at] if payee else []
    now = next((bank for bank in history if payee and bank.pk == payee.bank_id), None)
    before = next((bank for bank in history if now and bank.pk < now.pk), None)
    alike = payee_queries.alike(request.payee, payee.pk if payee else None)
    against = objection(request, person) if is_open else None
    return PaidTo(payee, now, before, alike, against) if payee or alike or against else None
