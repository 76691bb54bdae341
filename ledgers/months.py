"""The months of a trust account and their lock."""

from datetime import date

from firms.models import Person
from firms.retry import retrying
from ledgers.calls import call
from ledgers.models import TrustAccount
from ledgers.money import Money, money


@retrying
def lock_month(account: TrustAccount, first_day: date, preparer: Person, supervisor: Person) -> Money:
    """Lock the earliest open month: no entry is dated in it from now on. Returns the book balance at its end.

    Raises:
        EarlierMonthOpen, MonthNotOver, MonthAlreadyLocked, SecondPersonNeeded.

    Rule: SPEC I7.
    """
    return money(call("SELECT lock_month(%s, %s, %s, %s)", account.pk, first_day, preparer.pk, supervisor.pk))


@retrying
def reopen_month(account: TrustAccount, first_day: date, actor: Person, second_person: Person, reason: str) -> None:
    """Open the latest locked month again, with a reason and a second person.

    Raises:
        LaterMonthLocked, MonthNotLocked, ReasonMissing, SecondPersonNeeded.
    """
    call("SELECT reopen_month(%s, %s, %s, %s, %s)", account.pk, first_day, actor.pk, second_person.pk, reason)


def book_balance(account: TrustAccount, on_date: date) -> Money:
    """Return the book balance of a trust account at the end of a day: the sum of its bank amounts."""
    return money(call("SELECT book_balance(%s, %s)", account.pk, on_date))
