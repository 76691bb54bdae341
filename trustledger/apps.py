"""App configuration of the project."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrustLedgerConfig(AppConfig):
    """The project itself: installs the database's functions after every migrate, and its start-up checks."""

    name = "trustledger"

    def ready(self) -> None:
        """Hook the installation of functions, triggers and grants to the end of `migrate`."""
        import trustledger.checks  # noqa: F401  # registers them
        from firms.database import after_migrate

        post_migrate.connect(after_migrate, dispatch_uid="trustledger.install")
