"""App configuration of compliance."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Compliance."""

    name = "compliance"
    default_auto_field = "django.db.models.BigAutoField"
