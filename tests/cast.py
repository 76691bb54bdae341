"""The cast: the people, accounts and ledgers of the tests, made by the domain's own functions."""

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from firms.models import Firm, Person, Role, RoleGrant
from ledgers.accounts import open_operating_account, open_trust_account, special_ledger
from ledgers.authorities import Spending, authorize_spending
from ledgers.models import Client, Ledger, Matter, OperatingAccount, SpendingAuthority, TrustAccount
from ledgers.money import Money, money
from ledgers.parties import create_client, create_matter
from ledgers.posting import Posted, Share, post_disbursement, post_receipt

_numbers = itertools.count(1)


def key() -> str:
    """Return an idempotency key that was not used before."""
    return f"test-{next(_numbers)}"


def hire(name: str, *roles: str) -> Person:
    """Return a new person who holds these roles."""
    person = Person.objects.create_user(f"{name.lower().replace(' ', '.')}@whitfieldmarsh.example", full_name=name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_now() - interval '1 day'")
        (yesterday,) = cursor.fetchone()
    RoleGrant.objects.bulk_create(RoleGrant(person=person, role=role, granted_at=yesterday) for role in roles)
    return person


def today() -> date:
    """Return the firm's date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT firm_today()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def days_of(ledger: Ledger) -> dict[date, tuple[Money, Money]]:
    """Return balance and deficit at the end of every day on which a ledger moved; of the last they are its own."""
    days = {day: (balance, deficit) for day, balance, deficit in ledger.days.values_list("date", "balance", "deficit")}
    now = Ledger.objects.get(pk=ledger.pk)
    assert now.last_activity_date not in days
    return days | ({now.last_activity_date: (now.balance, now.deficit)} if now.last_activity_date else {})


@dataclass
class Cast:
    """A firm with one pooled account, two clients with a matter each, and one person per role."""

    coordinator: Person
    second_coordinator: Person
    attorney: Person
    other_attorney: Person
    supervisor: Person
    partner: Person
    auditor: Person
    administrator: Person
    stranger: Person
    account: TrustAccount
    second_account: TrustAccount
    operating: OperatingAccount
    smith: Client
    doe: Client
    smith_matter: Matter
    doe_matter: Matter
    start: date = date(2026, 1, 2)

    def special(self, kind: str) -> Ledger:
        """Return a special ledger of the account."""
        return special_ledger(self.account, kind)

    def ledger(self, matter: Matter, account: TrustAccount | None = None) -> Ledger:
        """Return a matter's ledger, fresh from the database."""
        return Ledger.objects.select_related("trust_account").get(matter=matter, trust_account=account or self.account)

    @property
    def smith_ledger(self) -> Ledger:
        """Smith's ledger in the pooled account."""
        return self.ledger(self.smith_matter)

    @property
    def doe_ledger(self) -> Ledger:
        """Doe's ledger in the pooled account."""
        return self.ledger(self.doe_matter)

    def receive(
        self,
        matter: Matter,
        cents: int,
        on: date | None = None,
        method: str = "wire",
        account: TrustAccount | None = None,
    ) -> Posted:
        """Record a wired receipt, available at once."""
        return post_receipt(
            self.coordinator,
            key(),
            account=account or self.account,
            book_date=on or today(),
            method=method,
            shares=[Share(matter, money(cents))],
            payer="A payer",
            reference="W-1",
        )

    def authority(self, ledger: Ledger, cents: int, **changes: object) -> SpendingAuthority:
        """Return the attorney's authority to pay out of a ledger."""
        asked: dict[str, object] = {
            "kind": "disbursement",
            "payee": "Court Clerk",
            "method": "check",
            "purpose": "Filing fee",
            "reference": "1001",
        }
        spending = Spending(ledger_id=ledger.pk, amount=money(cents), **(asked | changes))  # type: ignore[arg-type]
        return authorize_spending(self.attorney, self.coordinator.pk, spending)

    def pay(self, ledger: Ledger, cents: int, on: date | None = None) -> Posted:
        """Pay out of a ledger what the attorney authorized."""
        return post_disbursement(
            self.coordinator, key(), authority=self.authority(ledger, cents), book_date=on or today()
        )


def found_firm() -> Firm:
    """Create the firm."""
    return Firm.objects.create(name="Whitfield & Marsh LLP", state="NY")


def open_accounts() -> tuple[list[TrustAccount], OperatingAccount]:
    """Open two pooled trust accounts and the firm's own account."""
    bank: dict[str, Any] = {"bank_name": "First National", "routing_number": "021000021", "opened_date": Cast.start}
    accounts = [
        open_trust_account(
            name=name,
            kind="pooled",
            title=f"Whitfield & Marsh LLP IOLTA Trust Account {name}",
            account_number=number,
            state="NY",
            firm_funds_cap=Money(500, "USD"),
            **bank,
        )
        for name, number in (("IOLTA", "100200304471"), ("IOLTA Second", "100200308812"))
    ]
    operating = open_operating_account(
        name="Operating", title="Whitfield & Marsh LLP Operating Account", account_number="900100", **bank
    )
    return accounts, operating


def assemble() -> Cast:
    """Found the firm and hire everyone."""
    found_firm()
    people: dict[str, Any] = {
        "coordinator": hire("Dana Reyes", Role.COORDINATOR),
        "second_coordinator": hire("Sam Ito", Role.COORDINATOR),
        "attorney": hire("Maya Okafor", Role.ATTORNEY),
        "other_attorney": hire("Ann Whitfield", Role.ATTORNEY),
        "supervisor": hire("Theo Marsh", Role.SUPERVISOR),
        "partner": hire("Grace Whitfield", Role.PARTNER),
        "auditor": hire("Bea Examiner", Role.AUDITOR),
        "administrator": hire("Ivo Admin", Role.ADMINISTRATOR),
        "stranger": hire("Nobody Inparticular"),
    }
    accounts, operating = open_accounts()
    smith, doe = create_client(name="Jane Smith", email="jane@smith.example"), create_client(name="John O’Doe")
    attorneys = {"responsible_attorney": people["attorney"], "billing_attorney": people["other_attorney"]}
    matters = [
        create_matter(
            number=number,
            client=client,
            description=text,
            accounts=accounts,
            coordinator=people["coordinator"],
            opened_date=Cast.start,
            **attorneys,
        )
        for number, client, text in (("2026-0142", smith, "Smith v. Jones"), ("2026-0143", doe, "Estate of O’Doe"))
    ]
    return Cast(
        **people,
        account=accounts[0],
        second_account=accounts[1],
        operating=operating,
        smith=smith,
        doe=doe,
        smith_matter=matters[0],
        doe_matter=matters[1],
    )
