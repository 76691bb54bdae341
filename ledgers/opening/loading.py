"""Load a confirmed run through the pen: all of it in one transaction, or nothing.

What a ledger held is split so that the bank can clear each part by itself: the opening entry is the balance before its
outstanding checks and without its deposits in transit; each of those follows as an entry of its own, with its own date
and number. The opening entry is dated at the cut-over, or with the ledger's oldest outstanding check where that is
older: no check is older than the money it pays with (I3).
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import islice
from typing import Any

from django.db import connection

from firms import audit, outbox
from firms.clock import now
from firms.refusals import Refusal, translating
from ledgers.models import JournalEntry, OpeningImport
from ledgers.opening.between_rows import LEARN, RULES, B, O
from ledgers.opening.checking import allow_long_statements
from ledgers.opening.parties import make_clients, make_matters
from ledgers.opening.progress import Teller
from ledgers.opening.proof import proof_of
from ledgers.opening.refusals import NotInState, ProofFailed
from ledgers.posting import entry, post_entries

State = OpeningImport.State
Kind = JournalEntry.Kind
ENTRIES_PER_COMMAND = 500
ONE_AT_A_TIME = 7_230_080

ITEM_SUMS = f"""SELECT trust_account_id, ledger_kind, matter_key, coalesce(sum(amount) FILTER (WHERE item = 'check'),
  0)::bigint AS checks,
    coalesce(sum(amount) FILTER (WHERE item = 'deposit'), 0)::bigint AS deposits,
      min(item_date) FILTER (WHERE item = 'check') AS first_check
  FROM ledgers_openingrow WHERE {O} GROUP BY 1, 2, 3"""
OPENINGS = f"""SELECT b.trust_account_id, b.matter_id, g.id, b.amount + coalesce(i.checks, 0) - coalesce(i.deposits, 0),
    least(%(cut_over)s::date, i.first_check), b.last_activity_date
  FROM (SELECT * FROM ledgers_openingrow WHERE {B}) b
  LEFT JOIN ({ITEM_SUMS}) i USING (trust_account_id, ledger_kind, matter_key)
  LEFT JOIN ledgers_ledger g ON g.trust_account_id = b.trust_account_id AND g.kind = b.ledger_kind
    AND g.kind <> 'client'
 WHERE b.amount + coalesce(i.checks, 0) - coalesce(i.deposits, 0) <> 0 ORDER BY b.line"""
ITEMS = f"""SELECT i.trust_account_id, b.matter_id, g.id, i.amount, i.item_date, i.item, i.item_number, i.payee,
  i.purpose
  FROM (SELECT * FROM ledgers_openingrow WHERE {O}) i
  JOIN (SELECT trust_account_id, ledger_kind, matter_key, matter_id FROM ledgers_openingrow WHERE {B}) b
    USING (trust_account_id, ledger_kind, matter_key)
  LEFT JOIN ledgers_ledger g ON g.trust_account_id = i.trust_account_id AND g.kind = i.ledger_kind
    AND g.kind <> 'client'
 ORDER BY i.item_date, i.item DESC, i.line"""


def load(run_id: int) -> OpeningImport:
    """Load a confirmed run. A repeated call finds it loaded; a call after a crash begins anew.

    Raises:
        Refusal: what the books refuse; nothing was loaded, and the run is `refused` with the sentence.
        NotInState: it is not confirmed.
    """
    proposal = OpeningImport.objects.select_related("proposal__decided_by").get(pk=run_id).proposal
    confirmer = proposal.decided_by if proposal else None
    try:
        with translating(), audit.acting(confirmer, audit.current_actor().source or "job"):
            return load_in_transaction(run_id)
    except NotInState:
        raise
    except Refusal as refusal:
        OpeningImport.objects.filter(pk=run_id, state=State.LOADING).update(
            state=State.REFUSED, refusal=refusal.detail[:1000]
        )
        raise


def load_in_transaction(run_id: int) -> OpeningImport:
    """Load a run in the transaction that is open.

    Raises:
        NotInState, ProofFailed, and what the pen refuses.
    """
    unlocked = OpeningImport.objects.select_for_update(of=("self",), skip_locked=True).select_related("proposal")
    run = unlocked.filter(pk=run_id).first()
    if run is None:  # another worker is loading it
        return OpeningImport.objects.get(pk=run_id)
    if run.state == State.LOADED:
        return run
    if run.state != State.LOADING:
        raise NotInState(state=run.get_state_display().lower())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    allow_long_statements()
    _refuse_what_changed(run)
    make_clients(run)
    make_matters(run)
    run.command_count = post(run)
    run.proof = proof_of(run)
    if not run.proof["holds"]:
        wrong = ", ".join(run.proof["clients_wrong"]) or "the books and the bank differ"
        raise ProofFailed(what=f"{wrong}.")
    run.state, run.loaded_at = State.LOADED, now()
    run.save(update_fields=["state", "loaded_at", "command_count", "proof"])
    outbox.tell("opening.loaded", run, {"import": run.pk, "rows": run.row_count}, dedupe=f"opening:{run.pk}:loaded")
    return run


def _refuse_what_changed(run: OpeningImport) -> None:
    """Look again at what the books hold: something may have been posted since the run was checked."""
    values = {"run": run.pk, "uploader": run.uploaded_by_id, "deficits": run.deficits_accepted_by_id is not None}
    with connection.cursor() as cursor:
        for sql in LEARN[:2]:
            cursor.execute(sql, values)
        for rule in RULES:
            if rule.is_warning:
                continue
            cursor.execute(f"SELECT * FROM ({rule.sql}) f ORDER BY 1 LIMIT 1", values)
            if found := cursor.fetchone():
                raise ProofFailed(what=f"row {found[0]}: {found[3]} {found[4]}")


def post(run: OpeningImport) -> int:
    """Post the entries of a run, so many per command; return the number of commands."""
    proposal = run.proposal
    assert proposal is not None
    assert proposal.decided_by is not None, "a confirmed run has its two people"
    entries = entries_of(run, proposal.decided_by_id or 0)
    teller, number = Teller(run.pk, entry_count(run)), 0
    while batch := list(islice(entries, ENTRIES_PER_COMMAND)):
        post_entries(proposal.proposed_by, run.command_key(number), batch)
        settle_balances()
        teller.add(len(batch))
        number += 1
        if number & (number - 1) == 0:  # after 1, 2, 4, 8 ... commands
            look_at_books()
    return number


def look_at_books() -> None:
    """Let the database see how large its tables have become in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT look_at_books()")


