"""How the pen is reached: a statement of its own, prepared on the connection."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from firms.refusals import Refusal
from ledgers.calls import text_of
from tests.cast import Cast, key

ECHO = "SELECT ($1::bigint + 1 || $2::text)"


@pytest.mark.django_db(transaction=True)
class TestOneTextOfNumbersAndTexts:
    """`text_of`, with real connections."""

    def test_is_prepared_once_and_lives_through_a_rollback(self) -> None:
        with transaction.atomic():
            assert text_of(ECHO, 1, "ø’s") == "2ø’s"
            transaction.set_rollback(True)
        assert text_of(ECHO, 2, "") == "3"
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", [ECHO])
            assert cursor.fetchone() == (1,)

    def test_takes_no_text_that_libpq_would_cut(self) -> None:
        with pytest.raises(DatabaseError, match="NUL"):
            text_of(ECHO, 1, "whole\0cut")

    def test_leaves_the_transaction_usable_after_a_refusal(self, cast: Cast) -> None:
        nowhere = '[{"kind": "receipt", "account": 0, "date": "2026-01-01", "lines": [{"ledger": 1, "amount": 1}]}]'
        with transaction.atomic():
            with pytest.raises(Refusal, match="no_such"):
                text_of("SELECT post_entries($1, $2, $3, $4)::text", cast.coordinator.pk, key(), nowhere, "{}")
            assert text_of(ECHO, 1, "") == "2"

    def test_says_that_the_connection_is_lost_and_is_prepared_anew_on_the_next(
        self, owner: "psycopg.Connection[Any]"
    ) -> None:
        assert text_of(ECHO, 1, "") == "2"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (own,) = cursor.fetchone()
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [own])
        with pytest.raises(OperationalError):
            text_of(ECHO, 1, "")
        connection.close_if_unusable_or_obsolete()
        assert text_of(ECHO, 1, "") == "2"

    def test_is_seen_by_whoever_watches_queries(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            assert text_of(ECHO, 1, "") == "2"
