"""What the database itself knows: functions, triggers and grants, installed from files after every migrate.

The files are the truth: `<app>/sql/*.sql`, in the order of the apps and of the file names, run again as a whole in
one transaction by the owner; then every grant is laid anew from the models (`web_may`, `web_may_update`).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

LEVELS = {
    "none": [],
    "read": ["SELECT"],
    "append": ["SELECT", "INSERT"],
    "write": ["SELECT", "INSERT", "UPDATE"],
    "all": ["SELECT", "INSERT", "UPDATE", "DELETE"],
}
TOKEN = re.compile(
    r"^(?P<mark>-- web role may execute)\b"
    r"|^\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s+(?:public\.)?(?P<function>\w+)"
    r"|(?P<body>\bAS\s+\$|\bBEGIN\s+ATOMIC\b)",
    re.IGNORECASE | re.MULTILINE,
)


class InstallationFailed(Exception):
    """A file of SQL could not be installed; the message names it."""


def sql_files() -> Iterator[Path]:
    """Yield every file of SQL in the order in which it is installed."""
    for app in settings.OUR_APPS:
        yield from sorted((Path(apps.get_app_config(app).path) / "sql").glob("*.sql"))


def marked_functions(text: str) -> set[str]:
    """Return the functions of a file that carry `-- web role may execute`, above them or in their head."""
    marked, head, waiting = set(), "", False
    for token in TOKEN.finditer(text):
        if token["function"]:
            head = token["function"].lower()
        elif token["body"]:
            head = ""
        elif not head:
            waiting = True
            continue
        if head and (waiting or token["mark"]):
            marked.add(head)
            waiting = False
    if waiting:
        raise InstallationFailed("a mark `-- web role may execute` belongs to no function")
    return marked


def executable_functions() -> set[str]:
    """Return the names of the functions that the web role may call."""
    return {name for file in sql_files() for name in marked_functions(file.read_text())}


def install(connection: BaseDatabaseWrapper) -> None:
    """Install functions and triggers from their files, then the grants, all or nothing; `connection` is the owner's.

    Raises: InstallationFailed naming the file.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = warning")
        for file in sql_files():
            try:
                cursor.execute(file.read_text())
            except Exception as error:
                raise InstallationFailed(f"{file.parent.parent.name}/sql/{file.name}: {error}") from error
        drop_what_no_file_makes(cursor)
        lay_grants(cursor, connection.ops.quote_name(settings.WEB_ROLE))


def drop_what_no_file_makes(cursor: Any) -> None:
    """Drop functions of an earlier release: those that this transaction did not just install.

    One that a trigger still uses fails the installation.
    """
    cursor.execute(
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
           AND p.xmin::text::bigint < (pg_current_xact_id()::text::bigint & 4294967295)
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"""
    )
    for (signature,) in cursor.fetchall():
        cursor.execute(f"DROP ROUTINE {signature}")


def lay_grants(cursor: Any, web: str) -> None:
    """Take everything away from everybody, then give the web role what the models and the files say."""
    cursor.execute("SELECT quote_ident(current_database()), quote_ident(current_user)")
    database, owner = cursor.fetchone()
    cursor.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {web}")
    if owner != web:
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {web}")
        cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {web}")
    cursor.execute(f"REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {web}")
    _grant_tables(cursor, web)
    _grant_functions(cursor, web)


def _grant_tables(cursor: Any, web: str) -> None:
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        rights, columns = rights_of(model)
        table = f'"{model._meta.db_table}"'
        if rights:
            cursor.execute(f"GRANT {', '.join(rights)} ON {table} TO {web}")
        if columns:
            listed = ", ".join(f'"{model._meta.get_field(name).column}"' for name in columns)  # type: ignore[union-attr]
            cursor.execute(f"GRANT UPDATE ({listed}) ON {table} TO {web}")
    cursor.execute(f"GRANT SELECT ON django_migrations TO {web}")


def rights_of(model: type[Model]) -> tuple[list[str], tuple[str, ...]]:
    """Return what the web role may do to a model's table, and the columns its UPDATE is limited to."""
    parent = model._meta.auto_created or model
    ours = model._meta.app_label in settings.OUR_APPS
    level: str = getattr(parent, "web_may", "write" if ours else "all")
    columns: tuple[str, ...] = getattr(model, "web_may_update", ())
    return [right for right in LEVELS[level] if not (columns and right == "UPDATE")], columns


def _grant_functions(cursor: Any, web: str) -> None:
    """Revoke our own functions from everybody and give back the marked ones; those of extensions stay as they are."""
    allowed = executable_functions()
    cursor.execute(
        """
        SELECT p.oid::regprocedure::text, p.proname FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"""
    )
    installed = cursor.fetchall()
    missing = allowed - {name for _, name in installed}
    if missing:
        raise InstallationFailed(f"marked for the web role but not installed: {', '.join(sorted(missing))}")
    for signature, name in installed:
        cursor.execute(f"REVOKE ALL ON ROUTINE {signature} FROM PUBLIC, {web}")
        if name in allowed:
            cursor.execute(f"GRANT EXECUTE ON ROUTINE {signature} TO {web}")


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Install once per migrate: after the last app's turn."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender.name == last.name:
        install(connections[using])


def install_test_clock(connection: Any) -> None:
    """Let `firm_now()` read the setting trustledger.now: test and demonstration databases only, by the owner."""
    variant = Path(apps.get_app_config("firms").path) / "sql" / "variants" / "firm_now_settable.sql"
    connection.execute(variant.read_text())
