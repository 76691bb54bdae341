"""App configuration of ledgers."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    """Ledgers."""

    name = "ledgers"
    default_auto_field = "django.db.models.BigAutoField"
