"""The two database roles: the owner, who migrates, and the web role, which owns nothing."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from cluster import keep_secret
from psycopg import sql

OWNER = "trustledger_owner"
WEB, TEST_WEB = "trustledger_web", "trustledger_web_test"
DATABASE = "trustledger"


def url(user: str, password: str, database: str, host: Path) -> str:
    """Return the address of a database on a socket."""
    return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={quote(str(host), safe='/')}"


def with_user(address: str, user: str, password: str) -> str:
    """Return the same address for another role."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def with_database(address: str, database: str) -> str:
    """Return the same address for another database."""
    return urlunsplit(urlsplit(address)._replace(path=f"/{database}"))


def database_of(address: str) -> str:
    """Return the database an address names."""
    return unquote(urlsplit(address).path.lstrip("/"))


def ensure_role(connection: "psycopg.Connection[Any]", name: str, password: str, rights: str) -> None:
    """Create the role, or set its password and rights anew."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    statement = sql.SQL(f"{verb} ROLE {{}} LOGIN {rights} PASSWORD {{}}")
    connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def give_reins(connection: "psycopg.Connection[Any]", owner: str, web: str) -> None:
    """Let the owner end connections of the web role; the web role gains nothing by it."""
    statement = sql.SQL("GRANT {} TO {}").format(sql.Identifier(web), sql.Identifier(owner))
    connection.execute(statement)


def ensure_database(connection: "psycopg.Connection[Any]", name: str, owner: str | None = None) -> None:
    """Create the database when it is not there, and let nobody in but its owner and whom the owner grants it."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        whose = sql.SQL(" OWNER {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), whose))


def web_role_on_real_server(owner_url: str, role: str, secrets: Path) -> str:
    """Make or keep the web role on a server that the caller named, and return its DATABASE_URL.

    The owner must be allowed to create roles; the database is created when the owner may.
    """
    password = keep_secret(secrets / "web")
    database = database_of(owner_url)
    try:
        connection = psycopg.connect(owner_url, autocommit=True)
    except psycopg.OperationalError as refused:
        if "does not exist" not in str(refused) or f'"{database}"' not in str(refused):
            raise
        with psycopg.connect(with_database(owner_url, "postgres"), autocommit=True) as maintenance:
            ensure_database(maintenance, database)
        connection = psycopg.connect(owner_url, autocommit=True)
    with connection:
        ensure_role(connection, role, password, "NOSUPERUSER NOCREATEDB NOCREATEROLE")
        give_reins(connection, connection.info.user, role)
    return with_user(owner_url, role, password)
