"""App configuration of retainers."""

from django.apps import AppConfig


class RetainersConfig(AppConfig):
    """Retainers."""

    name = "retainers"
    default_auto_field = "django.db.models.BigAutoField"
