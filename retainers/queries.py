"""What the balance monitor shows."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Func, QuerySet
from django.db.models.functions import Greatest

from firms.models import Person
from ledgers.access import books_of
from ledgers.money import CentsField, Money, money
from retainers.models import LowBalanceEpisode


class Available(Func):
    """What a matter has available today over all its trust accounts (the database's function)."""

    function = "matter_available"
    output_field = CentsField()


@dataclass(frozen=True)
class LowBalance:
    """A matter whose available money is below its minimum."""

    episode_id: int
    matter_id: int
    number: str
    description: str
    client: str
    available: Money
    minimum: Money
    short_by: Money
    since: dt.datetime


SORTS = {
    "client": "matter__client__name",
    "matter": "matter__number",
    "available": "now_available",
    "minimum": "matter__minimum_balance",
    "short": "short",
    "since": "opened_at",
}


def low_balances(person: Person, sort: str = "-short") -> "QuerySet[LowBalanceEpisode]":
    """Return the open episodes a person may see, with `now_available` and `short`; biggest shortfall first."""
    name = SORTS.get(sort.removeprefix("-"), "short")
    order = F(name).desc() if sort.startswith("-") else F(name).asc()
    return (
        LowBalanceEpisode.objects.filter(closed_at__isnull=True, matter__in=books_of(person).matters)
        .select_related("matter__client")
        .annotate(now_available=Available("matter_id"))
        .annotate(short=Greatest(F("matter__minimum_balance") - F("now_available"), 0, output_field=CentsField()))
        .order_by(order, "pk")
    )


def as_row(episode: LowBalanceEpisode) -> LowBalance:
    """Return an episode of `low_balances` as it stands now."""
    matter = episode.matter
    available: Money = episode.now_available  # type: ignore[attr-defined]  # annotated by low_balances
    short: Money = episode.short  # type: ignore[attr-defined]
    minimum = matter.minimum_balance if matter.minimum_balance is not None else money(0)
    return LowBalance(
        episode.pk, matter.pk, matter.number, matter.description, matter.client.name, available, minimum, short,
        episode.opened_at,
    )  # fmt: skip
