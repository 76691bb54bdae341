"""The proof of an opening import: what the source says, what was loaded, and what the bank says, to the cent.

Source totals equal loaded totals, per client; book balance + outstanding checks - deposits in transit = the bank's
statement at the cut-over, per trust account.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from firms.models import Person
from ledgers.models import OpeningImport
from ledgers.money import Money, cents_of, money, parse_money


@dataclass(frozen=True)
class AccountProof:
    """One trust account at the cut-over. All amounts in cents; `loaded` and `book` are foreseen until it is loaded."""

    account_id: int
    account: str
    ledgers: int
    source: int
    loaded: int
    checks: int
    check_count: int
    deposits: int
    deposit_count: int
    book: int
    statement: int | None

    @property
    def adjusted(self) -> int:
        """What the bank must show: book balance + outstanding checks - deposits in transit."""
        return self.book + self.checks - self.deposits

    @property
    def difference(self) -> int | None:
        """What is missing or too much at the bank."""
        return None if self.statement is None else self.adjusted - self.statement

    @property
    def holds(self) -> bool:
        """Whether both equations are right to the cent."""
        return self.difference == 0 and self.source == self.loaded


@dataclass(frozen=True)
class ClientProof:
    """One client: what the source says and what was loaded."""

    client: str
    matters: int
    source: Money
    loaded: Money

    @property
    def difference(self) -> Money:
        """Nothing, when it is right."""
        return self.loaded - self.source


LOADED = """SELECT l.ledger_id, sum(l.amount) AS amount FROM ledgers_journalline l
  JOIN ledgers_journalentry e ON e.id = l.entry_id JOIN ledgers_command c ON c.id = e.command_id
 WHERE c.actor_id = %(actor)s AND c.key = ANY (%(keys)s) GROUP BY l.ledger_id"""

ACCOUNTS = f"""
WITH loaded AS ({LOADED}), source AS (
  SELECT trust_account_id AS id, count(*) FILTER (WHERE part = 'balances') AS ledgers,
         coalesce(sum(amount) FILTER (WHERE part = 'balances'), 0) AS source,
         coalesce(sum(amount) FILTER (WHERE item = 'check'), 0) AS checks,
           count(*) FILTER (WHERE item = 'check') AS check_count,
         coalesce(sum(amount) FILTER (WHERE item = 'deposit'), 0) AS deposits,
           count(*) FILTER (WHERE item = 'deposit') AS deposit_count
    FROM ledgers_openingrow WHERE run_id = %(run)s AND NOT is_total AND trust_account_id IS NOT NULL GROUP BY 1)
SELECT a.id, a.name || ' ••' || a.last_four, s.ledgers, s.source,
       coalesce((SELECT sum(x.amount) FROM loaded x JOIN ledgers_ledger g ON g.id = x.ledger_id
         WHERE g.trust_account_id = a.id), 0),
       s.checks, s.check_count, s.deposits, s.deposit_count, book_balance(a.id, %(cut_over)s)
  FROM source s JOIN ledgers_trustaccount a ON a.id = s.id ORDER BY a.name"""

CLIENTS = f"""
WITH loaded AS ({LOADED}), source AS (
  SELECT client_id, trust_account_id, ledger_kind, matter_id, sum(amount) AS amount FROM ledgers_openingrow r
   WHERE run_id = %(run)s AND part = 'balances' AND NOT is_total AND NOT EXISTS (
     SELECT 1 FROM ledgers_matterwall w WHERE w.matter_id = r.matter_id AND w.person_id = %(viewer)s
       AND w.lifted_at IS NULL)
   GROUP BY 1, 2, 3, 4),
by_ledger AS (
  SELECT s.client_id, s.ledger_kind, s.matter_id, s.amount AS source, coalesce(x.amount, 0) AS loaded FROM source s
    LEFT JOIN ledgers_ledger g ON g.trust_account_id = s.trust_account_id AND g.kind = s.ledger_kind
                              AND coalesce(g.matter_id, 0) = coalesce(s.matter_id, 0)
    LEFT JOIN loaded x ON x.ledger_id = g.id)
