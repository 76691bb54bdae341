"""App configuration of billing."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Billing."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep what walls hide of billing out of the audit trail."""
        from billing.queries import settlements
        from billing.queries.invoices import hidden_from
        from firms.audit_walls import conceal

        conceal(hidden_from)
        conceal(settlements.hidden_from)
