"""App configuration of firms."""

from django.apps import AppConfig


class FirmsConfig(AppConfig):
    """Firms."""

    name = "firms"
    default_auto_field = "django.db.models.BigAutoField"
