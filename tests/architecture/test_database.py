"""What is true of the books is true in the database as installed."""

import re
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks
from django.db import models

from firms.database import lay_grants, sql_files
from tests.architecture.source import CHECKOUT

FUNCTIONS = """
    SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p') AND NOT EXISTS
           (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')"""
TRIGGERS = """
    SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"""
GRANTS = """
    SELECT c.relname::text, coalesce(c.relacl::text, '') FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')"""
FOREIGN_KEYS = """
    SELECT c.conname::text, r.relname::text, c.confdeltype::text FROM pg_constraint c
      JOIN pg_class r ON r.oid = c.conrelid WHERE c.contype = 'f' AND r.relnamespace = 'public'::regnamespace"""
pytestmark = pytest.mark.django_db
Owner = psycopg.Connection[Any]


def our_models() -> list[type[models.Model]]:
    """Return the models of our apps."""
    return [model for app in settings.OUR_APPS for model in apps.get_app_config(app).get_models()]


class TestInstalledFunctions:
    """The files are the truth."""

    @pytest.mark.parametrize("question", [FUNCTIONS, TRIGGERS, GRANTS], ids=["functions", "triggers", "grants"])
    def test_triggers_and_grants_equal_their_files(self, owner: Owner, question: str) -> None:
        installed = dict(owner.execute(question).fetchall())
        with owner.transaction(force_rollback=True):
            for file in sql_files():
                owner.execute(file.read_bytes())
            lay_grants(owner.cursor(), settings.WEB_ROLE)
            again = dict(owner.execute(question).fetchall())
        different = {name for name in installed.keys() | again.keys() if installed.get(name) != again.get(name)}
        assert different == ({"firm_now()"} if question == FUNCTIONS else set())  # tests move the clock

    def test_are_all_in_a_file(self, owner: Owner) -> None:
        text = "\n".join(file.read_text() for file in sql_files())
        written = {
            name.lower() for name in re.findall(r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)", text, re.IGNORECASE)
        }
        installed = {name.split("(")[0] for name, _ in owner.execute(FUNCTIONS).fetchall()}
        assert installed == written

    def test_say_what_they_do(self) -> None:
        silent = [
            f"{file.relative_to(CHECKOUT)} {name}"
            for file in sql_files()
            for before, name in re.findall(
                r"([^\n]*)\n\s*CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(\w+)", "\n" + file.read_text(), re.IGNORECASE
            )
            if not before.lstrip().startswith("--")
        ]
        assert not silent

    def test_that_act_for_the_owner_pin_where_they_look_for_names(self, owner: Owner) -> None:
        loose = """SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
            AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false)"""
        assert owner.execute(loose).fetchall() == []


class TestTriggers:
    """Guards that nothing switches off by the way."""

    def test_fire_always(self, owner: Owner) -> None:
        lax = """SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND t.tgenabled <> 'A'"""
        assert owner.execute(lax).fetchall() == []


class TestDeletion:
    """Nothing near money goes because something else went."""

    def test_never_cascades_in_our_models(self) -> None:
        found = [
            f"{model.__name__}.{field.name}"
            for model in our_models()
            for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
        ]
        assert not found

    def test_never_cascades_in_the_database(self, owner: Owner) -> None:
        refused = {"a", "r"}  # NO ACTION, RESTRICT
        assert [row for row in owner.execute(FOREIGN_KEYS).fetchall() if row[2] not in refused] == []

    def test_is_not_the_web_roles_to_do_in_our_tables(self, owner: Owner) -> None:
        can = "SELECT has_table_privilege(%s, %s, 'DELETE') OR has_table_privilege(%s, %s, 'TRUNCATE')"
        tables = [f'"{m._meta.db_table}"' for m in our_models() if getattr(m, "web_may", "write") != "all"]
        role = settings.WEB_ROLE
        assert [t for t in tables if owner.execute(can, [role, t, role, t]).fetchone() != (False,)] == []


class TestStartUpChecks:
    """The checks of trustledger/checks.py against the database that tests run on."""

    def test_find_nothing_wrong(self) -> None:
        assert [m.msg for m in run_checks(tags=["trustledger"], databases=["default"]) if m.is_serious()] == []
