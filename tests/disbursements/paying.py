"""How the tests come to payees with bank details."""

from datetime import timedelta
from typing import Any

from disbursements.models import Payee
from disbursements.payee_bank import propose_bank
from disbursements.payees import record_payee
from firms import proposals
from firms.clock import asked, now
from firms.models import Person, Proposal
from tests.cast import Cast
from tests.firms.cast import code_of

ACCOUNT = "000123456789"


def proposed(cast: Cast, payee: Payee, account: str = ACCOUNT, by: Person | None = None, **changes: Any) -> Proposal:
    """Let the coordinator call the payee back and propose an account."""
    told: dict[str, Any] = {
        "bank_name": "Empire State Bank", "routing_number": "021000021", "account_number": account,
        "called_person": "Rosa Diaz", "called_number": "(718) 555-0100", "called_when": now() - timedelta(hours=1),
    }  # fmt: skip
    return propose_bank(by or cast.coordinator, payee, **told | changes)


def confirmed(cast: Cast, proposal: Proposal, by: Person | None = None, step: int = 0) -> Payee:
    """Let the supervisor (or somebody else) confirm it with a code."""
    who = by or cast.supervisor
    proposals.confirm_with_code(proposal.pk, who, code_of(who, step), proposal.content_hash)
    return Payee.objects.select_related("bank").get(pk=proposal.subject_id)


def later(at: Any, hours: float) -> None:
    """Let hours pass on the firm's clock."""
    at((asked("SELECT firm_now()") + timedelta(hours=hours)).isoformat())


def payee_with_bank(cast: Cast, at: Any, name: str = "Metro Reporting, Inc.", **changes: Any) -> Payee:
    """Return a payee whose bank details were confirmed 25 hours ago: they may be used."""
    payee = confirmed(cast, proposed(cast, record_payee(cast.coordinator, name=name), **changes))
    later(at, 25)
    return payee


def changed_bank(cast: Cast, payee: Payee, step: int = 1) -> Payee:
    """Let two people change where a payee is paid."""
    return confirmed(cast, proposed(cast, payee, "55500099", bank_name="Harbor Bank"), step=step)
