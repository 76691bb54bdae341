"""Test databases: migrated once by the owner into a template, cloned for every worker, used as the web role.

A test that commits (`transaction=True`, a live server) leaves no cleaning to anybody: its database is thrown away and
cloned again. So every guard of the books stays in force in tests, against TRUNCATE too.
"""

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from firms.database import install_test_clock

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "t" + hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
WORKER = ""  # the database of this process, named by conftest
ONE_AT_A_TIME = 7_230_001


def address(name: str, database: str) -> str:
    """Return the address in this environment variable, for another database."""
    return urlunsplit(urlsplit(os.environ[name])._replace(path=f"/{database}"))


def maintenance() -> "psycopg.Connection[Any]":
    """Connect as the owner to the database that is never a test's."""
    return psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True)


def fingerprint() -> str:
    """Return a hash of everything that a migrated database depends on."""
    files = [*CHECKOUT.glob("*/migrations/*.py"), *CHECKOUT.glob("*/sql/*.sql"), *CHECKOUT.glob("*/models/*.py")]
    files += [*CHECKOUT.glob("*/models.py"), CHECKOUT / "firms/database.py", CHECKOUT / "trustledger/settings.py"]
    files += [*CHECKOUT.glob("requirements/*.txt"), *CHECKOUT.glob("*/apps.py"), Path(__file__)]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()[:10]


def drop(connection: "psycopg.Connection[Any]", name: str) -> None:
    """Drop a database, whoever is in it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        connection.execute(statement + sql.SQL(" WITH (FORCE)"))
    except psycopg.errors.InsufficientPrivilege:
        # FORCE would end autovacuum's worker too, which is the superuser's, and then ends nobody: a plain DROP sends
        # that one away. An owner whom a caller of ./check named may not end the web role's sessions; they end soon.
        ours = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = %s AND backend_type = 'client backend'"""
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(ours, [name])
        connection.execute(statement)


def ensure_template() -> str:
    """Migrate the template as the owner, once for a state of the code, and return its name."""
    name = f"{PREFIX}_template_{fingerprint()}"
    with maintenance() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            drop_idle(connection)
            unfinished = f"{PREFIX}_unfinished"
            drop(connection, unfinished)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            migrate(unfinished)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
    return name


def drop_idle(connection: "psycopg.Connection[Any]") -> None:
    """Drop what earlier runs of this checkout left behind and nobody is using."""
    left = """SELECT datname FROM pg_database d WHERE datname LIKE %s
              AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"""
    for (name,) in connection.execute(left, [f"{PREFIX}\\_%"]).fetchall():
        drop(connection, name)


def migrate(database: str) -> None:
    """Run `manage.py migrate` as production does, then let tests set the clock."""
    env = dict(os.environ)
    env |= {name: address(name, database) for name in ("DATABASE_URL", "OWNER_DATABASE_URL")}
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the template could not be migrated:\n{done.stdout[-4000:]}{done.stderr[-8000:]}")
    with psycopg.connect(env["OWNER_DATABASE_URL"], autocommit=True) as connection:
        install_test_clock(connection)


def clone(template: str, name: str) -> None:
    """Make the worker's database anew from the template (about a tenth of a second)."""
    with maintenance() as connection:
        drop(connection, name)
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        web = sql.Identifier(urlsplit(os.environ["DATABASE_URL"]).username or "")
        # the rights on a database itself are not cloned with it
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), web))
    seed_fault(name)


def seed_fault(name: str) -> None:
    """Break a cloned database as FAULT_SEED says: only the tests of the seeded faults set it."""
    if "FAULT_SEED" not in os.environ:
        return
    from tests.faults.seeded import FAULTS

    with psycopg.connect(address("OWNER_DATABASE_URL", name), autocommit=True) as owner:
        FAULTS[os.environ["FAULT_SEED"]].seed(owner)
