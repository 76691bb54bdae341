"""The launcher as its tests start it: with nothing of the tests' own servers in its environment."""

import os
import sys
import time
from pathlib import Path

from tests.databases import CHECKOUT

EMBEDDED = [sys.executable, str(CHECKOUT / "scripts" / "embedded.py")]
NAMED = {"DATABASE_URL", "REDIS_URL", "OWNER_DATABASE_URL", "TRUSTLEDGER_HOME", "SECRET_KEY", "FIELD_KEYS_FILE"}
ALONE = {name: value for name, value in os.environ.items() if name not in NAMED}


def processes_of(home: Path) -> list[str]:
    """Return the command lines of processes that name this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(home) in words:
            found.append(words)
    return found


def gone(home: Path) -> bool:
    """Wait until no process names this home; tell whether that happened within ten seconds."""
    for _ in range(100):
        if not processes_of(home):
            return True
        time.sleep(0.1)
    return False
