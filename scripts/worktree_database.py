"""Give this checkout a database of its own on the shared developers' server; prints the shell lines that select it."""

import contextlib
import hashlib
import os
import shlex
from pathlib import Path

import psycopg
import roles

if __name__ == "__main__":
    name = "wt_" + hashlib.sha256(str(Path(__file__).resolve().parent.parent).encode()).hexdigest()[:8]
    connection = psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True)
    # another shell of this checkout may be quicker
    with connection, contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        roles.ensure_database(connection, name)
    for variable in ("DATABASE_URL", "OWNER_DATABASE_URL"):
        print(f"export {variable}={shlex.quote(roles.with_database(os.environ[variable], name))}")
