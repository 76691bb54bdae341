"""App configuration of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifications."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Be woken by what is written into the outbox."""
        from firms import outbox
        from notifications.tasks import wake

        outbox.WAKERS.append(wake)
