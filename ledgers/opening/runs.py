"""The stages of a run before it is proposed: upload, map, type the bank's balances, choose about deficits, give up."""

from datetime import date
from typing import Any, BinaryIO

from django.db import transaction

from firms.access import Capability, capabilities_of, roles_of
from firms.clock import now, today
from firms.models import Person, Role
from firms.refusals import NotAllowed, translating
from ledgers.models import OpeningFile, OpeningImport, OpeningRow
from ledgers.money import parse_money
from ledgers.opening.files import receive
from ledgers.opening.mapping import Mapping, refuse_incomplete
from ledgers.opening.refusals import DeficitNotYours, MappingIncomplete, NotInState

State = OpeningImport.State
EDITABLE = (State.UPLOADED, State.MAPPED, State.CHECKED)
BIG_BYTES = 1_000_000  # from here on the worker reads and checks


def upload(
    person: Person, balances: tuple[str, BinaryIO], outstanding: tuple[str, BinaryIO] | None = None
) -> OpeningImport:
    """Begin a run with its files, as (name, stream).

    Raises:
        NotAllowed: the person may not import.
        FileRefused: one of them cannot be read; nothing is kept.
    """
    if Capability.IMPORT_BOOKS not in capabilities_of(person):
        raise NotAllowed
    with translating(), transaction.atomic():
        run = OpeningImport.objects.create(uploaded_by=person, uploaded_at=now())
        receive(run, OpeningFile.Part.BALANCES, *balances)
        if outstanding is not None:
            receive(run, OpeningFile.Part.OUTSTANDING, *outstanding)
    return run


def map_columns(run_id: int, mapping: Mapping, cut_over: date, statements: dict[int, str]) -> OpeningImport:
    """Say which column means what, the cut-over date, and the bank's balance of each trust account on it.

    Raises:
        MappingIncomplete: a column is missing, or the date is to come.
        NotInState: the run is proposed already.
        ValidationError: a balance is no amount.
    """
    typed = {str(account): str(parse_money(text).amount) for account, text in statements.items() if text.strip()}
    if cut_over > today():
        raise MappingIncomplete(what="The cut-over date is to come; it is the last day of the old books.")
    with translating(), transaction.atomic():
        run = editable(run_id)
        refuse_incomplete(mapping, list(run.files.all()))
        run.mapping, run.cut_over_date, run.statements = mapping.as_json(), cut_over, typed
        _back_to_mapped(run)
    return run


def accept_deficits(run_id: int, person: Person, reason: str) -> OpeningImport:
    """Choose to load negative balances as recorded deficits; the run is to be checked again.

    Raises:
        DeficitNotYours: the person is neither managing partner nor trust supervisor.
        MappingIncomplete: no reason.
    """
    if not {Role.PARTNER, Role.SUPERVISOR} & roles_of(person):
        raise DeficitNotYours
    if not reason.strip():
        raise MappingIncomplete(what="Say why the deficit is loaded.")
    with translating(), transaction.atomic():
        run = editable(run_id)
        run.deficits_accepted_by, run.deficits_reason = person, reason.strip()[:300]
        if run.state != State.UPLOADED:
            _back_to_mapped(run)
        else:
            run.save()
    return run


def discard(run_id: int) -> OpeningImport:
    """Give a run up before it is proposed.

    Raises:
        NotInState: it is proposed, or further.
    """
    with translating(), transaction.atomic():
        run = editable(run_id)
        OpeningRow.objects.filter(run=run).delete()
        run.state, run.refusal = State.REFUSED, "Discarded before it was proposed."
        run.save(update_fields=["state", "refusal"])
    return run


def is_declined(run: OpeningImport) -> bool:
    """Whether the second person declined (or the first withdrew): the run can be changed and proposed again."""
    return run.state == State.PROPOSED and run.proposal is not None and run.proposal.state in {"declined", "withdrawn"}


def is_big(run: OpeningImport) -> bool:
    """Whether reading and checking is work for the worker."""
    return sum(run.files.values_list("size", flat=True)) > BIG_BYTES


def unknown_accounts(run: OpeningImport) -> list[str]:
    """Return the names of trust accounts in the files that are none of the firm's, as far as they were read."""
    rows = OpeningRow.objects.filter(run=run, trust_account_id__isnull=True, is_total=False).exclude(account_text="")
    return list(rows.values_list("account_text", flat=True).distinct().order_by("account_text")[:50])


def editable(run_id: int) -> OpeningImport:
    """Return a run, locked, that may still be changed (in a transaction).

    Raises:
        NotInState: it is proposed, or further.
    """
    run = OpeningImport.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=run_id)
    if is_declined(run):
        run.state, run.proposal = State.CHECKED, None
        run.save(update_fields=["state", "proposal"])
    if run.state not in EDITABLE:
        raise NotInState(state=run.get_state_display().lower())
    return run


def _back_to_mapped(run: OpeningImport) -> None:
    fresh: dict[str, Any] = {"state": State.MAPPED, "error_count": 0, "warning_count": 0, "refusal": ""}
    for name, value in fresh.items():
        setattr(run, name, value)
    run.save()
