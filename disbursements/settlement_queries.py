"""Settlement statements as money out sees them: the signature, and what can be done next."""

from django.db.models import QuerySet

from billing.settlement_models import SettlementStatement
from disbursements.models import SettlementSignature


def signature_of(it: SettlementStatement) -> "QuerySet[SettlementSignature]":
    """Return the client's signature under a statement, if there is one."""
    return SettlementSignature.objects.filter(statement=it).select_related("attachment", "recorded_by")
