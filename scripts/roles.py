"""The two database roles: the owner, who migrates, and the web role, which owns nothing."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from cluster import keep_secret
from psycopg import sql

OWNER = "trustledger_owner"
WEB = "trustledger_web"
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


def connect_or_create(owner_url: str) -> "psycopg.Connection[Any]":
    """Connect to the owner's database; create it first when the server does not have it."""
    database = database_of(owner_url)
    try:
        return psycopg.connect(owner_url, autocommit=True)
    except psycopg.OperationalError as refused:
        if f'database "{database}" does not exist' not in str(refused):
            sys.exit(f"The server in DATABASE_URL does not let us in: {refused}")
    with psycopg.connect(with_database(owner_url, "postgres"), autocommit=True) as maintenance:
        ensure_database(maintenance, database)
    return psycopg.connect(owner_url, autocommit=True)


def web_role_on_real_server(owner_url: str, secrets: Path, *, scratch: bool) -> str:
    """Make or keep the web role on a server that the caller named, and return its DATABASE_URL.

    The role is named for the database (trustledger -> trustledger_web), so that firms on one server do not share it;
    tests have one of their own and never touch that of a firm in service.
    """
    role = f"{database_of(owner_url)[:48]}_web" + ("_test" if scratch else "")
    password = keep_secret(secrets / "web")
    with connect_or_create(owner_url) as connection:
        try:
            ensure_role(connection, role, password, "")
            give_reins(connection, connection.info.user, role)
        except psycopg.errors.InsufficientPrivilege as refused:
            owner, why = connection.info.user, refused.diag.message_primary
            sys.exit(
                f"{owner} may not make or change the role {role} ({why}). Let it create roles, "
                "or make both roles yourself and set DATABASE_URL (web role) and OWNER_DATABASE_URL."
            )
    return with_user(owner_url, role, password)