SELECT coalesce(c.name, CASE b.ledger_kind WHEN 'firm_funds' THEN 'Firm funds' WHEN 'unidentified'
         THEN 'Unidentified receipts' ELSE 'Interest due' END),
       count(DISTINCT b.matter_id), sum(b.source)::bigint, sum(b.loaded)::bigint
  FROM by_ledger b LEFT JOIN ledgers_client c ON c.id = b.client_id
 GROUP BY b.client_id, c.name, b.ledger_kind"""


def _values(run: OpeningImport) -> dict[str, Any]:
    actor = run.proposal.proposed_by_id if run.proposal_id and run.proposal else run.uploaded_by_id
    keys = [run.command_key(number) for number in range(run.command_count)]
    return {"run": run.pk, "actor": actor, "keys": keys, "cut_over": run.cut_over_date}


def account_proofs(run: OpeningImport) -> list[AccountProof]:
    """Return the proof per trust account: of what is in the books once loaded, foreseen before."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, _values(run))
        rows = cursor.fetchall()
    return [_account_proof(run, [int(number) for number in (pk, *numbers)], name) for pk, name, *numbers in rows]


def _account_proof(run: OpeningImport, numbers: list[int], name: str) -> AccountProof:
    pk, ledgers, source, loaded, checks, check_count, deposits, deposit_count, book = numbers
    statement = run.statements.get(str(pk))
    if run.command_count == 0:  # foreseen
        loaded, book = source, book + source
    return AccountProof(
        account_id=pk,
        account=name,
        ledgers=ledgers,
        source=source,
        loaded=loaded,
        checks=checks,
        check_count=check_count,
        deposits=deposits,
        deposit_count=deposit_count,
        book=book,
        statement=None if statement is None else cents_of(parse_money(statement)),
    )


class ClientProofs:
    """The proof per client, by name, without what is behind a wall for the viewer; special ledgers by their names."""

    def __init__(self, run: OpeningImport, viewer: Person | None = None, *, only_wrong: bool = False) -> None:
        """Keep the question."""
        self.sql = CLIENTS + (" HAVING sum(b.source) <> sum(b.loaded)" if only_wrong else "")
        self.values = _values(run) | {"viewer": viewer.pk if viewer else 0}

    def count(self) -> int:
        """Return how many there are."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) p", self.values)
            return int(cursor.fetchone()[0])

    def __len__(self) -> int:
        """Return how many there are."""
        return self.count()

    def __getitem__(self, wanted: slice) -> list[ClientProof]:
        """Return some of them."""
        start = wanted.start or 0
        return list(self._rows(f" OFFSET {int(start)} LIMIT {int(wanted.stop) - int(start)}"))

    def __iter__(self) -> Iterator[ClientProof]:
        """Give all of them, streamed."""
        return self._rows("")

    def _rows(self, sliced: str) -> Iterator[ClientProof]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"{self.sql} ORDER BY 1, 3{sliced}", self.values)
            for name, matters, source, loaded in cursor:
                yield ClientProof(name, matters, money(source), money(loaded))


def proof_of(run: OpeningImport) -> dict[str, Any]:
    """Return the whole proof as it is kept with the run: amounts in cents."""
    accounts = account_proofs(run)
    wrong = [] if run.command_count == 0 else [proof.client for proof in ClientProofs(run, only_wrong=True)[0:20]]
    return {
        "cut_over_date": run.cut_over_date.isoformat() if run.cut_over_date else None,
        "accounts": [
            asdict(proof) | {"adjusted": proof.adjusted, "difference": proof.difference} for proof in accounts
        ],
        "clients": ClientProofs(run).count() if run.command_count else None,
        "clients_wrong": wrong,
        "holds": bool(accounts) and all(proof.holds for proof in accounts) and not wrong,
    }
