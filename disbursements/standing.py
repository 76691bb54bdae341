"""Whether a request could be paid if it were approved now: asked of the books before somebody decides in vain.

The database refuses, whoever writes; here its own rules are asked beforehand (`objection_to_posting`,
`objection_to_payee`), so that nobody spends a code on what the books will not post.
"""

import json
from dataclasses import dataclass

from disbursements import payee_standing
from disbursements.models import DisbursementRequest
from firms.clock import asked
from firms.models import Person
from firms.refusals import BY_CODE, Refusal
from ledgers.holds import available_balance
from ledgers.money import ZERO
from ledgers.refusals import AccountInDeficit, LedgerInDeficit


@dataclass(frozen=True)
class Standing:
    """What becomes of an approval given now: refused, recorded without being posted, or posted (neither is set)."""

    refused: Refusal | None = None
    unfunded: str = ""


def standing(request: DisbursementRequest, person: Person) -> Standing:
    """Return what an approval by this person would come to now."""
    against = payee_standing.objection(request, person) or _of_posting(request)
    if isinstance(against, LedgerInDeficit | AccountInDeficit):
        return Standing(unfunded=against.detail)
    if against is not None:
        return Standing(refused=against)
    if available_balance(request.ledger) < ZERO:  # its own reservation counted
        return Standing(unfunded="The ledger does not hold enough for this any more.")
    return Standing()


def _of_posting(request: DisbursementRequest) -> Refusal | None:
    """Return what the books refuse of its posting now, but for money that is not there."""
    answer = asked("SELECT objection_to_posting(%s)", request.pk)
    found = json.loads(answer) if isinstance(answer, str) else answer
    return BY_CODE[found["code"]](**found["facts"]) if found else None
