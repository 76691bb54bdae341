"""What people and the worker read, against a plain count of the tables that it reads."""

import os
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmark.firm import BenchFirm, batched, fill, found, open_account, open_matters, receive
from ledgers.access import books_of
from ledgers.models import JournalLine, Ledger, TrustAccount
from ledgers.money import money
from ledgers.posting import Share
from ledgers.queries.card import ledger_card, whole_card
from ledgers.queries.trial_balance import trial_balance
from ledgers.queries.trust_listing import listing_totals, trust_listing
from retainers.monitoring import check_balances

SIZES = (1_000, 10_000, 100_000)
CARD_LINES, CARD_AT = 5_000, 10_000
TIMES = 5
AT_ONCE = 100


def _seconds(work: Callable[[], Any]) -> float:
    """Return the median time of a piece of work."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _count(*tables: str) -> float:
    """Return how long it takes to count these tables."""

    def count() -> None:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")
                cursor.fetchone()

    return _seconds(count)


def _row(
    name: str, matters: int, work: Callable[[], Any], *tables: str, limit: dict[str, float] | None = None
) -> dict[str, Any]:
    """Return a line of the table."""
    with CaptureQueriesContext(connection) as asked:
        work()
    took, plain = _seconds(work), _count(*tables)
    row: dict[str, Any] = {
        "what": name,
        "matters": matters,
        "lines": JournalLine.objects.count(),
        "queries": len(asked),
        "milliseconds": round(took * 1000, 1),
        "count_milliseconds": round(plain * 1000, 1),
        "ratio": round(took / plain, 1),
    }
    row["passed"] = all(row[what] <= most for what, most in (limit or {}).items())
    print(f"  {row}", flush=True)
    return row


def grow(firm: BenchFirm, matters: int, lines: int) -> TrustAccount:
    """Open an account with so many matters, and post until the books hold so many lines."""
    name = f"Reads{matters}"
    account = TrustAccount.objects.filter(name=name).first()
    if account is None:
        account = open_account(name, firm)
        fill(firm, account, open_matters(firm, account, matters), firm.today - timedelta(days=60))
    ledgers = list(Ledger.objects.filter(trust_account=account, matter__isnull=False).values_list("id", flat=True))
    day = 59
    while JournalLine.objects.count() < lines:
        for part in batched(ledgers, AT_ONCE):
            receive(
                firm, account, [Share(Ledger(pk=pk), money(1_000)) for pk in part], firm.today - timedelta(days=day)
            )
        day = max(0, day - 1)
    settle()
    return account


def settle() -> None:
    """Do now what autovacuum does within minutes."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def long_card(firm: BenchFirm, account: TrustAccount) -> Ledger:
    """Return a ledger with a card of 5,000 lines."""
    ledger = Ledger.objects.filter(trust_account=account, matter__isnull=False).order_by("id")[0]
    for number in range(CARD_LINES - ledger.line_count):
        receive(firm, account, [Share(ledger, money(100))], firm.today - timedelta(days=max(0, 50 - number // 100)))
    return ledger


def _card_rows(firm: BenchFirm, account: TrustAccount, size: int) -> list[dict[str, Any]]:
    """Return the lines of the table about a ledger card of 5,000 lines."""
    ledger, few = long_card(firm, account), {"queries": 12.0}
    whole, newest = (lambda: list(whole_card(ledger))), (lambda: ledger_card(ledger))
    return [
        _row("ledger card of 5,000 lines, whole", size, whole, "ledgers_journalline", limit=few),
        _row("its newest page", size, newest, "ledgers_journalline", limit=few),
    ]


def _account_rows(firm: BenchFirm, account: TrustAccount, size: int) -> list[dict[str, Any]]:
    """Return the lines of the table about an account of so many matters."""
    books, on = books_of(firm.coordinator), firm.today - timedelta(days=1)
    days = ("ledgers_ledger", "ledgers_ledgerday")
    checked = ("ledgers_matter", "ledgers_ledger", "ledgers_hold", "retainers_lowbalanceepisode")

    def listing() -> Any:
        return list(trust_listing(books, [account], on)), listing_totals(books, [account], on)

    return [
        _row("trust listing as of yesterday", size, listing, *days, limit={"queries": 12.0}),
        _row(
            "trial balance as of yesterday", size, lambda: trial_balance([account], on), *days, "ledgers_journalentry"
        ),
        _row("balance check", size, check_balances, *checked, limit={"queries": 1.0, "ratio": 20.0}),
    ]


def measure(lines: int) -> list[dict[str, Any]]:
    """Return the table; the books grow from size to size, and to so many lines at the last."""
    firm = found()
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        account = grow(firm, size, lines if size == SIZES[-1] else 0)
        if size == CARD_AT:
            rows += _card_rows(firm, account, size)
        rows += _account_rows(firm, account, size)
    return rows
