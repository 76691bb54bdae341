"""How the tests have settlement statements signed, authorized and paid."""

import io
from typing import Any

from billing.settlement_models import SettlementStatement
from disbursements.attachments import store_attachment
from disbursements.models import Attachment, DisbursementRequest, SettlementAuthorization, SettlementSignature
from disbursements.requests import request_money
from disbursements.settlement_fees import grant, spending_of
from disbursements.settlement_queries import Part, firms_part_open
from disbursements.settlement_signing import record_signature
from disbursements.taking_fees import Terms
from firms.models import Person
from ledgers.authorities import Spending
from ledgers.money import money
from tests.billing.settling import issued
from tests.cast import Cast, key, today

PAPER = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def paper(by: Person, data: bytes = PAPER, name: str = "signed.png") -> Attachment:
    """Upload a signed paper."""
    return store_attachment(by, name, io.BytesIO(data))


def sign(cast: Cast, it: SettlementStatement, by: Person | None = None, **changes: Any) -> SettlementSignature:
    """Record the client's signature under a statement."""
    who = by or cast.coordinator
    said: dict[str, Any] = {
        "code": it.printed_code,
        "signed_on": today(),
        "evidence": "In the office",
    }
    return record_signature(who, key(), it, paper=changes.pop("paper", None) or paper(who), **(said | changes))


def signed(cast: Cast, *lines: Any, evidence: str = "By mail", **more: Any) -> SettlementStatement:
    """Issue a statement and have it signed."""
    it = issued(cast, *lines, **more)
    sign(cast, it, evidence=evidence)
    return SettlementStatement.objects.select_related("matter").get(pk=it.pk)


def terms(cast: Cast, it: SettlementStatement, cents: int | None = None) -> Terms:
    """Return what is unpaid of fee and costs (or less), out of the matter's ledger, into the operating account."""
    amount = firms_part_open(it) if cents is None else money(cents)
    return Terms(cast.ledger(it.matter), cast.operating, amount)


def authorized(
    cast: Cast, it: SettlementStatement, cents: int | None = None, by: Person | None = None
) -> SettlementAuthorization:
    """Let the attorney authorize a statement, the code checked already."""
    asked = terms(cast, it, cents)
    return grant(by or cast.attorney, it.pk, asked, spending_of(it, asked).content_hash())


def wanted(cast: Cast, part: Part, cents: int, **changes: Any) -> Spending:
    """Return a payment of a part, as the statement says it."""
    said: dict[str, Any] = {
        "ledger_id": cast.ledger(part.statement.matter).pk, "kind": "disbursement" if part.line else "return",
        "payee": part.payee, "method": "check", "purpose": part.purpose, "reference": part.statement.number,
    }  # fmt: skip
    return Spending(amount=money(cents), **(said | changes))


def ask_for(cast: Cast, part: Part, cents: int, by: Person | None = None, **changes: Any) -> DisbursementRequest:
    """Ask for the payment of a part of a statement."""
    return request_money(by or cast.coordinator, key(), wanted(cast, part, cents, **changes), part=part)
