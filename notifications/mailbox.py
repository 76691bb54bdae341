"""Where the demonstration firm's mail goes: into a table that the mailbox page shows. No connection is ever opened."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from firms.clock import now
from notifications.models import DemoMail


class MailboxBackend(BaseEmailBackend):
    """An e-mail backend that keeps every letter and sends none."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the letters; return how many."""
        instant = now()
        kept = [
            DemoMail(
                at=instant, sender=str(message.from_email), to=", ".join(message.recipients()),
                subject=str(message.subject), message_id=str(message.extra_headers.get("Message-ID", "")),
                headers={name: str(value) for name, value in message.extra_headers.items()},
                text=str(message.body), html=html_of(message),
            )
            for message in email_messages
        ]  # fmt: skip
        return len(DemoMail.objects.bulk_create(kept))


def html_of(message: EmailMessage) -> str:
    """Return the HTML part of a letter, or nothing."""
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    return next((str(part) for part, kind in message.alternatives if kind == "text/html"), "")
