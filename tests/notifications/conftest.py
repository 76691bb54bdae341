"""A real mail server in the test process, and a matter whose balance is low."""

import socket
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ledgers.money import money
from ledgers.parties import edit_matter
from tests.cast import Cast


class Mailroom:
    """The handler of the mail server: keeps what it accepts, and answers as it is told to."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers_to_recipient: dict[str, str] = {}
        self.answers_to_data: list[str] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers_to_recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers_to_data.pop(0) if self.answers_to_data else "250 OK"
        if answer.startswith("250") or answer == "drop":
            message = BytesParser(policy=policy.default).parsebytes(envelope.content or b"")  # type: ignore[arg-type]
            self.received.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        if answer == "drop":
            assert server.transport is not None
            server.transport.close()
        return answer

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.received]


@pytest.fixture
def mailroom(settings: Any) -> Iterator[Mailroom]:
    """Run a mail server and let the product send through it."""
    handler = Mailroom()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = "TrustLedger <trust@whitfieldmarsh.example>"
    yield handler
    controller.stop()


@pytest.fixture
def smith_is_low(cast: Cast) -> Cast:
    """Smith's matter needs $1,000.00 and has $250.00."""
    edit_matter(cast.smith_matter, cast.smith_matter.version, minimum_balance=money(100_000))
    cast.receive(cast.smith_matter, 25_000)
    return cast
