"""How the tests import: files, the mapping as guessed, the two people, and the proof."""

import io
from datetime import date
from pathlib import Path

from firms import proposals
from firms.clock import now
from firms.models import CodeTry, Person, Proposal
from ledgers.models import OpeningImport, OpeningProblem
from ledgers.opening import approval, checking, runs
from ledgers.opening.mapping import Mapping, guessed
from tests.cast import Cast

FILES = Path(__file__).parent / "files"
CUT_OVER = date(2026, 6, 30)
HEADER = "Matter Number,Client,Responsible Attorney,Trust Account,Balance"


def sample(name: str) -> tuple[str, io.BytesIO]:
    """Return a file of the tests as it is uploaded."""
    return name, io.BytesIO((FILES / name).read_bytes())


def typed(*lines: str, header: str = HEADER) -> tuple[str, io.BytesIO]:
    """Return a file with these rows."""
    return "typed.csv", io.BytesIO("\n".join([header, *lines, ""]).encode())


def items(*lines: str) -> tuple[str, io.BytesIO]:
    """Return a file of outstanding items."""
    return typed(*lines, header="Type,Number,Date,Payee,Matter,Amount")


def checked(
    cast: Cast, balances: tuple[str, io.BytesIO], outstanding: tuple[str, io.BytesIO] | None = None, *,
    bank: str | dict[int, str] = "0.00", person: Person | None = None, dates: str = "iso", **changes: object,
) -> OpeningImport:  # fmt: skip
    """Upload, map as guessed, and check; `bank` is the statement of the first account, or of each."""
    run = runs.upload(person or cast.coordinator, balances, outstanding)
    mapping = guessed(list(run.files.all()))
    mapping = Mapping(**(mapping.as_json() | {"dates": dates} | changes))
    runs.map_columns(run.pk, mapping, CUT_OVER, {cast.account.pk: bank} if isinstance(bank, str) else bank)
    return checking.check(run.pk)


def errors(run: OpeningImport, *, warnings: bool = False) -> list[tuple[int | None, str, str]]:
    """Return what is wrong: row, column, sentence with its remedy."""
    found = OpeningProblem.objects.filter(run=run, is_warning=warnings).order_by("part", "line", "pk")
    return [(p.line, p.column, f"{p.wrong} {p.remedy}") for p in found]


def code_for(person: Person, proposal: Proposal) -> CodeTry:
    """Return an accepted code of a person for a proposal (the second factor itself is tested in tests/firms)."""
    return CodeTry.objects.create(
        person=person, purpose_hash=proposal.content_hash, method="totp", step=None, accepted=True, at=now()
    )


def confirmed(run: OpeningImport, first: Person, second: Person) -> OpeningImport:
    """Propose and confirm; a big run then waits for the worker."""
    proposal = approval.propose(run.pk, first)
    proposals.confirm(proposal.pk, second, code_for(second, proposal))
    return OpeningImport.objects.get(pk=run.pk)
