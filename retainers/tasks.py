"""Ticks of the worker: each asks whether something is due, and is harmless when it comes twice."""

from celery import shared_task

from firms.schedule import run_if_due
from retainers.monitoring import CHECK, scheduled_check


@shared_task
def check_balances_if_due() -> bool:
    """Check the balances when one of the day's times has come."""
    return run_if_due(CHECK, scheduled_check)
