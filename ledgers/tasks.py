"""What the worker does for the books: ids in, one call. Each is idempotent."""

from typing import Any

from celery import shared_task

from ledgers.opening import approval, checking, loading, undoing

LONG: dict[str, Any] = {"soft_time_limit": 1800, "time_limit": 1860}  # sent to the queue "bulk" by whoever wakes them


@shared_task(name="ledgers.check_opening", **LONG)
def check_opening(run_id: int) -> None:
    """Read and check a mapped import."""
    checking.check(run_id)


@shared_task(name="ledgers.load_opening", **LONG)
def load_opening(run_id: int) -> None:
    """Load a confirmed import."""
    loading.load(run_id)


@shared_task(name="ledgers.roll_back_opening", **LONG)
def roll_back_opening(proposal_id: int) -> None:
    """Roll an import back."""
    undoing.roll_back(proposal_id)


@shared_task(name="ledgers.resume_openings", **LONG)
def resume_openings() -> None:
    """Finish confirmed imports and roll backs whose wake-up was lost or whose worker died."""
    approval.resume_checks()
    loading.resume_all()
    undoing.resume_all()
