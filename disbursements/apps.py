"""App configuration of disbursements."""

from django.apps import AppConfig


class DisbursementsConfig(AppConfig):
    """Disbursements."""

    name = "disbursements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kind of proposal of payees' bank details known."""
        from disbursements import payee_bank

        payee_bank.register()
