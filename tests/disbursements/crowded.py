"""Ten thousand requests that wait, as rows: written by the owner, guards aside, in a database that is thrown away."""

from typing import Any

import psycopg

from disbursements.models import DisbursementRequest
from ledgers.models import Ledger, Matter, MatterAccount
from ledgers.money import money
from ledgers.posting import Share, post_receipt
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask

MATTERS, OF_EACH = 100, 100
COPY = """
    WITH held AS (
        INSERT INTO ledgers_hold (ledger_id, kind, amount, reason, placed_by_id, placed_at, release_evidence)
        SELECT ledger, 'reserved', 100 + number, 'Requested', %s, now(), ''
          FROM unnest(%s::bigint[]) ledger, generate_series(1, %s) number RETURNING id, ledger_id, amount)
    INSERT INTO disbursements_disbursementrequest
           (kind, ledger_id, payee, amount, method, purpose, reference, note, consent, attachments, content_hash,
            requester_id, requested_at, hold_id, state, version, reason)
    SELECT kind, held.ledger_id, payee, held.amount, method, purpose, reference, note, consent, attachments,
           content_hash, requester_id, requested_at, held.id, state, version, reason
      FROM disbursements_disbursementrequest, held WHERE disbursements_disbursementrequest.id = %s"""
TABLES = ("ledgers_hold", "disbursements_disbursementrequest")


def crowd_of_requests(cast: Cast, owner: "psycopg.Connection[Any]") -> None:
    """Let 10,000 requests wait for the attorney, over 100 matters, besides one that was asked for as people do."""
    matters = [
        Matter(
            number=f"2026-8{number:03}", client=cast.smith, description="A case", opened_date=cast.start,
            responsible_attorney=cast.attorney, coordinator=cast.coordinator,
        )
        for number in range(MATTERS)
    ]  # fmt: skip
    Matter.objects.bulk_create(matters)
    MatterAccount.objects.bulk_create(
        MatterAccount(matter=matter, trust_account=cast.account, is_default=True) for matter in matters
    )
    post_receipt(
        cast.coordinator, key(), account=cast.account, book_date=today(), method="wire", payer="A payer",
        reference="W-2", shares=[Share(matter, money(10_000_000)) for matter in matters],
    )  # fmt: skip
    ledgers = list(Ledger.objects.filter(matter__in=matters).values_list("pk", flat=True))
    first = ask(cast, 100)
    with owner.transaction():
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(COPY, [cast.coordinator.pk, ledgers, OF_EACH, first.pk])
    owner.execute("ANALYZE")
    assert DisbursementRequest.objects.count() == MATTERS * OF_EACH + 1
