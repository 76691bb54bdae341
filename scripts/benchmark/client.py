"""One process that posts, as one process of the web server would."""

import os
import random
import time
from typing import Any


def post(account_id: int, ledgers: list[int], seconds: int, ready: Any, counts: Any) -> None:
    """Post for so many seconds, as one process of the web server would."""
    import django

    django.setup()
    from benchmark.firm import found, key
    from ledgers.models import Ledger, TrustAccount
    from ledgers.money import money
    from ledgers.posting import Share, post_receipt

    firm = found()
    account = TrustAccount.objects.get(pk=account_id)
    dice = random.Random(os.getpid())  # noqa: S311 (no secret)
    places = [Ledger(pk=pk) for pk in ledgers]
    rest: dict[str, Any] = {
        "account": account,
        "book_date": firm.today,
        "method": "wire",
        "payer": "Payer",
        "reference": "W-1",
    }
    ready.wait()
    posted, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        post_receipt(firm.coordinator, key(), shares=[Share(dice.choice(places), money(dice.randint(1, 9999)))], **rest)
        posted += 1
    counts.put(posted)
