"""The second person: a checked run is proposed with its proof; confirming it loads it."""

from typing import Any

from celery import current_app
from django.db import transaction

from firms import proposals
from firms.access import Capability, capabilities_of
from firms.models import Person, Proposal
from firms.refusals import NotAllowed, translating
from ledgers.models import OpeningImport
from ledgers.money import as_text, money
from ledgers.opening.checking import check
from ledgers.opening.loading import load_in_transaction
from ledgers.opening.proof import account_proofs
from ledgers.opening.refusals import ContentNotWhatWasProposed, HasErrors, NotInState
from ledgers.opening.runs import editable, is_big

State = OpeningImport.State
LOAD_KIND = "opening_import"
AT_ONCE_ROWS = 300  # up to so many rows are loaded while the second person waits


def begin_check(run_id: int) -> None:
    """Read and check a mapped run: a small one at once, a big one by the worker."""
    run = OpeningImport.objects.get(pk=run_id)
    if is_big(run):
        wake("ledgers.check_opening", run.pk)
    elif run.state == State.MAPPED:
        check(run.pk)


def resume_checks() -> None:
    """Check every mapped run that no worker has checked."""
    for run in OpeningImport.objects.filter(state=State.MAPPED):
        check(run.pk)


def content_of(run: OpeningImport) -> dict[str, Any]:
    """Return what the second person decides on: the files by hash, how they are read, and the proof."""
    return {
        "import": run.pk,
        "files": [{"part": f.part, "name": f.name, "sha256": f.digest} for f in run.files.order_by("part")],
        "mapping": run.mapping,
        "cut_over_date": run.cut_over_date.isoformat() if run.cut_over_date else None,
        "deficits_accepted_by": run.deficits_accepted_by_id,
        "rows": run.row_count,
        "warnings": run.warning_count,
        "accounts": [
            {
                "account": p.account, "ledgers": p.ledgers, "source": p.source, "checks": p.checks,
                "check_count": p.check_count,
                "deposits": p.deposits, "deposit_count": p.deposit_count, "book": p.book, "statement": p.statement,
            }
            for p in account_proofs(run)
        ],
    }  # fmt: skip


def describe(proposal: Proposal) -> list[tuple[str, Any]]:
    """Return the content as the second person reads it."""
    content = proposal.content
    facts: list[tuple[str, Any]] = [
        ("File", f"{file['name']} (SHA-256 {file['sha256'][:16]}…)") for file in content["files"]
    ]
    facts += [("Cut-over date", content["cut_over_date"]), ("Rows", content["rows"]), ("Warnings", content["warnings"])]
    for account in content["accounts"]:
        facts += [
            (f"{account['account']}: ledgers", account["ledgers"]),
            (f"{account['account']}: book balance", as_text(money(account["book"]))),
            (f"{account['account']}: outstanding checks ({account['check_count']})", as_text(money(account["checks"]))),
            (
                f"{account['account']}: deposits in transit ({account['deposit_count']})",
                as_text(money(account["deposits"])),
            ),
            (f"{account['account']}: bank statement", as_text(money(account["statement"]))),
        ]
    return facts


def propose(run_id: int, person: Person) -> Proposal:
    """Ask a second person to have a checked run loaded.

    Raises:
        NotAllowed: the person may not import.
        HasErrors: a row is wrong, or the proof does not hold.
        NotInState: it is not checked.
    """
    if Capability.IMPORT_BOOKS not in capabilities_of(person):
        raise NotAllowed
    with translating(), transaction.atomic():
        run = editable(run_id)
        if run.state != State.CHECKED:
            raise NotInState(state=run.get_state_display().lower())
        if run.error_count:
            raise HasErrors(errors=run.error_count)
        books = ", ".join(as_text(money(proof.book)) for proof in account_proofs(run)[:3])
        summary = f"Opening import {run.pk}: {run.row_count:,} rows, {books}"
        proposal = proposals.propose(person, LOAD_KIND, content_of(run), summary, run)
        run.state, run.proposal = State.PROPOSED, proposal
        run.save(update_fields=["state", "proposal"])
    return proposal


def load_confirmed(proposal: Proposal, confirmed_by: Person) -> dict[str, Any]:
    """Load what was confirmed (the handler of LOAD_KIND): small runs at once, others by the worker.

    Raises:
        NotInState, ContentNotWhatWasProposed, and what the books refuse.
    """
    run = (
        OpeningImport.objects.select_for_update(of=("self",))
        .select_related("proposal")
        .get(pk=proposal.content["import"])
    )
    if run.state != State.PROPOSED or run.proposal_id != proposal.pk:
        raise NotInState(state=run.get_state_display().lower())
    if proposals.content_hash(LOAD_KIND, content_of(run)) != proposal.content_hash:
        raise ContentNotWhatWasProposed
    run.state = State.LOADING
    run.save(update_fields=["state"])
    if run.row_count <= AT_ONCE_ROWS:
        load_in_transaction(run.pk)
    else:
        transaction.on_commit(lambda: wake("ledgers.load_opening", run.pk))
    return {"import": run.pk}


def wake(task: str, *values: int) -> None:
    """Wake the worker; if the message is lost, the run is found by `resume_all`."""
    current_app.send_task(task, args=list(values), queue="bulk")
