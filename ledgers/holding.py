"""Holding money by hand: what somebody may do with a key, once."""

from datetime import date

from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed
from firms.retry import retrying
from ledgers.commands import once
from ledgers.holds import place_hold
from ledgers.models import Hold, Ledger
from ledgers.money import Money, cents_of


@retrying
def hold_money(
    person: Person,
    key: str,
    ledger: Ledger,
    *,
    kind: str,
    amount: Money,
    reason: str,
    until: date | None = None,
    disputed_by: str = "",
) -> Hold:
    """Hold disputed money, or money for another reason, until a date or until two people release it.

    `reason` says what is disputed, `disputed_by` by whom; what is left of the ledger can be paid.

    Raises:
        NotAllowed, InsufficientFunds, AmountNotPositive, ReasonMissing, DisputeUnnamed, KeyReused.

    Rule: Model Rule 1.15(e); SPEC I12.
    """
    if not may(person, Capability.RECORD_MONEY):
        raise NotAllowed
    if kind not in (Hold.Kind.DISPUTED, Hold.Kind.MANUAL):
        raise NotAllowed
    content = {
        "what": "hold",
        "ledger": ledger.pk,
        "kind": kind,
        "cents": cents_of(amount),
        "reason": reason,
        "until": until,
        "disputed_by": disputed_by,
    }

    def work() -> dict[str, int]:
        return {"hold": place_hold(person, ledger, kind, amount, reason, until, disputed_by=disputed_by).pk}

    answer = once(person, key, content, work)
    return Hold.objects.select_related("ledger").get(pk=answer["hold"])
