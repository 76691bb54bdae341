"""Ticks of the worker for requests; each is harmless when it comes twice, late, or not at all."""

from celery import shared_task

from disbursements import settlement_fees
from disbursements.earned_fees import follow_all
from disbursements.follow_up import follow_up
from disbursements.matter_closing import follow_closings


@shared_task
def follow_up_requests() -> dict[str, int]:
    """Remind of overdue decisions and end requests whose time is over."""
    return follow_up()


@shared_task
def close_matters() -> dict[str, int]:
    """Close the matters of which nothing is left, and make closing those that money came to."""
    return follow_closings()


@shared_task
def transfer_fees() -> int:
    """Transfer the fees of invoices and settlements whose conditions have come to be there."""
    return follow_all() + settlement_fees.follow_all()
