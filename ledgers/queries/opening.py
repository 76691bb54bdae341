"""The opening imports as pages and the API show them."""

from django.db.models import QuerySet

from firms.models import Proposal
from ledgers.models import OpeningFile, OpeningImport, OpeningProblem, TrustAccount

STEPS = ["Upload", "Columns", "Check", "Approval", "Loading", "Proof"]
STEP_OF = {
    "uploaded": 2,
    "mapped": 3,
    "checked": 3,
    "proposed": 4,
    "loading": 5,
    "loaded": 7,
    "rolled_back": 7,
    "refused": 3,
}


def import_list() -> "QuerySet[OpeningImport]":
    """Return the runs, the newest first."""
    return OpeningImport.objects.select_related("uploaded_by", "proposal").order_by("-pk")


def files_of(run: OpeningImport) -> list[OpeningFile]:
    """Return the files of a run, balances first."""
    return list(run.files.order_by("part"))


def problems_of(run: OpeningImport, *, warnings: bool | None = None) -> "QuerySet[OpeningProblem]":
    """Return what is wrong, errors first, in the order of the files."""
    rows = OpeningProblem.objects.filter(run=run)
    if warnings is not None:
        rows = rows.filter(is_warning=warnings)
    return rows.order_by("is_warning", "part", "line", "pk")


def roll_back_waiting(run: OpeningImport) -> Proposal | None:
    """Return the proposal to roll a run back that waits or is being carried out."""
    rows = Proposal.objects.filter(kind="opening_rollback", subject_type=run._meta.db_table, subject_id=str(run.pk))
    return rows.filter(state__in=["proposed", "confirmed"]).order_by("-pk").first()


def accounts_for_import() -> "QuerySet[TrustAccount]":
    """Return the trust accounts a run may load into."""
    return TrustAccount.objects.filter(closed_date__isnull=True).order_by("name")