def settle_balances() -> None:
    """Let the database check the entries so far (I2), instead of all at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS balanced IMMEDIATE")
        cursor.execute("SET CONSTRAINTS balanced DEFERRED")


def entry_count(run: OpeningImport) -> int:
    """Return how many entries a run will post, at most."""
    return int(run.rows.filter(is_total=False).exclude(amount=0).count())


def entries_of(run: OpeningImport, second: int) -> Iterator[dict[str, Any]]:
    """Yield the entries of a run: openings in the order of the file, then items in the order of their dates."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(OPENINGS, {"run": run.pk, "cut_over": run.cut_over_date})
        for account, matter, ledger, cents, on_date, active in cursor:
            words = {
                "purpose": f"Opening balance, import {run.pk}",
                "memo": f"Last activity {active}" if active else "",
            }
            yield entry(
                Kind.OPENING_BALANCE, account, on_date, _line(matter, ledger, cents), text=words, second_person=second
            )
    with connection.chunked_cursor() as cursor:
        cursor.execute(ITEMS, {"run": run.pk})
        for account, matter, ledger, cents, on_date, item, number, payee, purpose in cursor:
            yield _item(
                _line(matter, ledger, cents if item == "deposit" else -cents),
                account,
                on_date,
                item,
                number,
                payee,
                purpose,
                second,
            )


def _line(matter: int | None, ledger: int | None, cents: int) -> list[dict[str, int]]:
    return [{"ledger": ledger, "amount": cents} if ledger else {"matter": matter or 0, "amount": cents}]


def _item(
    lines: list[dict[str, int]],
    account: int,
    on_date: date,
    item: str,
    number: str,
    payee: str,
    purpose: str,
    second: int,
) -> dict[str, Any]:
    """Return an outstanding check, or a deposit in transit: an opening of its own that the bank clears by itself."""
    is_check = item == "check"
    kind = Kind.OPENING_CHECK if is_check else Kind.OPENING_BALANCE
    purpose = purpose or ("Outstanding check" if is_check else "Deposit in transit")
    words = {"party": payee, "reference": number, "purpose": purpose}
    method = JournalEntry.Method.CHECK if is_check else JournalEntry.Method.INTERNAL
    return entry(kind, account, on_date, lines, method, text=words, second_person=second)


def resume_all() -> list[int]:
    """Load every confirmed run that no worker has finished; return their numbers."""
    waiting = list(OpeningImport.objects.filter(state=State.LOADING).values_list("pk", flat=True))
    for run_id in waiting:
        with suppress(Refusal):  # told on its page; the others go on
            load(run_id)
    return waiting
