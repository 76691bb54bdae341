"""Requests for money out; the people and organizations that are paid."""

from disbursements.models.payees import PAID_BY, Payee, PayeeBank
from disbursements.models.requests import (
    APPROVED,
    MOVES,
    OPEN,
    PAYMENTS,
    TRANSFERS,
    DisbursementRequest,
    Kind,
    State,
)

__all__ = [
    "APPROVED",
    "MOVES",
    "OPEN",
    "PAID_BY",
    "PAYMENTS",
    "TRANSFERS",
    "DisbursementRequest",
    "Kind",
    "Payee",
    "PayeeBank",
    "State",
]
