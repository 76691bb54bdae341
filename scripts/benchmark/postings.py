"""Postings per second from Django: each client a thread with a connection of its own, as pgbench's clients are."""

import multiprocessing as mp
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmark import tpcb
from benchmark.client import post
from benchmark.firm import BenchFirm, fill, found, open_account, open_matters
from ledgers.models import Ledger, TrustAccount

CLIENTS = (1, 4, 16)
# One for every two processors, the other is PostgreSQL's: on two, two processes post less than one (DECISIONS 23).
PROCESSES = max(1, (os.cpu_count() or 1) // 2)
REQUIRED = {4: 0.7, 16: 0.3}
PREPARED_SECONDS = 280


@dataclass(frozen=True)
class Books:
    """The account that everybody posts to."""

    account: TrustAccount
    ledgers: list[int]


def books(firm: BenchFirm, count: int) -> Books:
    """Open the account and its ledgers, or find them."""
    name = f"Postings{count}"
    account = TrustAccount.objects.filter(name=name).first()
    if account is None:
        account = open_account(name, firm)
        return Books(account, fill(firm, account, open_matters(firm, account, count)))
    return Books(
        account, list(Ledger.objects.filter(trust_account=account, matter__isnull=False).values_list("id", flat=True))
    )


def rate(held: Books, clients: int, seconds: int) -> float:
    """Return receipts per second of so many clients."""
    return at_once(post, (held.account.pk, held.ledgers), clients, seconds)


def at_once(work: Callable[..., None], told: tuple[Any, ...], clients: int, seconds: int) -> float:
    """Let so many clients work for so many seconds, in a few processes; return what they did together per second."""
    context = mp.get_context("spawn")
    ready, counts = context.Barrier(clients + 1), context.Queue()
    processes = min(clients, PROCESSES)
    workers = [
        context.Process(target=work, args=(*told, seconds, clients // processes, ready, counts))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    ready.wait(PREPARED_SECONDS)
    total = sum(counts.get(timeout=seconds + 60) for _ in range(clients))
    for worker in workers:
        worker.join(60)
    return float(total)


def measure(seconds: int, runs: int, ledgers: int) -> list[dict[str, Any]]:
    """Return, for each number of clients, the medians of interleaved runs and their ratio."""
    tpcb.prepare()
    held = books(found(), ledgers)
    rate(held, max(CLIENTS), seconds)  # a history, as TPC-B's tables are full: nobody plans for 20 entries
    tpcb.vacuum()
    seen: dict[int, tuple[list[float], list[float]]] = {clients: ([], []) for clients in CLIENTS}
    for run in range(runs):
        for clients in CLIENTS:
            seen[clients][0].append(rate(held, clients, seconds))
            seen[clients][1].append(tpcb.rate(clients, seconds))
            mine, yardstick = seen[clients][0][-1], seen[clients][1][-1]
            print(f"  run {run + 1}, {clients:2} clients: {mine:6.0f} postings/s, TPC-B {yardstick:6.0f}/s", flush=True)
    return [_row(clients, *runs) for clients, runs in seen.items()]


def _row(clients: int, ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Return a line of the table: the medians, their ratio, and whether it is enough."""
    mine, yardstick = statistics.median(ours), statistics.median(theirs)
    ratio, required = mine / yardstick, REQUIRED.get(clients)
    return {
        "clients": clients,
        "postings_per_second": round(mine),
        "tpcb_per_second": round(yardstick),
        "ratio": round(ratio, 2),
        "required": required,
        "passed": required is None or ratio >= required,
        "runs": [[round(a), round(b)] for a, b in zip(ours, theirs, strict=True)],
    }
