"""Half a year of the firm's days: receipts, payments, fees, bank charges, interest, months locked."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from compliance.watch import look
from firms.calendar import is_business_day
from firms.models import Person
from ledgers.accounts import close_deposit_slip, open_deposit_slip, special_ledger
from ledgers.authorities import Spending, authorize_spending
from ledgers.holds import available_balance
from ledgers.models import BankItem, Ledger, Matter
from ledgers.money import Money, cents_of, money
from ledgers.months import lock_month
from ledgers.posting import (
    Posted,
    Share,
    post_bank_charge,
    post_disbursement,
    post_firm_funds_deposit,
    post_interest,
    post_receipt,
    sweep_interest,
)
from notifications.delivery import relay
from retainers.monitoring import check_balances
from trustledger.demo.fees import take_fee
from trustledger.demo.firm import Stage
from trustledger.demo.people import PAYEES

WATCHED_DAYS = 30
METHODS = ("check", "check", "check", "wire", "ach", "ach")


class Story:
    """Plays the days one after the other; every posting is made by the pen, on the day it is dated."""

    def __init__(self, stage: Stage, last_day: date) -> None:
        """Begin before the first day."""
        self.stage, self.last_day, self.chance = stage, last_day, stage.chance
        self.today, self.minute, self.commands, self.references = last_day, 0, 0, 1000
        self.balances: dict[int, int] = {}
        self.left_alone: set[int] = set()  # matters in trouble, which no ordinary day may mend

    def key(self) -> str:
        """Return the next idempotency key."""
        self.commands += 1
        return f"demonstration-{self.commands}"

    def reference(self) -> str:
        """Return the office's next reference of a payment."""
        self.references += 1
        return f"WM-{self.references}"

    def set_clock(self, day: date | None = None) -> None:
        """Let the firm's clock show a few minutes later, or the morning of another day."""
        if day is not None:
            self.today, self.minute = day, 13 * 60
        self.minute += self.chance.randrange(2, 9)
        with connection.cursor() as cursor:
            instant = f"{self.today} {self.minute // 60:02}:{self.minute % 60:02}:{self.chance.randrange(60):02}+00"
            cursor.execute("SELECT set_config('trustledger.now', %s, false)", [instant])

    def play(self, start: date, troubles: "dict[date, list[Callable[[Story], None]]]") -> None:
        """Play every business day from start to the last day, and the troubles that befall the firm on some of them."""
        day = start
        while day <= self.last_day:
            if is_business_day(day):
                self.set_clock(day)
                with transaction.atomic():
                    self.business_day()
                for trouble in troubles.get(day, ()):
                    self.set_clock()
                    trouble(self)
                if WATCHED_DAYS > (self.last_day - day).days > 0:
                    self.evening()
                elif day < self.last_day:
                    relay()
            day += timedelta(days=1)

    def business_day(self) -> None:
        """A day at the office."""
        self.retainers()
        self.replenishments()
        for _ in range(self.chance.randrange(1, 4)):
            self.pay_someone()
        if self.today.day in range(14, 17) and is_first_of(self.today, 14):
            self.take_fees()
        if is_first_of(self.today, 1):
            self.month_begins()
        if is_first_of(self.today, 8):
            self.lock_what_is_due()

    def evening(self) -> None:
        """What the worker does by itself: the balance check, the exceptions, the letters."""
        self.set_clock()
        check_balances()
        look()
        relay()

    # --- money in

    def home_of(self, matter: Matter) -> int:
        """Return the trust account that holds the matter's money."""
        return self.stage.escrow.pk if matter.practice_area == "Real estate" else self.stage.iolta.pk

    def receive(self, matter: Matter, cents: int, method: str, slip: BankItem | None = None) -> Posted:
        """Record a receipt from the client."""
        self.set_clock()
        account = self.stage.escrow if self.home_of(matter) == self.stage.escrow.pk else self.stage.iolta
        reference = {
            "check": f"#{self.chance.randrange(200, 9000)}",
            "wire": f"FW{self.chance.randrange(10**7, 10**8)}",
        }.get(method, "ACH credit")
        self.balances[matter.pk] = self.balances.get(matter.pk, 0) + cents
        return post_receipt(
            self.stage.coordinator(),
            self.key(),
            account=account,
            book_date=self.today,
            method=method,
            payer=matter.client.name,
            shares=[Share(matter, money(cents))],
            reference=reference,
            deposit_slip_id=slip.pk if slip else None,
        )

    def retainers(self) -> None:
        """Receive the first money of matters that open today (or opened on the days off before)."""
        for matter in self.stage.matters:
            if matter.pk not in self.balances and matter.opened_date <= self.today:
                size = self.chance.choice((150000, 250000, 350000, 500000, 750000, 1000000))
                self.receive(
                    matter,
                    size * (4 if matter.practice_area in ("Real estate", "Personal injury") else 1),
                    self.chance.choice(METHODS),
                )

    def replenishments(self) -> None:
        """Receive a few replenishments; the checks of a day go to the bank on one slip."""
        low = [
            m
            for m in self.stage.matters
            if m.pk in self.balances and self.balances[m.pk] < 150000 and m.pk % 5 and m.pk not in self.left_alone
        ]
        chosen = self.chance.sample(low, min(len(low), self.chance.randrange(0, 3)))
        checks = [matter for matter in chosen if self.home_of(matter) == self.stage.iolta.pk]
        slip = (
            open_deposit_slip(self.stage.coordinator().pk, self.stage.iolta, self.today, f"Slip {self.today:%m/%d}")
            if checks
            else None
        )
        for matter in chosen:
            amount = self.chance.randrange(1000, 4000) * 100
            if matter in checks:
                self.receive(matter, amount, "check", slip)
            else:
                self.receive(matter, amount, "wire")
        if slip is not None:
            close_deposit_slip(slip, self.today)

    # --- money out

    def spend(
        self,
        ledger: Ledger,
        amount: Money,
        kind: str,
        payee: str,
        purpose: str,
        method: str,
        reference: str,
        **more: Any,
    ) -> Posted:
        """Have the matter's attorney authorize a payment that the coordinator asked for, and post it."""
        self.set_clock()
        asked_by = self.stage.coordinator()
        attorney: Person = ledger.matter.responsible_attorney if ledger.matter else self.stage.people["attorney"]
        spending = Spending(ledger.pk, kind, payee, amount, method, purpose, reference, **more)
        authority = authorize_spending(attorney, asked_by.pk, spending)
        if ledger.matter_id is not None:
            self.balances[ledger.matter_id] = self.balances.get(ledger.matter_id, 0) - cents_of(amount)
        return post_disbursement(asked_by, self.key(), authority=authority, book_date=self.today)

    def ledger_of(self, matter: Matter) -> Ledger:
        """Return the matter's ledger in the account that holds its money."""
        return Ledger.objects.select_related("trust_account", "matter__responsible_attorney").get(
            matter=matter, trust_account=self.home_of(matter)
        )

    def pay_someone(self) -> None:
        """Pay a cost of some matter that can afford it."""
        able = [m for m in self.stage.matters if self.balances.get(m.pk, 0) > 60000 and m.pk not in self.left_alone]
        if not able:
            return
        ledger = self.ledger_of(self.chance.choice(able))
        payee, purpose = self.chance.choice(PAYEES)
        amount = money(self.chance.randrange(4500, 48000))
        if available_balance(ledger) >= amount:
            self.spend(ledger, amount, "disbursement", payee, purpose, "check", self.reference())

    def take_fees(self) -> None:
        """Transfer the month's earned fees of hourly matters to the operating account."""
        for matter in self.stage.matters:
            if matter.pk not in self.left_alone and (
                matter.type in ("hourly", "hybrid")
                and self.balances.get(matter.pk, 0) > 40000
                and self.chance.random() < 0.6
            ):
                ledger = self.ledger_of(matter)
                amount = min(available_balance(ledger), money(self.chance.randrange(400, 2600) * 100))
                if amount > money(0):
                    take_fee(self, matter, ledger, amount)

    # --- the bank and the calendar

    def month_begins(self) -> None:
        """Book what the bank did at the month's end: interest, its charge, the sweep to the bar foundation."""
        who = self.stage.people["coordinator"]
        for account in (self.stage.iolta, self.stage.escrow):
            self.set_clock()
            interest, firm = special_ledger(account, "interest_due"), special_ledger(account, "firm_funds")
            if interest.balance > money(0):
                sweep_interest(
                    who, self.key(), ledger=interest, book_date=self.today, amount=interest.balance, advice="IOLA SWEEP"
                )
            post_interest(
                who,
                self.key(),
                ledger=interest,
                book_date=self.today,
                amount=money(self.chance.randrange(1800, 6400)),
                advice="INTEREST PAID",
            )
            if firm.balance == money(0):
                post_firm_funds_deposit(
                    who,
                    self.key(),
                    ledger=firm,
                    book_date=self.today,
                    amount=money(30000 if account == self.stage.iolta else 16000),
                    method="ach",
                    reference="Cushion",
                    operating_account_id=self.stage.operating.pk,
                )
            else:
                post_bank_charge(
                    who,
                    self.key(),
                    ledger=firm,
                    book_date=self.today,
                    amount=money(2500),
                    advice="ACCOUNT ANALYSIS FEE",
                )

    def lock_what_is_due(self) -> None:
        """Lock the month before the last; the escrow account is left behind, which becomes an exception."""
        first_of_last = (self.today.replace(day=1) - timedelta(days=1)).replace(day=1)
        due = (first_of_last - timedelta(days=1)).replace(day=1)
        preparer, supervisor = self.stage.people["coordinator"], self.stage.people["supervisor"]
        for account in (self.stage.iolta, self.stage.escrow):
            behind = account == self.stage.escrow and (self.last_day - due).days < 100
            if due >= account.opened_date.replace(day=1) and not behind:
                lock_month(account, due, preparer, supervisor)


def is_first_of(day: date, number: int) -> bool:
    """Whether this is the first business day of the month on or after the given day of the month."""
    before = day - timedelta(days=1)
    while before.month == day.month and before.day >= number:
        if is_business_day(before):
            return False
        before -= timedelta(days=1)
    return day.day >= number
