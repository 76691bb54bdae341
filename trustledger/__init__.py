"""The project: settings, addresses, the worker; the only place that imports every app."""

from trustledger.celery import app as celery_app

__all__ = ["celery_app"]
