"""The trial balance: the book of each trust account against what it is made of, debit against credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledgers.models import TrustAccount
from ledgers.money import ZERO, Money
from ledgers.queries.balances import AccountBalances, account_balances


@dataclass(frozen=True)
class TrialRow:
    """One line of the trial balance: money at the bank and deficits are debits, what is owed to others credits."""

    account_id: int
    account_name: str
    name: str
    debit: Money
    credit: Money


@dataclass(frozen=True)
class TrialBalance:
    """The trial balance at the end of a day."""

    on_date: date
    rows: tuple[TrialRow, ...]

    @property
    def debits(self) -> Money:
        """All debits."""
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credits(self) -> Money:
        """All credits."""
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def difference(self) -> Money:
        """Debits less credits: never anything but zero."""
        return self.debits - self.credits


def trial_balance(accounts: Sequence[TrustAccount], on_date: date) -> TrialBalance:
    """Return the trial balance of trust accounts at the end of a day."""
    found = {balances.account_id: balances for balances in account_balances(list(accounts), on_date)}
    rows = [row for account in accounts for row in _rows_of(account, found[account.pk])]
    return TrialBalance(on_date, tuple(rows))


def _rows_of(account: TrustAccount, has: AccountBalances) -> list[TrialRow]:
    held = [("Cash at the bank", has.book_balance), ("Deficits owed by the firm", has.deficits)]
    owed = [
        (f"Client ledgers ({has.client_count})", has.clients),
        ("Firm funds", has.firm_funds),
        ("Unidentified receipts", has.unidentified),
        ("Interest due", has.interest_due),
    ]
    rows = [TrialRow(account.pk, account.name, name, amount, ZERO) for name, amount in held]
    rows += [TrialRow(account.pk, account.name, name, ZERO, amount) for name, amount in owed]
    return [row for row in rows if row.debit or row.credit or row.name == "Cash at the bank"]
