"""One payment over several invoices, in whole cents: oldest first, in equal proportions, or chosen amounts.

Pure functions: they know amounts only. Each returns what of the payment goes to which invoice, by its key; nothing is
ever given beyond what is open, and everything given adds up to the payment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firms.refusals import Refusal
from ledgers.money import Money, as_text, cents_of, money


@dataclass(frozen=True)
class Open:
    """An invoice as an allocation sees it: its key and what is open of it, in cents."""

    key: int
    cents: int


class AllocationRefused(Refusal):
    """An amount that cannot be allocated. Rule: SPEC flow Earned fee; I10."""

    code = "allocation_refused"
    sentence = "{asked} cannot be allocated: {why}"

    def __init__(self, asked: int, why: str, **facts: Money) -> None:
        """Keep what was asked, and the figures that the sentence names."""
        super().__init__(asked=as_text(money(asked)), why=why, **{name: as_text(fact) for name, fact in facts.items()})


def oldest_first(payment: int, invoices: Sequence[Open]) -> dict[int, int]:
    """Fill the invoices in the order given (oldest first) until the payment is used; keys with nothing are left out.

    Raises:
        AllocationRefused: the payment is not positive, or more than is open.
    """
    _refuse_beyond(payment, invoices)
    found, left = {}, payment
    for invoice in invoices:
        share = min(left, invoice.cents)
        if share:
            found[invoice.key] = share
        left -= share
    return found


def equal_proportions(payment: int, invoices: Sequence[Open]) -> dict[int, int]:
    """Give every invoice the same proportion of what is open of it, exact to the cent (largest remainder).

    Each share is its exact proportion rounded down or up; what rounding leaves goes to the largest remainders, the
    earlier invoice first where they are equal.

    Raises:
        AllocationRefused: the payment is not positive, or more than is open.
    """
    total = _refuse_beyond(payment, invoices)
    shares = {invoice.key: payment * invoice.cents // total for invoice in invoices}
    left = payment - sum(shares.values())
    by_remainder = sorted(invoices, key=lambda invoice: -(payment * invoice.cents % total))
    for invoice in by_remainder[:left]:
        shares[invoice.key] += 1
    return {key: share for key, share in shares.items() if share}


def chosen(payment: int, invoices: Sequence[Open], amounts: Mapping[int, int]) -> dict[int, int]:
    """Give each invoice the amount that somebody chose; together they are the payment.

    Raises:
        AllocationRefused: they are not the payment, name an invoice that is not open, or more than is open of one.
    """
    _refuse_beyond(payment, invoices)
    open_by_key = {invoice.key: invoice.cents for invoice in invoices}
    for key, cents in amounts.items():
        left = open_by_key.get(key, 0)
        if not 0 <= cents <= left:
            figures = f"{as_text(money(left))} is open of one of the invoices, not {as_text(money(cents))}"
            why = f"{figures}. Choose at most that."
            raise AllocationRefused(payment, why, open=money(left), chosen=money(cents))
    together = sum(amounts.values())
    if together != payment:
        why = f"the chosen amounts add up to {as_text(money(together))}. Make them the payment, to the cent."
        raise AllocationRefused(payment, why, chosen=money(together))
    return {key: cents for key, cents in amounts.items() if cents}


def of_money(amount: Money, invoices: Mapping[int, Money]) -> tuple[int, list[Open]]:
    """Return a payment and what is open as the functions here take them."""
    return cents_of(amount), [Open(key, cents_of(left)) for key, left in invoices.items()]


def _refuse_beyond(payment: int, invoices: Sequence[Open]) -> int:
    """Return what is open together."""
    total = sum(invoice.cents for invoice in invoices)
    if payment <= 0:
        raise AllocationRefused(payment, "a payment is more than $0.00. Type what was paid.")
    if payment > total:
        why = f"only {as_text(money(total))} is open on these invoices. Pay at most that, or add an invoice."
        raise AllocationRefused(payment, why, open=money(total))
    return total
