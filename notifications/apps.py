"""App configuration of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifications."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Be woken by what is written into the outbox; keep letters about what walls hide out of the audit trail."""
        from firms import audit_walls, outbox
        from notifications.queries import hidden_from
        from notifications.tasks import wake

        audit_walls.conceal(hidden_from)

        outbox.WAKERS.append(wake)
