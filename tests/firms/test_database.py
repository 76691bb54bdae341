"""The two roles as tests meet them."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from firms.database import InstallationFailed, marked_functions


@pytest.mark.django_db
class TestWebRole:
    """The role of the web process."""

    def test_owns_nothing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
            assert cursor.fetchone() == (0,)

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (id int)",
            "CREATE TEMP TABLE mine (id int)",
            "TRUNCATE firms_firm",
            "DELETE FROM firms_bankholiday",
            "UPDATE firms_bankholiday SET name = 'none'",
        ],
    )
    def test_may_not_change_tables_or_what_it_may_only_read(self, statement: str) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
class TestCommittingTests:
    """Tests that commit get their database back as it was, guards and all."""

    @pytest.mark.parametrize("round_number", [1, 2, 3])
    def test_leave_nothing_behind(self, owner: "psycopg.Connection[Any]", round_number: int) -> None:
        owner.execute("CREATE TABLE IF NOT EXISTS left_behind (id int)")
        owner.execute("INSERT INTO left_behind VALUES (1)")
        assert owner.execute("SELECT count(*) FROM left_behind").fetchone() == (1,)


class TestMarkedFunctions:
    """Which functions a file gives to the web role."""

    ABOVE = "-- web role may execute\nCREATE FUNCTION one(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n"
    INSIDE = "CREATE OR REPLACE FUNCTION two() RETURNS int\n-- web role may execute\nAS $$ SELECT 2 $$;\n"
    NEITHER = "-- Something else.\nCREATE FUNCTION three() RETURNS int LANGUAGE sql AS $$ SELECT 3 $$;\n"

    def test_are_those_with_the_mark_above_or_in_the_head(self) -> None:
        for text in (self.ABOVE + self.INSIDE + self.NEITHER, self.NEITHER + self.INSIDE + self.ABOVE):
            assert marked_functions(text) == {"one", "two"}

    def test_are_never_guessed_from_a_mark_without_a_function(self) -> None:
        with pytest.raises(InstallationFailed):
            marked_functions(self.NEITHER + "-- web role may execute\n")
