"""The month lock by two people: one prepares, a trust supervisor locks with a code; re-opening likewise."""

from datetime import date, timedelta
from typing import Any

from firms import proposals
from firms.access import Capability, may
from firms.models import Person, Proposal
from firms.refusals import NotAllowed
from ledgers.models import Month, TrustAccount
from ledgers.money import Money, as_text, cents_of, money
from ledgers.months import lock_month, reopen_month
from ledgers.proposals import rehearse, second_person
from ledgers.queries.balances import AccountBalances, account_balances
from ledgers.refusals import BookRefusal, ReasonMissing

LOCK, REOPEN = "reconciliation.lock_month", "reconciliation.reopen_month"
MAY_PREPARE = (Capability.PREPARE_RECONCILIATION, Capability.SIGN_RECONCILIATION)


class BooksDiffer(BookRefusal):
    """The ledgers do not add up to the book balance."""

    code = "books_differ"
    sentence = (
        "The book balance is {balance} and the ledgers add up to {held}. Nothing can be locked until they agree: "
        "ask for the integrity check."
    )


class PreparedMonthChanged(BookRefusal):
    """Something was posted in the month since it was prepared."""

    code = "prepared_month_changed"
    sentence = (
        "The book balance was {asked} when the month was prepared and is {balance} now. Decline it; "
        "the month has to be prepared again."
    )


def last_day_of(first_day: date) -> date:
    """Return the last day of the month that begins on a day."""
    return (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def balances_at_end(account: TrustAccount, first_day: date) -> AccountBalances:
    """Return what the account held at the end of the month, and what it was made of."""
    (found,) = account_balances([account], last_day_of(first_day))
    return found


def prepare(person: Person, account: TrustAccount, first_day: date) -> Proposal:
    """Prepare a month for its lock: a trust supervisor, another person, confirms it with a code.

    Raises:
        EarlierMonthOpen, MonthNotOver, MonthAlreadyLocked: it cannot be locked now.
        BooksDiffer: the ledgers do not add up to the book balance.
        NotAllowed, NobodyCanConfirm, AlreadyProposed.

    Rule: SPEC I5, I7.
    """
    if not may(person, *MAY_PREPARE):
        raise NotAllowed
    held = balances_at_end(account, first_day)
    if cents_of(held.difference):
        raise BooksDiffer(balance=cents_of(held.book_balance), held=cents_of(held.ledger_total))
    supervisor = second_person(person, Capability.SIGN_RECONCILIATION)
    rehearse(lambda: lock_month(account, first_day, person, supervisor), [])
    content = {"account": account.pk, "month": first_day, "book_balance_cents": cents_of(held.book_balance)}
    summary = f"Lock {first_day:%B %Y} of {account} at {as_text(held.book_balance)}"
    return proposals.propose(person, LOCK, content, summary, account)


def propose_reopening(person: Person, account: TrustAccount, first_day: date, reason: str) -> Proposal:
    """Propose to open the latest locked month again, saying why.

    Raises:
        LaterMonthLocked, MonthNotLocked, ReasonMissing, NotAllowed, NobodyCanConfirm, AlreadyProposed.
    """
    if not may(person, *MAY_PREPARE):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    supervisor = second_person(person, Capability.SIGN_RECONCILIATION)
    rehearse(lambda: reopen_month(account, first_day, person, supervisor, reason), [])
    content = {"account": account.pk, "month": first_day, "reason": reason.strip()}
    return proposals.propose(person, REOPEN, content, f"Re-open {first_day:%B %Y} of {account}", account)


def lock_confirmed(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Lock the month that was prepared, at the balance that was shown."""
    account, first_day = _month_of(proposal)
    now = cents_of(balances_at_end(account, first_day).book_balance)
    if now != proposal.content["book_balance_cents"]:
        raise PreparedMonthChanged(asked=proposal.content["book_balance_cents"], balance=now)
    locked: Money = lock_month(account, first_day, proposal.proposed_by, confirmed_by)
    return {"book_balance_cents": cents_of(locked)}


def reopen_confirmed(proposal: Proposal, confirmed_by: Person) -> None:
    """Open the month again."""
    account, first_day = _month_of(proposal)
    reopen_month(account, first_day, proposal.proposed_by, confirmed_by, proposal.content["reason"])


def _month_of(proposal: Proposal) -> tuple[TrustAccount, date]:
    account = TrustAccount.objects.get(pk=proposal.content["account"])
    return account, date.fromisoformat(proposal.content["month"])


def describe(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return which month it is about, in words."""
    account, first_day = _month_of(proposal)
    said: list[tuple[str, Any]] = [("Trust account", str(account)), ("Month", f"{first_day:%B %Y}")]
    if proposal.kind == LOCK:
        held = balances_at_end(account, first_day)
        said += [
            ("Book balance when prepared", money(proposal.content["book_balance_cents"])),
            ("Book balance now", held.book_balance),
            ("Sum of the ledgers now", held.ledger_total),
        ]
    return [*said, ("Reason", proposal.content["reason"])] if proposal.kind == REOPEN else said


def register() -> None:
    """Make the kinds known; called once, when the app is ready."""
    proposals.register(LOCK, lock_confirmed, Capability.SIGN_RECONCILIATION, "Month lock", describe)
    proposals.register(REOPEN, reopen_confirmed, Capability.SIGN_RECONCILIATION, "Re-opening of a month", describe)


def month_of(account: TrustAccount, first_day: date) -> Month | None:
    """Return a month of an account; None when it has none that begins on the day."""
    return (
        Month.objects.select_related("prepared_by", "locked_by")
        .filter(trust_account=account, first_day=first_day)
        .first()
    )
