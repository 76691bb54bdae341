"""A real worker, started as production does, on the test's database and queues."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from tests import databases
from trustledger.celery import app

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 30


def worker_with(mail: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker for all queues, with these settings of mail, until the test is done with it.

    Its queues are empty at first: what thousands of commits of other tests have left there would keep it for a minute.
    """
    app.control.purge()
    env = os.environ | {
        "DATABASE_URL": databases.address("DATABASE_URL", databases.WORKER),
        "OWNER_DATABASE_URL": "",
        "QUEUE_PREFIX": str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]),
        **mail,
    }
    command = [sys.executable, "-m", "celery", "-A", "trustledger", "worker", "-Q", "mail,normal,bulk", "-c", "1"]
    quiet = ["--without-gossip", "--without-mingle", "-l", "warning"]
    process = subprocess.Popen([*command, *quiet], cwd=CHECKOUT, env=env)
    yield process
    process.terminate()
    process.wait(timeout=LONGEST_SECONDS)


def eventually(true: Callable[[], Any], seconds: float = LONGEST_SECONDS) -> Any:
    """Wait until something is true; return what it was last."""
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
