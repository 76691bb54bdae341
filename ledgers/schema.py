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

OBJECTS = """
SELECT 'function ' || p.oid::regprocedure, concat_ws('|', p.prosrc, p.prosecdef, p.provolatile, array_to_string(p.proconfig, ','),
       has_function_privilege(%(web)s, p.oid, 'EXECUTE'), pg_get_userbyid(p.proowner) = %(web)s)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname, concat_ws('|', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint ' || c.relname || '.' || k.conname, concat_ws('|', pg_get_constraintdef(k.oid), k.convalidated)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'u', 'p', 'x')
UNION ALL
SELECT 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'table ' || c.relname, concat_ws('|', pg_get_userbyid(c.relowner) = %(web)s, c.relrowsecurity,
       (SELECT string_agg(p, ',' ORDER BY p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
         WHERE has_table_privilege(%(web)s, c.oid, p)),
       (SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
         AND NOT a.attisdropped AND has_column_privilege(%(web)s, c.oid, a.attnum, 'UPDATE')))
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""


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
