"""Roll a loaded import back: every entry reversed, nothing deleted, while nothing else was posted on its ledgers.

A reversal is dated as the entry it reverses: what was loaded never was true, on no day. The clients and matters stay.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from django.db import connection, transaction

from firms import outbox, proposals
from firms.access import Capability, capabilities_of
from firms.clock import now
from firms.models import Person, Proposal
from firms.refusals import NotAllowed, Refusal, translating
from ledgers.models import JournalEntry, OpeningImport
from ledgers.opening.approval import AT_ONCE_ROWS, wake
from ledgers.opening.loading import ENTRIES_PER_COMMAND, ONE_AT_A_TIME, look_at_books, settle_balances
from ledgers.opening.progress import Teller
from ledgers.opening.refusals import NotInState, UsedSince
from ledgers.posting import entry, post_entries
from ledgers.refusals import ReasonMissing

State = OpeningImport.State
ROLL_BACK_KIND = "opening_rollback"

OURS = """SELECT e.id FROM ledgers_journalentry e JOIN ledgers_command c ON c.id = e.command_id
  WHERE c.actor_id = %(actor)s AND c.key = ANY (%(keys)s)"""
TO_REVERSE = f"""SELECT e.id, e.trust_account_id, e.book_date, e.method, t.party,
    (SELECT jsonb_agg(jsonb_build_object('ledger', l.ledger_id, 'amount', -l.amount) ORDER BY l.ledger_id)
       FROM ledgers_journalline l WHERE l.entry_id = e.id)
  FROM ledgers_journalentry e JOIN ledgers_entrytext t ON t.entry_id = e.id WHERE e.id IN ({OURS}) ORDER BY e.id DESC"""
USED = f"""SELECT count(DISTINCT x.ledger_id), min(coalesce(m.number, replace(g.kind, '_', ' ')))
  FROM (SELECT l.ledger_id FROM ledgers_journalline l JOIN ledgers_journalentry e ON e.id = l.entry_id
         WHERE l.ledger_id IN (SELECT o.ledger_id FROM ledgers_journalline o WHERE o.entry_id IN ({OURS}))
           AND l.seq > (SELECT min(o.seq) FROM ledgers_journalline o
                         WHERE o.ledger_id = l.ledger_id AND o.entry_id IN ({OURS}))
           AND e.id NOT IN ({OURS})
           AND NOT (e.reverses_id IS NOT NULL AND e.reverses_id IN ({OURS}))
        UNION ALL
        SELECT h.ledger_id FROM ledgers_hold h WHERE h.released_at IS NULL
           AND h.ledger_id IN (SELECT o.ledger_id FROM ledgers_journalline o WHERE o.entry_id IN ({OURS}))) x
  JOIN ledgers_ledger g ON g.id = x.ledger_id LEFT JOIN ledgers_matter m ON m.id = g.matter_id"""


def _values(run: OpeningImport) -> dict[str, Any]:
    assert run.proposal is not None, "a loaded run was proposed"
    return {
        "actor": run.proposal.proposed_by_id,
        "keys": [run.command_key(number) for number in range(run.command_count)],
    }


def refuse_if_used(run: OpeningImport) -> None:
    """Refuse when anything else was posted, or is held, on a ledger of the import since.

    Raises:
        UsedSince: naming how many ledgers, and one of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(USED, _values(run))
        used, example = cursor.fetchone()
    if used:
        raise UsedSince(ledgers=used, example=example)


def propose_roll_back(run_id: int, person: Person, reason: str) -> Proposal:
    """Ask a second person to have a loaded import rolled back.

    Raises:
        NotAllowed, ReasonMissing, NotInState, UsedSince.
    """
    if Capability.IMPORT_BOOKS not in capabilities_of(person):
        raise NotAllowed
    if not reason.strip():
        raise ReasonMissing
    with translating(), transaction.atomic():
        run = _loaded(run_id)
        refuse_if_used(run)
        content = {"import": run.pk, "reason": reason.strip()[:300], "rows": run.row_count}
        return proposals.propose(person, ROLL_BACK_KIND, content, f"Roll back opening import {run.pk}", run)


