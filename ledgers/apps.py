"""App configuration of ledgers."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    """Ledgers."""

    name = "ledgers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of proposals of the books known."""
        from ledgers import closing, proposals
        from ledgers.opening import registration

        registration.register_kinds()
        proposals.register()
        closing.register()
