"""The clients and matters that an import brings, made in batches; each row learns the numbers made for it."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from django.db import connection

from ledgers.models import Client, Matter, OpeningImport

BATCH = 2000
ORGANIZATION = re.compile(
    r"\b(LLC|L\.L\.C\.|LLP|Inc\.?|Corp\.?|Corporation|Ltd\.?|Company|Co\.|Trust|Foundation|Bank|P\.C\.)(\W|$)",
    re.IGNORECASE,
)

NEW_CLIENTS = """SELECT DISTINCT ON (client_key) client_key, client_name, client_email FROM ledgers_openingrow
  WHERE run_id = %(run)s AND part = 'balances' AND NOT is_total AND ledger_kind = 'client' AND client_id IS NULL
  ORDER BY client_key, line"""
LEARN_CLIENTS = """UPDATE ledgers_openingrow r SET client_id = n.id FROM unnest(%(keys)s::text[],
  %(ids)s::bigint[]) AS n(key, id)
  WHERE r.run_id = %(run)s AND r.part = 'balances' AND r.client_key = n.key AND r.client_id IS NULL
    AND r.ledger_kind = 'client'"""
NEW_MATTERS = """SELECT DISTINCT ON (matter_key) matter_key, matter_number, client_id, description, attorney_id,
    coalesce(opened_date, last_activity_date, %(cut_over)s)
  FROM ledgers_openingrow
  WHERE run_id = %(run)s AND part = 'balances' AND NOT is_total AND ledger_kind = 'client' AND matter_id IS NULL
  ORDER BY matter_key, line"""
LEARN_MATTERS = """UPDATE ledgers_openingrow r SET matter_id = n.id FROM unnest(%(keys)s::text[],
  %(ids)s::bigint[]) AS n(key, id)
  WHERE r.run_id = %(run)s AND r.part = 'balances' AND r.matter_key = n.key AND r.matter_id IS NULL
    AND r.ledger_kind = 'client'"""
NEW_USES = """INSERT INTO ledgers_matteraccount (matter_id, trust_account_id, is_default, is_active)
  SELECT r.matter_id, r.trust_account_id,
         NOT EXISTS (SELECT 1 FROM ledgers_matteraccount d WHERE d.matter_id = r.matter_id AND d.is_default)
         AND r.line = (SELECT min(f.line) FROM ledgers_openingrow f WHERE f.run_id = r.run_id AND f.part = r.part
           AND f.matter_key = r.matter_key), true
    FROM ledgers_openingrow r
   WHERE r.run_id = %(run)s AND r.part = 'balances' AND r.matter_id IS NOT NULL AND r.line >= %(first)s
     AND r.line < %(first)s + %(many)s
     AND NOT EXISTS (SELECT 1 FROM ledgers_matteraccount x WHERE x.matter_id = r.matter_id
       AND x.trust_account_id = r.trust_account_id)
   ORDER BY r.line"""
USED_AGAIN = """UPDATE ledgers_matteraccount x SET is_active = true FROM ledgers_openingrow r
  WHERE r.run_id = %(run)s AND r.part = 'balances' AND r.matter_id = x.matter_id
    AND r.trust_account_id = x.trust_account_id AND NOT x.is_active"""


def _batches(sql: str, values: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        rows = iter(cursor)
        while batch := list(islice(rows, BATCH)):
            yield batch


def _learn(sql: str, run: OpeningImport, keys: list[str], ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"run": run.pk, "keys": keys, "ids": ids})


def client_kind(name: str) -> str:
    """Return whether a name is an organization's."""
    return Client.Kind.ORGANIZATION if ORGANIZATION.search(name) else Client.Kind.PERSON


def make_clients(run: OpeningImport) -> int:
    """Record the clients that the books do not know; return how many."""
    made = 0
    for batch in _batches(NEW_CLIENTS, {"run": run.pk}):
        clients = Client.objects.bulk_create(
            Client(name=name, email=email, kind=client_kind(name)) for _, name, email in batch
        )
        _learn(LEARN_CLIENTS, run, [key for key, *_ in batch], [client.pk for client in clients])
        made += len(clients)
    return made


def make_matters(run: OpeningImport) -> int:
    """Open the matters that the books do not know, and let them use their trust accounts; return how many."""
    made = 0
    for batch in _batches(NEW_MATTERS, {"run": run.pk, "cut_over": run.cut_over_date}):
        matters = Matter.objects.bulk_create(_matter(run, *rest) for _, *rest in batch)
        _learn(LEARN_MATTERS, run, [key for key, *_ in batch], [matter.pk for matter in matters])
        made += len(matters)
    _use_accounts(run)
    return made


def _matter(run: OpeningImport, number: str, client: int, description: str, attorney: int, opened: date) -> Matter:
    return Matter(
        number=number, client_id=client, description=description, responsible_attorney_id=attorney,
        opened_date=opened, coordinator_id=run.uploaded_by_id,
    )  # fmt: skip


def _use_accounts(run: OpeningImport) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(line), 0) FROM ledgers_openingrow WHERE run_id = %s AND part = 'balances'", [run.pk]
        )
        for first in range(0, cursor.fetchone()[0] + 1, BATCH):
            cursor.execute(NEW_USES, {"run": run.pk, "first": first, "many": BATCH})
        cursor.execute(USED_AGAIN, {"run": run.pk})
