"""Ticks and wake-ups of the relay: each is harmless when it comes twice, late, or not at all."""

from celery import shared_task

from notifications.delivery import relay


@shared_task
def relay_outbox() -> None:
    """Take what is in the outbox and send what is due."""
    relay()


def wake() -> None:
    """Ask the worker to look into the outbox now; the tick covers the loss of this."""
    relay_outbox.apply_async(queue="mail", expires=30, retry=False)
