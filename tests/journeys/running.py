"""TrustLedger as `./up` runs it: web, worker and beat by its own commands, on a test's database and mail server."""

import base64
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from playwright.sync_api import Page

from tests import databases
from tests.firms.device import Device

if TYPE_CHECKING:
    import serve
else:
    sys.path.insert(0, str(databases.CHECKOUT / "scripts"))
    import serve

PATIENCE_SECONDS = 60


class Running:
    """The address of what runs, and what it has written into its logs."""

    def __init__(self, home: Path, port: int) -> None:
        """Remember where it is."""
        self.home, self.url = home, f"http://localhost:{port}"

    def logs(self) -> str:
        """Return everything that web, worker and beat have logged."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.home.glob("*.log")))

    def wait_for_the_web(self) -> None:
        """Wait until the sign-in page is served."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/account/login/", timeout=10):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the sign-in page did not come: {self.logs()[-3000:]}")


@contextmanager
def as_up_runs_it(home: Path) -> Iterator[Running]:
    """Start the three processes with what `./up` gives them, their letters going to the test's mail server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {
        "DATABASE_URL": databases.address("DATABASE_URL", databases.WORKER),
        "OWNER_DATABASE_URL": "",
        "QUEUE_PREFIX": str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]),
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        "MAIL_FROM": settings.DEFAULT_FROM_EMAIL,
        "BASE_URL": f"http://localhost:{port}",
        "WEB_CONCURRENCY": "1",
    }
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in serve.commands(home, port).items():
            processes[name] = serve.start(name, command, home)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    running = Running(home, port)
    try:
        running.wait_for_the_web()
        yield running
        assert serve.died(processes, home) is None
    finally:
        serve.stop(processes)


def hold_passkey(page: Page, device: Device) -> None:
    """Give a browser a device with this passkey in it, touched at once when it is asked."""
    tools: Any = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    abilities = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": {**abilities, "isUserVerified": True}})
    key = device.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": base64.b64encode(device.credential_id).decode(),
        "privateKey": base64.b64encode(key).decode(),
        "isResidentCredential": False,
        "rpId": "localhost",
        "signCount": 1,
    }
    tools.send("WebAuthn.addCredential", {"authenticatorId": made["authenticatorId"], "credential": credential})
