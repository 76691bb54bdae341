"""A trust account in full: its balances, its special ledgers, its months, its deficits."""

from dataclasses import dataclass
from datetime import date

from ledgers.access import Books
from ledgers.models import Ledger, Month, TrustAccount
from ledgers.money import Money
from ledgers.queries.balances import AccountBalances, account_balances
from ledgers.queries.ledgers import LedgerFilter, LedgerRow, ledger_list


@dataclass(frozen=True)
class MonthState:
    """One month of an account as the strip shows it."""

    first_day: date
    is_locked: bool
    book_balance: Money | None


@dataclass(frozen=True)
class AccountInFull:
    """Everything the page of a trust account shows; balances for those who see all matters only."""

    account: TrustAccount
    balances: AccountBalances | None
    special: tuple[Ledger, ...]
    months: tuple[MonthState, ...]
    deficits: tuple[LedgerRow, ...]

    @property
    def open_month_count(self) -> int:
        """How many months that are over are not locked yet."""
        return sum(not month.is_locked for month in self.months[:-1])


def account_in_full(books: Books, account: TrustAccount, today: date, month_count: int = 12) -> AccountInFull:
    """Return a trust account with what it holds today and its last months, the current one last."""
    balances = account_balances([account], today)[0] if books.sees_all else None
    months = Month.objects.filter(
        trust_account=account, first_day__lte=min(today, account.closed_date or today)
    ).order_by("-first_day")[:month_count]
    strip = tuple(MonthState(m.first_day, m.state == Month.State.LOCKED, m.book_balance) for m in months)[::-1]
    special = books.ledgers.filter(trust_account=account, matter__isnull=True).order_by("kind")
    deficits = ledger_list(books, LedgerFilter(account_id=account.pk, holding="deficit"), "balance")[:20]
    return AccountInFull(account, balances, tuple(special), strip, tuple(deficits))
