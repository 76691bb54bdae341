"""What every request for money out says, and must say."""

from collections.abc import Iterable
from typing import Any

from disbursements.models import PAYMENTS, TRANSFERS, Attachment, DisbursementRequest, Payee
from firms.access import Capability, may
from firms.clock import asked
from firms.models import Person
from firms.refusals import NotAllowed
from ledgers.authorities import Spending
from ledgers.models import JournalEntry
from ledgers.money import cents_of
from ledgers.refusals import AmountNotPositive, OutflowIncomplete, PayeeIsCash


def refuse_incomplete(spending: Spending) -> None:
    """Refuse a request that names no payee, purpose, reference or amount, or pays in cash.

    Raises:
        OutflowIncomplete, PayeeIsCash, AmountNotPositive.

    Rule: SPEC I8.
    """
    words = (spending.payee, spending.purpose, spending.reference)
    if not all(word.strip() for word in words):
        raise OutflowIncomplete(payee=words[0], purpose=words[1], reference=words[2])
    if spending.method == JournalEntry.Method.CASH or asked("SELECT is_bearer(%s)", spending.payee):
        raise PayeeIsCash(payee=spending.payee)
    if cents_of(spending.amount) <= 0:
        raise AmountNotPositive(asked=cents_of(spending.amount))
    assert spending.kind in (*PAYMENTS, *TRANSFERS)


def written(
    person: Person,
    spending: Spending,
    *,
    note: str,
    consent: str,
    payee: Payee | None,
    receipt: JournalEntry | None,
    files: Iterable[Attachment],
) -> DisbursementRequest:
    """Return a request as it is written down, not saved.

    Raises:
        NotAllowed: the person requests no money.
    """
    if not may(person, Capability.REQUEST_MONEY):
        raise NotAllowed
    return DisbursementRequest(
        kind=spending.kind,
        ledger_id=spending.ledger_id,
        payee=spending.payee,
        payee_record=payee,
        amount=spending.amount,
        method=spending.method,
        purpose=spending.purpose,
        reference=spending.reference,
        destination_ledger_id=spending.destination_ledger_id,
        operating_account_id=spending.operating_account_id,
        earliest_date=spending.earliest_date,
        note=note.strip(),
        consent=consent.strip(),
        receipt=receipt,
        attachments=sorted(file.pk for file in files),
        requester=person,
    )


def said_by(what: str, request: DisbursementRequest, spending: Spending) -> dict[str, Any]:
    """Return what a key was used for."""
    said: dict[str, Any] = {"what": what, "hash": spending.content_hash()}
    said |= {"note": request.note, "consent": request.consent}
    said |= {"receipt": request.receipt_id, "replaces": request.replaces_id}
    if request.settlement_id is not None:
        said |= {"settlement": request.settlement_id, "line": request.settlement_line_id}
    if request.payee_record is not None:
        said |= {"payee": request.payee_record.pk, "payee_bank": request.payee_record.bank_id}
    return said | ({"attachments": request.attachments} if request.attachments else {})
