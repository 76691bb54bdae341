"""App configuration of reconciliation."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """Reconciliation."""

    name = "reconciliation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what takes two people."""
        from reconciliation import months

        months.register()
