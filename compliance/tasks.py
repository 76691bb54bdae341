"""Ticks and wake-ups of the exceptions: each is harmless when it comes twice, late, or not at all."""

from celery import shared_task

from compliance.nightly import NIGHTLY, nightly
from compliance.watch import look, look_if_told
from firms.schedule import run_if_due

HOUR = 3600


@shared_task
def look_at_everything() -> None:
    """Bring the exceptions up to date."""
    look()


@shared_task
def look_after_events() -> None:
    """Bring the exceptions up to date if something happened."""
    look_if_told()


@shared_task(soft_time_limit=4 * HOUR, time_limit=4 * HOUR + 60)
def do_the_night_if_due() -> bool:
    """Do the work of the night when it has come."""
    return run_if_due(NIGHTLY, nightly)


def wake() -> None:
    """Ask the worker to look now; the tick covers the loss of this."""
    look_after_events.apply_async(queue="normal", expires=60, retry=False)
