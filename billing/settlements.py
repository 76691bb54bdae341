"""Settlement statements: drafted with costs and liens, issued once, made void with a reason.

The client signs what was issued and an attorney authorizes it in `disbursements/settlement_signing.py` and
`settlement_fees.py`. Rule: SPEC flow *Earned fee* (contingency); I10.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from billing.settlement_models import SettlementLine, SettlementState, SettlementStatement
from billing.settlement_refusals import SettlementContentFixed
from firms.access import Capability, may
from firms.clock import now
from firms.models import Person
from firms.refusals import ChangedMeanwhile, NotAllowed, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.commands import once
from ledgers.models import Matter
from ledgers.money import Money, cents_of
from ledgers.refusals import ReasonMissing

UNSETTLED = (SettlementState.DRAFT, SettlementState.ISSUED, SettlementState.SIGNED, SettlementState.AUTHORIZED)


@dataclass(frozen=True)
class Recovery:
    """What was recovered, who pays it, and what the attorney's fee is of it: a percentage of a basis, or an amount."""

    date: dt.date
    gross: Money
    received_from: str
    fee_basis: str
    fee_percent: Decimal | None = None
    fee: Money | None = None
    note: str = ""

    def columns(self) -> dict[str, Any]:
        """Return the columns of the row; the database works out the fee of a percentage."""
        said = {name: value for name, value in vars(self).items() if name != "fee" or value is not None}
        return said | {"received_from": self.received_from.strip(), "note": self.note.strip()}

    def said(self) -> dict[str, Any]:
        """Return it as what a key was used for."""
        amounts = {name: cents_of(value) for name in ("gross", "fee") if (value := getattr(self, name)) is not None}
        return self.columns() | amounts


@dataclass(frozen=True)
class Deduction:
    """A cost the firm advanced, or a lien with what was claimed and what was agreed."""

    kind: str
    payee: str
    description: str
    amount: Money
    claimed: Money | None = None


@retrying
def create_settlement(by: Person, key: str, matter: Matter, recovery: Recovery) -> SettlementStatement:
    """Begin a settlement statement; a repeated key answers the first.

    Raises:
        NotAllowed, SettlementNotContingency, SettlementMatterClosed, SettlementTermsWrong, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(by, matter)

    def work() -> dict[str, Any]:
        facts = {"matter": matter, "created_by": by, "created_at": now()}
        return {"settlement": SettlementStatement.objects.create(**facts, **recovery.columns()).pk}

    with translating():
        answer = once(by, key, {"what": "create_settlement", "matter": matter.pk, **recovery.said()}, work)
    return SettlementStatement.objects.get(pk=answer["settlement"])


@retrying
def change_settlement(by: Person, it: SettlementStatement, version: int, recovery: Recovery) -> SettlementStatement:
    """Change recovery and fee of a draft.

    Raises:
        NotAllowed, SettlementContentFixed, ChangedMeanwhile, SettlementTermsWrong.
    """
    return _move(by, it, version, {SettlementState.DRAFT}, recovery.columns())


@retrying
def add_deduction(by: Person, key: str, it: SettlementStatement, said: Deduction) -> SettlementStatement:
    """Put a cost or a lien on a draft; a repeated key answers the first.

    Raises:
        NotAllowed, SettlementContentFixed, SettlementLineWrong, KeyReused, KeyMissing.
    """
    _refuse_unless_theirs(by, it.matter)
    words = {"payee": said.payee.strip(), "description": said.description.strip()}
    line = SettlementLine(statement=it, kind=said.kind, amount=said.amount, claimed=said.claimed, **words)

    def work() -> dict[str, Any]:
        line.save(force_insert=True)
        return {"line": line.pk}

    asked = asdict(said) | {"amount": cents_of(said.amount), "claimed": said.claimed and cents_of(said.claimed)}
    with translating():
        once(by, key, {"what": "add_deduction", "settlement": it.pk, **asked}, work)
    return SettlementStatement.objects.get(pk=it.pk)


@retrying
def remove_deduction(by: Person, line: SettlementLine) -> SettlementStatement:
    """Take a cost or a lien off a draft.

    Raises:
        NotAllowed, SettlementContentFixed, SettlementLineFixed.
    """
    _refuse_unless_theirs(by, line.statement.matter)
    with translating(), transaction.atomic():
        SettlementLine.objects.filter(pk=line.pk).update(is_removed=True)
    return SettlementStatement.objects.get(pk=line.statement_id)


@retrying
def issue_settlement(by: Person, it: SettlementStatement, version: int) -> SettlementStatement:
    """Issue a draft as it was shown: it gets its number and its content hash, and never changes again.

    Raises:
        NotAllowed, ChangedMeanwhile, SettlementContentFixed: it is not what was shown, or issued already.
        SettlementIncomplete, SettlementBeyondGross, SettlementInFuture, SettlementMatterClosed.
    """
    changes = {"state": SettlementState.ISSUED, "issued_by": by, "issued_at": now()}
    return _move(by, it, version, {SettlementState.DRAFT}, changes)


@retrying
def void_settlement(by: Person, it: SettlementStatement, version: int, reason: str) -> SettlementStatement:
    """Make a statement of which nothing was paid void, with a reason; its number stays taken.

    Raises:
        ReasonMissing, NotAllowed, ChangedMeanwhile, SettlementContentFixed: it is void already.
        SettlementIsPaid: something of it was paid, or is asked for.
    """
    if not reason.strip():
        raise ReasonMissing
    changes = {"state": SettlementState.VOID, "voided_by": by, "voided_at": now(), "void_reason": reason.strip()[:300]}
    return _move(by, it, version, set(UNSETTLED), changes)


def _refuse_unless_theirs(by: Person, matter: Matter) -> None:
    if not may(by, Capability.MAKE_INVOICES) or not books_of(by).matters.filter(pk=matter.pk).exists():
        raise NotAllowed


def _move(
    by: Person, it: SettlementStatement, version: int, states: set[SettlementState], changes: dict[str, Any]
) -> SettlementStatement:
    """Change a statement that is still in one of the states and as it was shown."""
    _refuse_unless_theirs(by, it.matter)
    with translating(), transaction.atomic():
        held = SettlementStatement.objects.select_for_update(of=("self",)).get(pk=it.pk)
        if held.state not in states:
            raise SettlementContentFixed(settlement=held.in_words, state=held.state)
        if held.version != version:
            raise ChangedMeanwhile
        SettlementStatement.objects.filter(pk=held.pk).update(**changes, version=version + 1)
    return SettlementStatement.objects.select_related("matter").get(pk=it.pk)
