"""The client's signature under a settlement statement, with the signed paper; the attorney is told.

Rule: SPEC flow *Earned fee* (contingency); I9, I10.
"""

import datetime as dt
from typing import Any, BinaryIO

from django.db import transaction

from billing.settlement_models import SettlementStatement
from disbursements.attachments import JPEG, PDF, PNG, AttachmentRefused, store_attachment
from disbursements.models import Attachment, SettlementSignature
from disbursements.settlement_refusals import SettlementPaperUnlike
from firms import outbox
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.commands import once
from ledgers.money import as_text

PRINTED = 12


def is_code_of(it: SettlementStatement, typed: str) -> bool:
    """Say whether this is the code printed on a statement, or its whole content hash; spaces and case do not matter."""
    plain = "".join(typed.split()).lower()
    return bool(it.content_hash) and plain in (it.content_hash, it.content_hash[:PRINTED])


@retrying
def record_signature(
    by: Person, key: str, it: SettlementStatement, code: str, signed_on: dt.date, paper: Attachment, evidence: str = ""
) -> SettlementSignature:
    """Record that the client signed exactly this statement, with the signed paper; a repeated key answers the first.

    `code` is what is printed on the paper beside the signature.

    Raises:
        NotAllowed, SettlementPaperUnlike, SettlementNotToSign, SettlementSignedWhen, SettlementNotRecorded.
        AttachmentRefused: the paper is no PDF, PNG or JPEG. KeyReused, KeyMissing.
        AttachmentMissing: the paper is not whole, or somebody else uploaded it.

    Rule: SPEC I9, I10, I12.
    """
    if not may(by, Capability.REQUEST_MONEY) or not books_of(by).matters.filter(pk=it.matter_id).exists():
        raise NotAllowed
    if not is_code_of(it, code):
        raise SettlementPaperUnlike(settlement=it.in_words)
    if paper.content_type not in (PDF, PNG, JPEG):
        raise AttachmentRefused(name=paper.name, why="a signed paper is a scan: a PDF, PNG or JPEG.")
    said = {"what": "settlement_signature", "settlement": it.pk, "hash": it.content_hash, "on": signed_on}

    def work() -> dict[str, Any]:
        made = SettlementSignature.objects.create(
            statement=it, content_hash=it.content_hash, signed_on=signed_on, attachment=paper,
            evidence=evidence.strip()[:500], recorded_by=by, at=now(),
        )  # fmt: skip
        _tell(made)
        return {"signature": made.pk}

    with translating():
        given = once(by, key, {**said, "sha256": paper.sha256, "evidence": evidence.strip()}, work)
    return SettlementSignature.objects.select_related("statement").get(pk=given["signature"])


@retrying
def upload_signature(
    by: Person, key: str, it: SettlementStatement, said: dict[str, Any], name: str, stream: BinaryIO
) -> SettlementSignature:
    """Keep the signed paper and record the signature, both or neither; `said`: code, signed_on, evidence.

    Raises:
        Refusal: as `store_attachment` and `record_signature`.
    """
    with transaction.atomic():
        paper = store_attachment(by, name, stream)
        return record_signature(by, key, it, said["code"], said["signed_on"], paper, said["evidence"])


def _tell(made: SettlementSignature) -> None:
    """Have the attorneys who decide on it asked, through the outbox, once."""
    it = made.statement
    facts = {
        "number": it.number, "matter": it.matter.number, "amount": as_text(it.firms_part), "gross": as_text(it.gross),
        "by": made.recorded_by.full_name, "path": f"/settlements/{it.pk}/",
    }  # fmt: skip
    outbox.tell("settlement_signed", it, facts, dedupe=f"settlement_signed:{it.pk}")
