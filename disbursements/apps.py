"""App configuration of disbursements."""

from django.apps import AppConfig


class DisbursementsConfig(AppConfig):
    """Disbursements."""

    name = "disbursements"
    default_auto_field = "django.db.models.BigAutoField"
