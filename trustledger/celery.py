"""The worker and the beat. Redis carries wake-ups only: what is due is decided by rows in PostgreSQL."""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustledger.settings")

app = Celery("trustledger")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue("mail"), Queue("normal"), Queue("bulk")]
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()
