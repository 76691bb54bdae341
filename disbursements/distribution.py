"""One payment over several invoices: an amount of a matter's trust money, distributed over what is authorized and due.

Oldest first, in equal proportions, or chosen (`billing.allocation`); posted as one transfer per invoice, all together
or none. Rule: SPEC flow *Earned fee*; I4, I10, I12.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from billing import allocation
from disbursements.earned_fees import pay
from disbursements.models import FeeAuthorization
from firms.access import Capability, may
from firms.models import Person
from firms.refusals import NotAllowed, Refusal, translating
from firms.retry import retrying
from ledgers.access import books_of
from ledgers.calls import call
from ledgers.commands import once
from ledgers.holds import available_balance
from ledgers.models import Ledger
from ledgers.money import ZERO, Money, as_text, cents_of, money


class Way(models.TextChoices):
    """How a payment is distributed."""

    OLDEST = "oldest", "Oldest invoice first"
    EQUAL = "equal", "Equal proportions"
    CHOSEN = "chosen", "Chosen amounts"


class DistributionOverAvailable(Refusal):
    """More than the ledger has available. Rule: SPEC I4."""

    code = "distribution_over_available"
    sentence = (
        "{asked} was asked for, but {available} is available in the ledger. Distribute at most that; the rest follows "
        "as money comes in."
    )


class DistributionChanged(Refusal):
    """The books moved since it was shown."""

    code = "distribution_changed"
    sentence = "Nothing was transferred: what would be paid is not what you were shown. Look at it again."


@dataclass(frozen=True)
class Share:
    """What one invoice gets: `due` is authorized and unpaid, `left` is what is due of it afterwards."""

    authorization: FeeAuthorization
    due: Money
    share: Money

    @property
    def left(self) -> Money:
        """What is due of it afterwards."""
        return self.due - self.share


@dataclass(frozen=True)
class Asked:
    """What somebody wants distributed; chosen amounts by the invoice's number in the database."""

    amount: Money
    way: str = Way.OLDEST
    chosen: Mapping[int, Money] | None = None

    def content(self) -> dict[str, Any]:
        """Return it as a command keeps it."""
        chosen = {str(pk): cents_of(amount) for pk, amount in sorted((self.chosen or {}).items())}
        return {"amount": cents_of(self.amount), "way": str(self.way), "chosen": chosen}


def ready_fees(ledger: Ledger) -> list[FeeAuthorization]:
    """Return the authorizations out of a ledger whose both conditions are there, by the age of their invoices."""
    against: Any = models.Func(models.F("pk"), function="objection_to_fee", output_field=models.JSONField())
    found = FeeAuthorization.objects.filter(ended_at__isnull=True, authority__ledger=ledger).alias(against=against)
    ready = found.filter(against__isnull=True).select_related("authority", "invoice__matter")
    return [one for one in ready.order_by("invoice__date", "invoice_id") if one.due > ZERO]


def usual(ledger: Ledger) -> Asked:
    """Return what is offered first: all that is available and due, oldest first."""
    due = sum((one.due for one in ready_fees(ledger)), ZERO)
    return Asked(max(min(available_balance(ledger), due), ZERO))


def distribution(ledger: Ledger, asked: Asked) -> list[Share]:
    """Return what each invoice would get, oldest first; those that get nothing too.

    Raises:
        AllocationRefused: nothing, more than is due, or chosen amounts that do not fit.
        DistributionOverAvailable: more than the ledger has available.
    """
    found = ready_fees(ledger)
    payment, due = allocation.of_money(asked.amount, {one.invoice_id: one.due for one in found})
    if asked.way == Way.CHOSEN:
        chosen = {pk: cents_of(amount) for pk, amount in (asked.chosen or {}).items()}
        shares = allocation.chosen(payment, due, chosen)
    else:
        shares = (allocation.equal_proportions if asked.way == Way.EQUAL else allocation.oldest_first)(payment, due)
    available = available_balance(ledger)
    if asked.amount > available:
        raise DistributionOverAvailable(asked=as_text(asked.amount), available=as_text(available))
    return [Share(one, one.due, money(shares.get(one.invoice_id, 0))) for one in found]


def hash_of(ledger: Ledger, shares: list[Share]) -> str:
    """Return the hash of what is shown: which invoice gets what, of how much."""
    rows = [(one.authorization.pk, cents_of(one.due), cents_of(one.share)) for one in shares]
    return hashlib.sha256(json.dumps([ledger.pk, rows]).encode()).hexdigest()


@retrying
def distribute(by: Person, key: str, ledger: Ledger, asked: Asked, shown_hash: str) -> list[int]:
    """Transfer what was shown: one entry per invoice, all in one transaction; the same key answers the first entries.

    Chosen amounts say themselves what is transferred: they need no hash.

    Raises:
        NotAllowed; DistributionChanged: it is not what was shown; AllocationRefused, DistributionOverAvailable.
        DisbursementsStopped, LedgerInDeficit, MatterClosed, ...: the books do not spend now. KeyReused, KeyMissing.
    """
    visible = books_of(by).ledgers.filter(pk=ledger.pk)
    if not may(by, Capability.REQUEST_MONEY) or not visible.exists():
        raise NotAllowed
    said = {"what": "distribute_fees", "ledger": ledger.pk, "hash": shown_hash, **asked.content()}

    def work() -> dict[str, Any]:
        for one in ready_fees(ledger):  # whoever else pays, voids, withdraws or answers waits from here on
            call("SELECT (hold_fee(%s)).id", one.authority_id)
        shares = distribution(ledger, asked)
        if (shown_hash or asked.way != Way.CHOSEN) and hash_of(ledger, shares) != shown_hash:
            raise DistributionChanged
        return {"entries": [_pay(by, one) for one in shares if one.share > ZERO]}

    with translating(), transaction.atomic():
        given = once(by, key, said, work)
    return list(given["entries"])


def _pay(by: Person, one: Share) -> int:
    """Transfer one share, exactly."""
    entry = pay(by.pk, one.authorization, cents_of(one.share))
    if entry is None:
        raise DistributionChanged
    return entry
