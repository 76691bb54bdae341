"""A firm to measure on: founded, opened and filled by the product's own functions, as the web role."""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from firms.founding import FirstPerson, create_firm
from firms.models import Person, Role
from ledgers.accounts import open_trust_account
from ledgers.commands import new_key
from ledgers.models import Ledger, Matter, MatterAccount, TrustAccount
from ledgers.money import Money, money
from ledgers.parties import create_client
from ledgers.posting import Share, post_receipt

AT_ONCE = 500
DECIDERS = 16
BANK: dict[str, Any] = {"bank_name": "First National", "routing_number": "021000021", "state": "NY"}


@dataclass(frozen=True)
class BenchFirm:
    """The people and the accounts."""

    coordinator: Person
    attorney: Person
    supervisor: Person
    today: dt.date


def decider(place: int) -> str:
    """Return the address of one of the attorneys whose decisions are measured."""
    return f"decides-{place}@bench.example"


def today() -> dt.date:
    """Return the firm's date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_today()")
        day: dt.date = cursor.fetchone()[0]
        return day


def found() -> BenchFirm:
    """Found the firm, or find it founded already."""
    people = {person.email.partition("@")[0]: person for person in Person.objects.all()}
    if not people:
        roles = {"coordinator": Role.COORDINATOR, "attorney": Role.ATTORNEY, "supervisor": Role.SUPERVISOR}
        first = [FirstPerson(f"{name}@bench.example", name.title(), (role,)) for name, role in roles.items()]
        deciders = [(decider(place), f"Attorney Number {place}") for place in range(DECIDERS)]
        first += [FirstPerson(email, name, (Role.ATTORNEY,)) for email, name in deciders]
        first.append(FirstPerson("administrator@bench.example", "Administrator", (Role.ADMINISTRATOR,)))
        create_firm("Bench & Marks LLP", "NY", first)
        people = {person.email.partition("@")[0]: person for person in Person.objects.all()}
    return BenchFirm(people["coordinator"], people["attorney"], people["supervisor"], today())


def open_account(name: str, firm: BenchFirm) -> TrustAccount:
    """Open a pooled account, a year ago."""
    number = str(700_000_000 + TrustAccount.objects.count())
    opened = firm.today.replace(day=1) - dt.timedelta(days=365)
    return open_trust_account(
        name=name, kind="pooled", title=f"Bench & Marks LLP IOLTA Trust Account {name}", account_number=number,
        opened_date=opened, firm_funds_cap=Money(500, "USD"), **BANK,
    )  # fmt: skip


def open_matters(firm: BenchFirm, account: TrustAccount, count: int) -> list[int]:
    """Open so many matters that use the account; return their ids."""
    client = create_client(name=f"Client of {account.name}")
    made: list[int] = []
    for start in range(0, count, 5000):
        details: dict[str, Any] = {"minimum_balance": money(50_000)}
        batch = [
            Matter(
                number=f"{account.name}-{number:06}", client=client, description="A case",
                opened_date=account.opened_date, responsible_attorney=firm.attorney,
                coordinator=firm.coordinator, **details,
            )
            for number in range(start, min(start + 5000, count))
        ]  # fmt: skip
        Matter.objects.bulk_create(batch)
        MatterAccount.objects.bulk_create(
            MatterAccount(matter=matter, trust_account=account, is_default=True) for matter in batch
        )
        made += [matter.pk for matter in batch]
    return made


def batched(items: list[int], size: int) -> Iterator[list[int]]:
    """Yield a list in parts."""
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part


def receive(firm: BenchFirm, account: TrustAccount, shares: list[Share], on: dt.date | None = None) -> None:
    """Record one wired receipt over many ledgers."""
    post_receipt(
        firm.coordinator, new_key(), account=account, book_date=on or firm.today, method="wire", shares=shares,
        payer="Bench", reference="B-1",
    )  # fmt: skip


def fill(firm: BenchFirm, account: TrustAccount, matters: list[int], on: dt.date | None = None) -> list[int]:
    """Give every matter a first receipt, so that its ledger is open; return the ledgers' ids."""
    for part in batched(matters, AT_ONCE):
        receive(firm, account, [Share(Matter(pk=pk), money(100_000)) for pk in part], on)
    return list(
        Ledger.objects.filter(trust_account=account, matter__isnull=False).order_by("id").values_list("id", flat=True)
    )
