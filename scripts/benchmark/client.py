"""Clients that post as the web server does: a process with threads, each thread with its connection of the web role."""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def post(account_id: int, ledgers: list[int], seconds: int, threads: int, ready: Any, counts: Any) -> None:
    """Post for so many seconds in so many threads; put how many each has posted per second."""
    import django

    django.setup()
    from django.db import connection

    from benchmark.firm import found
    from ledgers.commands import new_key
    from ledgers.models import Ledger, TrustAccount
    from ledgers.money import money
    from ledgers.posting import Share, post_receipt

    firm = found()
    account = TrustAccount.objects.get(pk=account_id)
    places = [Ledger(pk=pk) for pk in ledgers]
    rest: dict[str, Any] = {"account": account, "book_date": firm.today, "method": "wire", "payer": "P"}

    def client(number: int) -> None:
        dice = random.Random(os.getpid() * 100 + number)  # noqa: S311 (no secret)
        connection.ensure_connection()
        ready.wait()
        posted, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            share = Share(dice.choice(places), money(dice.randint(1, 9999)))
            post_receipt(firm.coordinator, new_key(), shares=[share], **rest)
            posted += 1
        connection.close()
        counts.put(posted / seconds)

    connection.close()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(client, range(threads)))
