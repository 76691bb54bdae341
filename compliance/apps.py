"""App configuration of compliance."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Compliance."""

    name = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Be woken by what is written into the outbox."""
        from compliance.tasks import wake
        from firms import outbox

        outbox.WAKERS.append(wake)
