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
    person: Person, key: str, ledger: Ledger, *, kind: str, amount: Money, reason: str, until: date | None = None
) -> Hold:
    """Hold disputed money, or money for another reason, until a date or until two people release it.

    Raises:
        NotAllowed, InsufficientFunds, AmountNotPositive, ReasonMissing, KeyReused.

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
    }
    answer = once(person, key, content, lambda: {"hold": place_hold(person, ledger, kind, amount, reason, until).pk})
    return Hold.objects.select_related("ledger").get(pk=answer["hold"])
