"""App configuration of disbursements."""

from django.apps import AppConfig


class DisbursementsConfig(AppConfig):
    """Disbursements."""

    name = "disbursements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make our kinds of proposals known; keep what walls hide of files and settlements out of the audit trail."""
        from disbursements import payee_bank, settled_otherwise
        from disbursements.attachments import hidden_from
        from firms.audit_walls import conceal

        payee_bank.register()
        settled_otherwise.register()
        conceal(hidden_from)
        conceal(settled_otherwise.hidden_from)