def describe_roll_back(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return the content as the second person reads it."""
    content = proposal.content
    return [("Import", content["import"]), ("Rows", content["rows"]), ("Reason", content["reason"])]


def roll_back_confirmed(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Roll back what was confirmed (the handler of ROLL_BACK_KIND): small runs at once, others by the worker.

    Raises:
        NotInState, UsedSince, and what the pen refuses.
    """
    run = _loaded(proposal.content["import"])
    refuse_if_used(run)
    if run.row_count <= AT_ONCE_ROWS:
        roll_back(proposal.pk)
    else:
        transaction.on_commit(lambda: wake("ledgers.roll_back_opening", proposal.pk))
    return {"import": run.pk}


def roll_back(proposal_id: int) -> OpeningImport:
    """Reverse every entry of an import, the last first, all or nothing. A repeated call finds it rolled back.

    Raises:
        UsedSince: something else was posted meanwhile; NotInState; and what the pen refuses (a signed month).
    """
    proposal = Proposal.objects.select_related("proposed_by").get(
        pk=proposal_id, kind=ROLL_BACK_KIND, state=Proposal.State.CONFIRMED
    )
    with translating(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        run = (
            OpeningImport.objects.select_for_update(of=("self",))
            .select_related("proposal")
            .get(pk=proposal.content["import"])
        )
        if run.state == State.ROLLED_BACK:
            return run
        _refuse_unless_loaded(run)
        _reverse_all(run, proposal)
        # asked once the pen has locked the ledgers: nothing can be posted on them any more
        refuse_if_used(run)
        run.state, run.rolled_back_at = State.ROLLED_BACK, now()
        run.save(update_fields=["state", "rolled_back_at"])
        outbox.tell("opening.rolled_back", run, {"import": run.pk}, dedupe=f"opening:{run.pk}:rolled_back")
    return run


def _loaded(run_id: int) -> OpeningImport:
    run = OpeningImport.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=run_id)
    _refuse_unless_loaded(run)
    return run


def _refuse_unless_loaded(run: OpeningImport) -> None:
    if run.state != State.LOADED:
        raise NotInState(state=run.get_state_display().lower())


def _reverse_all(run: OpeningImport, proposal: Proposal) -> None:
    entries, number = _reversals(run, proposal), 0
    teller = Teller(run.pk, run.row_count)
    while batch := list(islice(entries, ENTRIES_PER_COMMAND)):
        post_entries(proposal.proposed_by, f"{run.command_key(number)}:back", batch)
        settle_balances()
        teller.add(len(batch))
        number += 1
        if number & (number - 1) == 0:
            look_at_books()


def _reversals(run: OpeningImport, proposal: Proposal) -> Iterator[dict[str, Any]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(TO_REVERSE, _values(run))
        for pk, account, on_date, method, party, lines in cursor:
            words = {"reason": f"Import {run.pk} rolled back: {proposal.content['reason']}", "party": party}
            yield entry(
                JournalEntry.Kind.REVERSAL, account, on_date, json.loads(lines), method, reverses=pk, text=words,
                second_person=proposal.decided_by_id,
            )  # fmt: skip


def resume_all() -> list[int]:
    """Finish every confirmed roll back that no worker has finished; return the proposals' numbers."""
    confirmed = Proposal.objects.filter(kind=ROLL_BACK_KIND, state=Proposal.State.CONFIRMED).values_list(
        "pk", "content"
    )
    waiting = [
        pk
        for pk, content in confirmed
        if OpeningImport.objects.filter(pk=content["import"], state=State.LOADED).exists()
    ]
    for pk in waiting:
        with suppress(Refusal):  # somebody used a ledger meanwhile: the others go on
            roll_back(pk)
    return waiting
