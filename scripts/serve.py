"""Migrate as the owner, make the demonstration firm once, then run web, worker and beat as the web role until told.

When one of the three dies, all stop with a sentence: a system that half runs is worse than one that is down, and
whoever supervises `./up` (systemd, a container) starts it again.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from cluster import die_with_parent, say

CHECKOUT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
SIGN_IN = "/account/login/"
LONGEST_LOG = 20_000_000
STOPPING = 25


class Stopped(Exception):
    """Somebody asked us to stop."""


def stop_asked(number: int, frame: FrameType | None) -> None:
    """Leave whatever we are doing."""
    raise Stopped


def wait_for_port(port: int) -> None:
    """Refuse to start when another program has the port (one that was just killed gets a moment to let go)."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((os.environ.get("BIND", "127.0.0.1"), port))
            except OSError:
                time.sleep(0.1)
            else:
                return
    sys.exit(f"Port {port} is taken by another program: stop it, or choose another one with PORT=8001 ./up")


def manage(*arguments: str) -> None:
    """Run a management command; stop everything when it fails."""
    if subprocess.run([PYTHON, "manage.py", *arguments], check=False, cwd=CHECKOUT).returncode:
        sys.exit(f"`manage.py {' '.join(arguments)}` failed (see above); nothing was started.")


def has_command(name: str) -> bool:
    """Tell whether one of our apps has this management command."""
    return any(CHECKOUT.glob(f"*/management/commands/{name}.py"))


def commands(home: Path, port: int) -> dict[str, list[str]]:
    """Return the three processes."""
    bind = f"{os.environ.get('BIND', '127.0.0.1')}:{port}"
    web = [str(BIN / "gunicorn"), "trustledger.wsgi", "-b", bind, "-k", "gthread", "--no-control-socket", "--preload"]
    web += ["--workers", os.environ.get("WEB_CONCURRENCY", "2"), "--threads", "8", "--graceful-timeout", "20"]
    web += ["--max-requests", "5000", "--max-requests-jitter", "500", "--forwarded-allow-ips", "127.0.0.1"]
    celery = [str(BIN / "celery"), "-A", "trustledger"]
    worker = [*celery, "worker", "-Q", "mail,normal,bulk", "-c", "2", "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--schedule", str(home / "beat"), "--pidfile", ""]
    return {"web": web, "worker": worker, "beat": beat}


def start(name: str, command: list[str], home: Path) -> "subprocess.Popen[bytes]":
    """Start one process, its output appended to a log in the home."""
    path = home / f"{name}.log"
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.rename(home / f"{name}.log.1")
    with path.open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=CHECKOUT, preexec_fn=die_with_parent())


def died(running: dict[str, "subprocess.Popen[bytes]"], home: Path) -> str | None:
    """Return a sentence about the first process that is no longer there."""
    for name, process in running.items():
        if process.poll() is not None:
            last = (home / f"{name}.log").read_text(errors="replace").splitlines()[-12:]
            return "\n".join([*last, f"The {name} process ended ({process.returncode}); its log is {home}/{name}.log."])
    return None


def answers(port: int) -> bool:
    """Tell whether the sign-in page is served."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{SIGN_IN}", timeout=10) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def supervise(running: dict[str, "subprocess.Popen[bytes]"], home: Path, port: int) -> int:
    """Print the address once the sign-in page answers, then watch."""
    deadline, announced = time.monotonic() + 120, False
    while True:
        sentence = died(running, home)
        if sentence:
            say(sentence + " Stopping everything.")
            return 1
        if not announced and answers(port):
            announced = True
            print(f"TrustLedger is ready: {os.environ['BASE_URL']}  (stop with Ctrl-C)", flush=True)
        if not announced and time.monotonic() > deadline:
            say(f"The sign-in page did not answer within two minutes; see {home}/web.log. Stopping everything.")
            return 1
        time.sleep(0.2)


def stop(running: dict[str, "subprocess.Popen[bytes]"]) -> None:
    """Ask all to finish what they are doing, then insist."""
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOPPING
    for process in running.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def main() -> int:
    """Prepare, start, supervise, stop."""
    home, port = Path(os.environ["TRUSTLEDGER_HOME"]), int(os.environ.get("PORT") or 8000)
    os.environ.setdefault("BASE_URL", f"http://localhost:{port}")
    wait_for_port(port)
    running: dict[str, subprocess.Popen[bytes]] = {}
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop_asked)
    try:
        manage("migrate", "-v0")
        if os.environ.get("TRUSTLEDGER_DEMO") == "1" and has_command("demo_firm"):
            manage("demo_firm")
        for name in ("OWNER_DATABASE_URL", "OWNER_DATABASE_URL_FILE"):
            os.environ.pop(name, None)  # from here on nobody holds the owner's password
        for name, command in commands(home, port).items():
            running[name] = start(name, command, home)
        return supervise(running, home, port)
    except Stopped:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stop(running)


if __name__ == "__main__":
    sys.exit(main())
