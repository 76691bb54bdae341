"""I11: on pooled accounts, bank charges touch only firm funds; no client pays for another's wire.

Rule: SPEC section 2, I11; Model Rule 1.15(b): the lawyer's own funds only to pay bank service charges.
"""

from functools import partial
from typing import Any

import pytest

from ledgers.accounts import open_trust_account
from ledgers.models import Ledger
from ledgers.money import money
from ledgers.parties import create_matter
from ledgers.posting import post_bank_charge, post_firm_funds_deposit, post_interest, sweep_interest
from tests.cast import Cast, key, today
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


def charge(cast: Cast, ledger: Ledger, cents: int = 100, **rest: Any) -> Any:
    """The bank charged an account."""
    asked: dict[str, Any] = {"ledger": ledger, "book_date": today(), "amount": money(cents), "advice": "Wire fee"}
    return partial(post_bank_charge, cast.coordinator, key(), **(asked | rest))


@pytest.mark.parametrize("kind", ["unidentified", "interest_due", "client"])
def test_a_pooled_accounts_charge_goes_to_no_other_ledger(cast: Cast, kind: str) -> None:
    cast.receive(cast.smith_matter, 10_000)
    ledger = cast.smith_ledger if kind == "client" else cast.special(kind)
    assert refused(charge(cast, ledger)) == "ledger_not_for_kind"
    assert refused(charge(cast, ledger, second_person=cast.supervisor)) == "ledger_not_for_kind"


def test_a_charge_comes_out_of_firm_funds_and_needs_the_banks_advice(cast: Cast) -> None:
    firm_funds = cast.special("firm_funds")
    post_firm_funds_deposit(
        cast.coordinator, key(), ledger=firm_funds, book_date=today(), amount=money(500), method="check", reference="1"
    )
    assert refused(charge(cast, firm_funds, advice="  ")) == "words_missing"
    charge(cast, firm_funds)()
    assert cast.special("firm_funds").balance == money(400)


def test_a_charge_of_an_individual_account_is_the_clients(cast: Cast) -> None:
    account = open_trust_account(
        name="Smith alone",
        kind="individual",
        title="Whitfield & Marsh LLP Trust Account for Smith",
        bank_name="First National",
        routing_number="021000021",
        account_number="77777777",
        state="NY",
        opened_date=cast.start,
        client=cast.smith,
    )
    matter = create_matter(
        number="2026-0200",
        client=cast.smith,
        description="Escrow",
        accounts=[account],
        responsible_attorney=cast.attorney,
        opened_date=cast.start,
    )
    cast.receive(matter, 1_000, account=account)
    charge(cast, cast.ledger(matter, account))()
    assert cast.ledger(matter, account).balance == money(900)
    assert not Ledger.objects.filter(trust_account=account).exclude(kind="client").exists()


def test_interest_of_a_pooled_account_is_never_a_clients_nor_the_firms(cast: Cast) -> None:
    cast.receive(cast.smith_matter, 10_000)
    for ledger in (cast.smith_ledger, cast.special("firm_funds")):
        earned = partial(
            post_interest, cast.coordinator, key(), ledger=ledger, book_date=today(), amount=money(7), advice="Interest"
        )
        assert refused(earned) == "ledger_not_for_kind"
    due = cast.special("interest_due")
    post_interest(cast.coordinator, key(), ledger=due, book_date=today(), amount=money(7), advice="Interest")
    sweep = partial(sweep_interest, cast.coordinator, key(), ledger=due, book_date=today(), advice="Sweep")
    assert refused(partial(sweep, amount=money(8))) == "insufficient_funds"
    sweep(amount=money(7))
