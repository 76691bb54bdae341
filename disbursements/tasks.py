"""Ticks of the worker for requests; each is harmless when it comes twice, late, or not at all."""

from celery import shared_task

from disbursements.follow_up import follow_up


@shared_task
def follow_up_requests() -> dict[str, int]:
    """Remind of overdue decisions and end requests whose time is over."""
    return follow_up()
