"""How the tests have settlement statements signed."""

import io
from typing import Any

from billing.settlement_models import SettlementStatement
from disbursements.attachments import store_attachment
from disbursements.models import Attachment, SettlementSignature
from disbursements.settlement_signing import record_signature
from firms.models import Person
from tests.billing.settling import issued
from tests.cast import Cast, key, today

PAPER = b"%PDF-1.7\n1 0 obj <<>> endobj"


def paper(by: Person, data: bytes = PAPER, name: str = "signed.pdf") -> Attachment:
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
