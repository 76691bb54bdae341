"""`./up` from its servers on: the address when the sign-in page answers, and all stop when one does."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import CHECKOUT
from tests.scripts.launcher import ALONE, EMBEDDED, gone

SERVE = [sys.executable, str(CHECKOUT / "scripts" / "serve.py")]
PATIENCE_SECONDS = 180


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(port: int) -> int:
    """Return the status of the sign-in page."""
    with urllib.request.urlopen(f"http://localhost:{port}/account/login/", timeout=10) as answer:
        return int(answer.status)


class Serving:
    """A whole TrustLedger, without its demonstration firm, on a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        """Start it."""
        env = ALONE | {"PORT": str(port), "TRUSTLEDGER_DEMO": "0"}
        command = [*EMBEDDED, "--home", str(home), "--scratch", "--", *SERVE]
        self.home, self.port = home, port
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line)

    def hear(self, words: str) -> str:
        """Wait for a line with these words."""
        deadline, heard = time.monotonic() + PATIENCE_SECONDS, ""
        while words not in heard:
            heard = self.lines.get(timeout=max(0.1, deadline - time.monotonic()))
        return heard

    def end(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        return self.process.wait(60)

    def child(self, words: str) -> int:
        """Return the process id of the oldest process of this home's session with these words."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                mine = os.getsid(int(entry.name)) == self.process.pid
            except (OSError, ValueError):
                continue
            if mine and words in line:
                found.append(int(entry.name))
        return min(found)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Start everything on a free port and wait for the sentence."""
    port = free_port()
    started = Serving(tmp_path / "home", port)
    try:
        assert f"http://localhost:{port}" in started.hear("TrustLedger is ready")
        yield started
    finally:
        started.end()


class TestUp:
    """Web, worker and beat."""

    def test_serve_the_sign_in_page_and_all_stop_when_the_worker_dies(self, serving: Serving) -> None:
        assert page(serving.port) == 200
        os.kill(serving.child("trustledger worker"), signal.SIGKILL)
        assert "The worker process ended" in serving.hear("Stopping everything")
        assert serving.process.wait(60) == 1
        assert gone(serving.home)

    def test_refuse_a_port_that_is_taken_with_a_sentence(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = int(taken.getsockname()[1])
            refused = Serving(tmp_path / "home", port)
            refused.hear(f"Port {port} is taken by another program")
            assert refused.process.wait(60) == 1
