"""How the tests ask for money."""

from disbursements.models import DisbursementRequest, Payee
from disbursements.requests import request_money
from ledgers.authorities import Spending
from ledgers.models import Ledger
from ledgers.money import money
from tests.cast import Cast, key


def spending(ledger: Ledger, cents: int, **changes: object) -> Spending:
    """Return a filing fee to be paid out of a ledger."""
    asked: dict[str, object] = {
        "kind": "disbursement",
        "payee": "Court Clerk",
        "method": "check",
        "purpose": "Filing fee",
        "reference": "1001",
    }
    return Spending(ledger_id=ledger.pk, amount=money(cents), **(asked | changes))  # type: ignore[arg-type]


def ask(
    cast: Cast, cents: int = 40000, *, consent: str = "", record: Payee | None = None, **changes: object
) -> DisbursementRequest:
    """Let the coordinator ask for money of Smith's matter."""
    asked = spending(cast.smith_ledger, cents, **changes)
    return request_money(cast.coordinator, key(), asked, consent=consent, payee=record)
