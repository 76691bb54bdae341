"""The worker and the beat. Redis carries wake-ups only: what is due is decided by rows in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustledger.settings")

app = Celery("trustledger")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue("mail"), Queue("normal"), Queue("bulk")]
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()
# Beat only ticks, in UTC; what is due in the firm's zone, and who runs it, is decided by rows.
# A tick that waited longer than until the next one is dropped.
app.conf.beat_schedule = {
    "outbox": {
        "task": "notifications.tasks.relay_outbox",
        "schedule": 3.0,
        "options": {"queue": "mail", "expires": 3},
    },
    "exceptions": {
        "task": "compliance.tasks.look_at_everything",
        "schedule": 300.0,
        "options": {"queue": "normal", "expires": 290},
    },
    "nightly": {
        "task": "compliance.tasks.do_the_night_if_due",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 290},
    },
    "opening-imports": {
        "task": "ledgers.resume_openings",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 290},
    },
    "requests": {
        "task": "disbursements.tasks.follow_up_requests",
        "schedule": 60.0,
        "options": {"queue": "normal", "expires": 55},
    },
    "earned-fees": {
        "task": "disbursements.tasks.transfer_fees",
        "schedule": 60.0,
        "options": {"queue": "normal", "expires": 55},
    },
    "closings": {
        "task": "disbursements.tasks.close_matters",
        "schedule": 60.0,
        "options": {"queue": "normal", "expires": 55},
    },
    "balance-check": {
        "task": "retainers.tasks.check_balances_if_due",
        "schedule": 60.0,
        "options": {"queue": "normal", "expires": 55},
    },
}


@worker_init.connect
@beat_init.connect
def refuse_to_start_unsafely(**_: Any) -> None:
    """Look before the first task."""
    from trustledger.checks import refuse_unsafe

    refuse_unsafe()
