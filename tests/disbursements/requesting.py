"""How the tests ask for money."""

from collections.abc import Iterator

from django.db import connection

from disbursements.drafts import save_draft
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


AGAIN = """
    WITH first AS (SELECT * FROM disbursements_disbursementrequest WHERE id = %s),
    held AS (SELECT place_hold(requester_id, ledger_id, 'reserved', amount, 'Requested') AS id
               FROM first, generate_series(1, %s))
    INSERT INTO disbursements_disbursementrequest
           (kind, ledger_id, payee, amount, method, purpose, reference, operating_account_id, note, consent,
            attachments, content_hash, requester_id, requested_at, hold_id, state, version, reason)
    SELECT kind, ledger_id, payee, amount, method, purpose, reference, operating_account_id, note, consent,
           attachments, content_hash, requester_id, requested_at, held.id, state, version, reason FROM first, held
    RETURNING id"""


def asked_again(request: DisbursementRequest, times: int) -> Iterator[DisbursementRequest]:
    """Yield a request and others like it, `times` in all: made in one statement, through the guards, for a race."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, [request.pk, times - 1])
        made = [row[0] for row in cursor.fetchall()]
    found = DisbursementRequest.objects.in_bulk([request.pk, *made])
    return iter(found.values())


def draft(cast: Cast, cents: int = 40000, **changes: object) -> DisbursementRequest:
    """Let the coordinator keep a draft of asking for money of Smith's matter."""
    return save_draft(cast.coordinator, key(), spending(cast.smith_ledger, cents, **changes))
