"""What is done every night: months ahead, the seal, the second witness."""

import datetime as dt
from typing import Any

from compliance.watch import look
from firms.schedule import Job
from ledgers.calls import call
from ledgers.integrity import check_and_record
from ledgers.models import TrustAccount
from ledgers.seals import seal_books

NIGHTLY = Job(
    "nightly-integrity",
    local_times=(dt.time(3),),
    late_at_most=dt.timedelta(hours=23, minutes=30),
    one_transaction=False,  # the second witness reads one snapshot of its own
)


def nightly() -> dict[str, Any]:
    """Make the months 24 ahead, seal the books, re-add everything; a finding stops disbursements."""
    months = open_months_ahead()
    seal = seal_books()
    found = check_and_record()
    look()
    return {"months": months, "seal": seal.pk if seal else None, "findings": len(found)}


def open_months_ahead() -> int:
    """Let every open trust account have its months 24 ahead; return for how many accounts that was asked."""
    open_accounts = TrustAccount.objects.filter(closed_date=None).order_by("pk")
    for account in open_accounts:
        call("SELECT open_months(%s)", account.pk)
    return len(open_accounts)
