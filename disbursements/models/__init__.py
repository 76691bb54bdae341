"""Requests for money out; the people and organizations that are paid; checks; invoices paid from trust."""

from disbursements.models.approvals import FirstApproval
from disbursements.models.attachments import Attachment, AttachmentPiece
from disbursements.models.checks import BY_CHECK, Check, CheckBatch, CheckNumbering
from disbursements.models.closing import FinalStatement
from disbursements.models.fees import ClientAnswer, FeeAuthorization, FeeTransfer, InvoiceLink
from disbursements.models.links import ApprovalLink
from disbursements.models.payees import PAID_BY, Payee, PayeeBank
from disbursements.models.requests import (
    APPROVED,
    MOVES,
    OPEN,
    PAYMENTS,
    SENT_TO_BANK,
    TRANSFERS,
    DisbursementRequest,
    Kind,
    State,
)
from disbursements.models.settlements import (
    SettledOtherwise,
    SettledOtherwiseTakenBack,
    SettlementAuthorization,
    SettlementSignature,
    SettlementTransfer,
)

__all__ = [
    "APPROVED",
    "BY_CHECK",
    "MOVES",
    "OPEN",
    "PAID_BY",
    "PAYMENTS",
    "SENT_TO_BANK",
    "TRANSFERS",
    "ApprovalLink",
    "Attachment",
    "AttachmentPiece",
    "Check",
    "CheckBatch",
    "CheckNumbering",
    "ClientAnswer",
    "DisbursementRequest",
    "FeeAuthorization",
    "FeeTransfer",
    "FinalStatement",
    "FirstApproval",
    "InvoiceLink",
    "Kind",
    "Payee",
    "PayeeBank",
    "SettledOtherwise",
    "SettledOtherwiseTakenBack",
    "SettlementAuthorization",
    "SettlementSignature",
    "SettlementTransfer",
    "State",
]
