"""App configuration of reconciliation."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """Reconciliation."""

    name = "reconciliation"
    default_auto_field = "django.db.models.BigAutoField"
