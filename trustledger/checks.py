"""What must be true before this process serves anybody: durable servers, the web role's rights, safe configuration.

Each finding is a sentence: what is wrong and what to do. The configuration is also looked at by every `manage.py`
command and by `check --deploy`; the servers when web, worker and beat start (`refuse_unsafe`).
"""

import base64
import binascii
import json
import stat
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.db import connections

from firms.database import LEVELS, rights_of

Apps = Sequence[AppConfig] | None
SAFE = "trustledger"
KEY_BYTES = 32
LOCAL = {"localhost", "127.0.0.1", "::1"}
SHORTEST_SECRET = 50


@register(SAFE)
def configuration_is_safe(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Look at DEBUG, the secret key and the addresses."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on: error pages would show the books. Turn it off.", id="trustledger.E001"))
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_SECRET or len(set(key)) < 10 or key.startswith("django-insecure-"):
        sentence = "SECRET_KEY is short or guessable: use 64 random characters, for example `openssl rand -base64 64`."
        found.append(Error(sentence, id="trustledger.E002"))
    address = urlsplit(settings.BASE_URL)
    if address.scheme != "https" and address.hostname not in LOCAL:
        sentence = f"BASE_URL is {settings.BASE_URL}: outside this machine TrustLedger is served by https only."
        found.append(Error(sentence, id="trustledger.E003"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS lets in every name: list the names you serve.", id="trustledger.E004"))
    if settings.SCRATCH and settings.SECURE:
        sentence = "TRUSTLEDGER_SCRATCH is set: it switches the check of durability off and is for tests only."
        found.append(Error(sentence, id="trustledger.E005"))
    return found


@register(SAFE)
def field_keys_are_there(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Look at the file of the keys that encrypt account numbers: there, well-formed, nobody else's."""
    path = settings.FIELD_KEYS_FILE
    try:
        opened = json.loads(path.read_text())
        keys = [opened["keys"][opened["active"]], *opened["keys"].values(), opened["index"]]
        lengths = {len(base64.b64decode(key, validate=True)) for key in keys}
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        lengths = set()
    if lengths != {KEY_BYTES}:
        sentence = f"The field keys ({path}) are missing or unreadable: restore the file that belongs to this database."
        return [Error(sentence, id="trustledger.E006")]
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return [Error(f"Others may change the field keys: chmod 600 {path}.", id="trustledger.E007")]
    return []


def ask(alias: str, question: str) -> list[tuple[Any, ...]]:
    """Return the rows that answer a question to the database."""
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


@register(SAFE, Tags.database)
def server_is_durable(app_configs: Apps, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Look at the settings by which PostgreSQL keeps what it has confirmed (not on the scratch servers of tests)."""
    if settings.SCRATCH:
        return []
    found: list[CheckMessage] = []
    names = "('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums')"
    for alias in databases or []:
        for name, value in ask(alias, f"SELECT name, setting FROM pg_settings WHERE name IN {names} ORDER BY name"):
            if value != "off":
                continue
            sentence = f"PostgreSQL runs with {name} = off: a power cut could lose or damage posted entries. "
            if name == "data_checksums":
                remedy = "Run pg_checksums --enable while it is stopped."
                found.append(Warning(sentence + remedy, id="trustledger.W001"))
            else:
                found.append(Error(sentence + "Set it to on and restart the server.", id="trustledger.E010"))
    return found


@register(SAFE, Tags.database)
def web_role_owns_nothing(app_configs: Apps, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse to serve as a superuser, as the owner of a table, or as a member of the owner."""
    found: list[CheckMessage] = []
    question = """
        SELECT current_user::text, r.rolsuper, r.rolcreaterole, r.rolbypassrls, EXISTS (
            SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v')
            AND pg_has_role(current_user, c.relowner, 'MEMBER'))
          FROM pg_roles r WHERE r.rolname = current_user"""
    for alias in databases or []:
        for name, *rights in ask(alias, question):
            if any(rights) and not settings.AS_OWNER:
                sentence = (
                    f"This process runs as {name}, who may change the books past their rules. DATABASE_URL must name "
                    "the web role, which owns nothing; only `manage.py migrate` is given OWNER_DATABASE_URL."
                )
                found.append(Error(sentence, id="trustledger.E011"))
    return found


@register(SAFE, Tags.database)
def grants_are_as_declared(app_configs: Apps, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse to serve when the web role may do more to a table than its model says, the journal above all."""
    found: list[CheckMessage] = []
    if settings.AS_OWNER:
        return found
    declared = {m._meta.db_table: rights_of(m)[0] for m in apps.get_models(include_auto_created=True)}
    every = [*LEVELS["all"], "TRUNCATE"]
    columns = ", ".join(f"has_table_privilege(c.oid, '{right}')" for right in every)
    question = f"""SELECT c.relname::text, {columns} FROM pg_class c
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY c.relname"""
    for alias in databases or []:
        for table, *held in ask(alias, question):
            allowed = declared.get(table, ["SELECT"])
            more = [right for right, has in zip(every, held, strict=True) if has and right not in allowed]
            if more:
                sentence = (
                    f"The web role may {', '.join(more)} on {table}, which the release does not allow. "
                    "Run `manage.py migrate` as the owner, and find out who granted it."
                )
                found.append(Error(sentence, id="trustledger.E012"))
    return found


def refuse_unsafe() -> None:
    """End this process with a sentence when it would serve unsafely; called when web, worker and beat start."""
    found = run_checks(tags=[SAFE], databases=["default"])
    connections.close_all()
    for message in found:
        sys.stderr.write(f"{message.id}: {message.msg}\n")
    if any(message.is_serious() for message in found):
        sys.exit("TrustLedger does not start: see the sentences above.")
