"""The database compared with the release: functions, triggers, constraints and grants, each by its hash.

`release.json` beside this file holds the hashes of this release; `manage.py integrity --write-release` writes it and a
test holds it equal to a freshly installed database.
"""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.db import connection

RELEASE = Path(__file__).with_name("release.json")

OBJECTS = Path(__file__).with_name("schema.sql").read_text()


def fingerprint() -> dict[str, str]:
    """Return the hash of every object of the database that keeps a rule, by its name."""
    with connection.cursor() as cursor:
        cursor.execute(OBJECTS, {"web": settings.WEB_ROLE})
        return {name: hashlib.sha256(text.encode()).hexdigest()[:24] for name, text in sorted(cursor.fetchall())}


def write_release() -> int:
    """Write the hashes of this database as those of the release; return how many."""
    found = fingerprint()
    RELEASE.write_text(json.dumps(found, indent=0) + "\n")
    return len(found)


def deviations() -> list[tuple[str, str]]:
    """Return (object, "missing" | "changed" | "added") for everything that differs from the release."""
    released, found = json.loads(RELEASE.read_text()), fingerprint()
    names = sorted(released.keys() | found.keys())
    return [
        (name, "missing" if name not in found else "added" if name not in released else "changed")
        for name in names
        if released.get(name) != found.get(name)
    ]
