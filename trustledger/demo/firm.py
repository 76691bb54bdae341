"""The stage: the firm, its people, its accounts, its clients and matters."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import make_password

from firms.access import NEED_SECOND_FACTOR
from firms.founding import FirstPerson, create_firm
from firms.models import Person
from ledgers.accounts import open_operating_account, open_trust_account
from ledgers.models import Client, Matter, MatterAccount, OperatingAccount, TrustAccount
from ledgers.money import money
from trustledger.demo.people import ATTORNEYS, CASES, COORDINATORS, FIRM, MEMBERS, PASSWORD, clients

MATTERS = 90


@dataclass
class Stage:
    """Everything the story plays with."""

    people: dict[str, Person]
    iolta: TrustAccount
    escrow: TrustAccount
    operating: OperatingAccount
    matters: list[Matter]
    chance: random.Random

    def coordinator(self) -> Person:
        """Return one of the coordinators."""
        return self.people[self.chance.choice(COORDINATORS)]


def build_stage(start: date) -> Stage:
    """Found the firm with twelve people, two trust accounts, sixty clients and ninety matters."""
    chance = random.Random(2026)  # noqa: S311  # the same firm every time
    people = _people()
    accounts = _accounts(start)
    return Stage(people, *accounts, _matters(people, accounts[0], accounts[1], start, chance), chance)


def _people() -> dict[str, Person]:
    made = create_firm(FIRM, "NY", [FirstPerson(member.email, member.full_name, member.roles) for member in MEMBERS])
    Person.objects.update(password=make_password(PASSWORD))  # one hash for all: twelve would take seconds
    for person, member in zip(made, MEMBERS, strict=True):
        if NEED_SECOND_FACTOR & set(member.roles):
            TOTP.activate(person, generate_totp_secret())
            RecoveryCodes.activate(person)
    return {member.key: person for person, member in zip(made, MEMBERS, strict=True)}


def _accounts(start: date) -> tuple[TrustAccount, TrustAccount, OperatingAccount]:
    bank: dict[str, Any] = {"bank_name": "First National Bank", "routing_number": "021000021", "opened_date": start}
    iolta = open_trust_account(
        name="IOLTA",
        kind="pooled",
        title=f"{FIRM} IOLTA Attorney Trust Account",
        account_number="40091724471",
        state="NY",
        firm_funds_minimum=money(10000),
        firm_funds_cap=money(50000),
        **bank,
    )
    escrow = open_trust_account(
        name="Real estate escrow",
        kind="escrow",
        title=f"{FIRM} Escrow Account",
        account_number="40091728812",
        state="NY",
        firm_funds_minimum=money(10000),
        firm_funds_cap=money(50000),
        **bank,
    )
    operating = open_operating_account(
        name="Operating", title=f"{FIRM} Operating Account", account_number="40091720016", **bank
    )
    return iolta, escrow, operating


def _matters(
    people: dict[str, Person], iolta: TrustAccount, escrow: TrustAccount, start: date, chance: random.Random
) -> list[Matter]:
    """Make the clients and their matters of all types; real-estate matters live in the escrow account."""
    made = Client.objects.bulk_create(
        Client(name=name, kind=kind, email=f"client{place:02}@clients.example", phone=f"(212) 555-01{place:02}")
        for place, (name, kind) in enumerate(clients())
    )
    matters = [_matter(place, made, people, start, chance) for place in range(MATTERS)]
    Matter.objects.bulk_create(matters)
    MatterAccount.objects.bulk_create(
        MatterAccount(matter=matter, trust_account=account, is_default=account == home)
        for matter in matters
        for home in [escrow if matter.practice_area == "Real estate" else iolta]
        for account in ([iolta, escrow] if home == escrow else [iolta])
    )
    return matters


def _matter(place: int, made: list[Client], people: dict[str, Person], start: date, chance: random.Random) -> Matter:
    client = made[place % len(made)]
    able = ATTORNEYS if client.kind == "person" else ("attorney", "litigator", "real_estate")
    attorney = able[place % len(able)]
    area, cases = CASES[attorney]
    opened = start + timedelta(days=chance.randrange(0, 120))
    kind = {"Personal injury": "contingency", "Estates": "flat_fee", "Business": "hybrid"}.get(area, "hourly")
    others = [key for key in ATTORNEYS if key != attorney]
    return Matter(
        number=f"{opened.year}-{100 + place * 7:04}",
        client=client,
        description=caption(client, cases[place % len(cases)]),
        type=kind,
        practice_area=area,
        responsible_attorney=people[attorney],
        billing_attorney=people[others[0]],
        alternate_attorney=people[others[1]],
        coordinator=people[COORDINATORS[place % 3]],
        opened_date=opened,
        agreement_signed_date=opened,
        notice_period_days=10,
        minimum_balance=money(chance.choice((50000, 75000, 100000))) if kind in ("hourly", "hybrid") else None,
    )


def caption(client: Client, case: str) -> str:
    """Return what the matter is called: Smith v. Jones, or Smith – custody modification."""
    name = client.name.split()[-1] if client.kind == "person" else client.name
    return f"{name} {case}" if case.startswith("v. ") else f"{name} – {case}"
