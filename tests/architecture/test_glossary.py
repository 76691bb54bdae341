"""Each refusal of the books has its line in the glossary; each rule the glossary names is in the database."""

import re
from pathlib import Path

import pytest
from django.db import connection

import ledgers.refusals
from firms.refusals import BY_CODE

GLOSSARY = (Path(__file__).parents[2] / "GLOSSARY.md").read_text()
RULES = GLOSSARY[GLOSSARY.index("## Rules of the books") :]


def test_names_every_refusal_of_the_books() -> None:
    codes = {code for code, kind in BY_CODE.items() if kind.__module__ == ledgers.refusals.__name__}
    assert {code for code in codes if f"`{code}`" not in GLOSSARY} == set()


@pytest.mark.django_db
def test_names_only_rules_that_the_database_keeps() -> None:
    kept_by = {
        name for row in RULES.splitlines() if row.startswith("| ") for name in re.findall(r"`(\w+)`", row.split("|")[2])
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT proname FROM pg_proc UNION SELECT tgname FROM pg_trigger UNION SELECT conname FROM pg_constraint
            UNION SELECT indexrelid::regclass::text FROM pg_index UNION SELECT attname FROM pg_attribute"""
        )
        known = {name for (name,) in cursor.fetchall()}
    assert kept_by - known - {"integrity", "ledgers"} == set()
