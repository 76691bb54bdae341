#!/usr/bin/env python
"""Run a command with everything TrustLedger needs in its environment, and stop it all afterwards.

usage: embedded.py [--home DIR] [--scratch] [--env-file FILE] -- COMMAND...
The home is --home, TRUSTLEDGER_HOME or ./var; with --scratch --home or a temporary folder.

Without DATABASE_URL and REDIS_URL a private PostgreSQL and Valkey live in the home. With both, nothing is embedded:
DATABASE_URL names an owner who may create roles (the web role is made and kept), unless OWNER_DATABASE_URL is given
too: then both are taken as they are. `--scratch`: servers for tests, in a home of their own, without durability.
"""

import argparse
import base64
import contextlib
import fcntl
import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import roles
from cluster import Cluster, die_with_parent, forget_place_elsewhere, keep_secret, say

CHECKOUT = Path(__file__).resolve().parent.parent
ROOM_FOR_SCRATCH = 4 << 30


def quick_folder() -> str | None:
    """Return the memory's own file system if scratch servers have room in it: a test's database is 1,500 files."""
    memory = Path("/dev/shm")  # a folder with a random name is made in it
    if not os.access(memory, os.W_OK):
        return None
    place = os.statvfs(memory)
    roomy = place.f_bavail * place.f_frsize >= ROOM_FOR_SCRATCH
    return str(memory) if roomy and not place.f_flag & os.ST_NOEXEC else None


def lock(home: Path) -> IO[str]:
    """Take the home for this process; refuse when another one has it."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another TrustLedger is running on {home}: stop it first, or set TRUSTLEDGER_HOME to another folder.")
    return file


def field_keys(path: Path) -> Path:
    """Return the file of the keys that encrypt fields (account numbers), made once: losing it loses those fields."""
    if not path.exists():
        key, index = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"active": "k1", "keys": {"k1": key}, "index": index}, file)
        unfinished.rename(path)
    return path


def own_environment(home: Path) -> dict[str, str]:
    """Return what every run has: the home and its secrets."""
    kept = home / "secrets"
    kept.mkdir(mode=0o700, exist_ok=True)
    env = dict(os.environ, TRUSTLEDGER_HOME=str(home))
    if not env.get("SECRET_KEY") and not env.get("SECRET_KEY_FILE"):
        env["SECRET_KEY"] = keep_secret(kept / "secret-key", 64)
    env.setdefault("FIELD_KEYS_FILE", str(field_keys(kept / "field-keys.json")))
    return env


def real_servers(home: Path, *, scratch: bool) -> dict[str, str]:
    """Return the addresses on servers that the caller named."""
    web, owner = os.environ["DATABASE_URL"], os.environ.get("OWNER_DATABASE_URL")
    if not owner:
        web, owner = roles.web_role_on_real_server(web, home / "secrets", scratch=scratch), web
    return {"DATABASE_URL": web, "OWNER_DATABASE_URL": owner}


def private_servers(cluster: Cluster) -> dict[str, str]:
    """Start the private servers, make the two roles and the database, and return their addresses."""
    cluster.start()
    owner, web = (keep_secret(cluster.home / "secrets" / name) for name in ("owner", "web"))
    with cluster.connect("postgres") as connection:
        roles.ensure_role(connection, roles.OWNER, owner, "CREATEDB NOCREATEROLE NOSUPERUSER")
        roles.ensure_role(connection, roles.WEB, web, "NOCREATEDB NOCREATEROLE NOSUPERUSER")
        roles.give_reins(connection, roles.OWNER, roles.WEB)
        roles.ensure_database(connection, roles.DATABASE, roles.OWNER)
    sockets = cluster.run / "pg"
    return {
        "DATABASE_URL": roles.url(roles.WEB, web, roles.DATABASE, sockets),
        "OWNER_DATABASE_URL": roles.url(roles.OWNER, owner, roles.DATABASE, sockets),
        "REDIS_URL": cluster.redis_url,
    }


def watch(command: list[str], env: dict[str, str], cluster: Cluster | None) -> int:
    """Run the command until it ends, is asked to end, or a server dies under it; return its exit code."""
    child = subprocess.Popen(command, env=env, preexec_fn=die_with_parent())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: child.send_signal(signal.SIGTERM))
    while child.poll() is None:
        if cluster and any(process.poll() is not None for process in cluster.processes):
            say(f"A private server died: stopping. Its log is in {cluster.home}.")
            child.terminate()
            child.wait(30)
            return 1
        time.sleep(0.1)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path)
    parser.add_argument("--scratch", action="store_true")
    parser.add_argument("--env-file", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    return options


def main() -> int:
    """Choose the home, then start, run, stop."""
    options = arguments()
    os.umask(0o077)
    with contextlib.ExitStack() as leaving:
        if options.scratch and not options.home:
            folder = tempfile.TemporaryDirectory(prefix="tl-check-", dir=quick_folder())
            options.home = Path(leaving.enter_context(folder))
            leaving.callback(forget_place_elsewhere, options.home)
        return run((options.home or Path(os.environ.get("TRUSTLEDGER_HOME") or CHECKOUT / "var")).resolve(), options)


def run(home: Path, options: argparse.Namespace) -> int:
    """Take the home, start the servers, run the command, stop."""
    held = lock(home)
    env = own_environment(home)
    cluster = None
    if options.scratch:
        env["TRUSTLEDGER_SCRATCH"] = "1"
    else:  # scripts/manage reads it
        options.env_file = options.env_file or home / "env"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
            env |= real_servers(home, scratch=options.scratch)
        else:
            cluster = Cluster(home, scratch=options.scratch)
            env |= private_servers(cluster)
        if options.env_file:
            write_env(options.env_file, env)
        return watch(options.command, env, cluster)
    finally:
        if options.env_file:
            options.env_file.unlink(missing_ok=True)
        if cluster:
            cluster.stop()
        held.close()


def write_env(path: Path, env: dict[str, str]) -> None:
    """Write the addresses and secrets for a shell to read, once the servers answer."""
    names = ["DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS_FILE"]
    names += ["TRUSTLEDGER_HOME", "TRUSTLEDGER_SCRATCH", "TRUSTLEDGER_DEMO", "BASE_URL", "PORT"]
    unfinished = path.with_suffix(".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"export {name}={shlex.quote(env[name])}\n" for name in names if name in env)
    unfinished.rename(path)


if __name__ == "__main__":
    sys.exit(main())
