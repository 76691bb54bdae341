"""Where the machine plays: the model's names for ledgers, and the books' own objects behind them."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection

from firms.refusals import Refusal
from ledgers.accounts import open_trust_account, special_ledger
from ledgers.models import Hold, Ledger, Matter, TrustAccount
from ledgers.money import cents_of, money
from ledgers.parties import create_matter
from tests.cast import Cast, days_of, today
from tests.faults.model import Held, Model, Posting

_stages = itertools.count(1)
MATTERS = {"A": "P", "B": "P", "C": "P", "A in Q": "Q"}
STEP = timedelta(days=13)


class Stage:
    """Two fresh accounts of the firm with three matters, and the model of them."""

    def __init__(self, cast: Cast) -> None:
        """Open the accounts and matters; every ledger receives 100.00 on the first day."""
        self.cast, self.today = cast, today()
        self.number = next(_stages)
        self.first = (self.today.replace(day=1) - timedelta(days=120)).replace(day=1)
        self.accounts = {name: self._account(name) for name in "PQ"}
        self.matters = {name: self._matter(name) for name in "ABC"}
        specials = {"firm": "P", "unidentified": "P"}
        self.model = Model(self.today, MATTERS | specials)
        self.ledgers: dict[str, Ledger] = {
            "firm": special_ledger(self.accounts["P"], "firm_funds"),
            "unidentified": special_ledger(self.accounts["P"], "unidentified"),
        }
        for name, account in MATTERS.items():
            posted = cast.receive(self.matters[name[0]], 10_000, on=self.first, account=self.accounts[account])
            self.ledgers[name] = cast.ledger(self.matters[name[0]], self.accounts[account])
            self.model.post(Posting(posted.id, "receipt", account, self.first, {name: 10_000}))

    def _account(self, name: str) -> TrustAccount:
        return open_trust_account(
            name=f"Stage {self.number}{name}",
            kind="pooled",
            title="Whitfield & Marsh LLP IOLTA Trust Account",
            bank_name="First National",
            routing_number="021000021",
            account_number=f"88{self.number:06}{ord(name)}",
            state="NY",
            opened_date=self.first,
        )

    def _matter(self, name: str) -> Matter:
        return create_matter(
            number=f"S{self.number}{name}",
            client=self.cast.smith,
            description="A case",
            opened_date=self.first,
            accounts=list(self.accounts.values()),
            responsible_attorney=self.cast.attorney,
        )

    def day(self, number: int) -> date:
        """Return one of the days on which things happen, the last of them tomorrow."""
        return min(self.first + number * STEP, self.today + timedelta(days=1))

    def account_of(self, ledger: str) -> TrustAccount:
        """Return the trust account of a ledger."""
        return self.accounts[self.model.accounts[ledger]]

    def attempt(self, deed: Callable[[], Any], broken: set[str]) -> Any:
        """Do it; the books must refuse with one of the broken rules, and must do it when there is none."""
        result, refused = None, ""
        try:
            result = deed()
        except Refusal as refusal:
            refused = refusal.code
        assert (refused in broken) if refused else not broken, (
            f"{refused or 'done'}, the model says {broken or 'do it'}"
        )
        return result

    def note_holds(self, entry: int) -> None:
        """Learn the numbers of the holds that an entry placed."""
        for hold in Hold.objects.filter(entry_id=entry, released_at__isnull=True):
            if hold.pk not in self.model.holds:
                name = next(name for name, ledger in self.ledgers.items() if ledger.pk == hold.ledger_id)
                self.model.holds[hold.pk] = Held(name, hold.kind, cents_of(hold.amount), entry)

    def compare(self, *names: str) -> None:
        """Stored balance, deficit and holds are the model's."""
        with connection.cursor() as cursor:
            asked = "SELECT id, balance, deficit, held_amount(id) FROM ledgers_ledger WHERE id = ANY (%s)"
            cursor.execute(asked, [[self.ledgers[name].pk for name in names]])
            found = {row[0]: row[1:] for row in cursor.fetchall()}
        for name in names:
            expected = (self.model.balance(name), self.model.deficit(name), self.model.held(name))
            assert found[self.ledgers[name].pk] == expected, name

    def compare_every_day(self) -> None:
        """Every stored day of every ledger, and the book balance at its end, are the model's."""
        for name, ledger in self.ledgers.items():
            moved = {day for day, _ in self.model.moves[name]}
            assert days_of(ledger) == {
                day: (money(self.model.balance(name, day)), money(self.model.deficit(name, day))) for day in moved
            }, name
        days_of_interest = [self.day(number) for number in range(12)]
        for account in self.accounts:
            mine = [name for name, where in self.model.accounts.items() if where == account]
            with connection.cursor() as cursor:
                asked = "SELECT d, book_balance(%s, d) FROM unnest(%s::date[]) d"
                cursor.execute(asked, [self.accounts[account].pk, days_of_interest])
                for on, found in cursor.fetchall():
                    assert found == sum(self.model.balance(name, on) for name in mine), (account, on)
