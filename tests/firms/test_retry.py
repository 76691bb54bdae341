"""Refusals of the database and trying again."""

import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from firms.models import Firm, Person
from firms.refusals import BY_CODE, NeverChanged, Refusal, UnknownRefusal, translating
from firms.retry import TRIES, retrying
from tests.firms.cast import Cast, found_firm


def raise_in_database(state: str, message: str = "x", detail: str = "{}") -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE='{state}', MESSAGE='{message}', DETAIL='{detail}'; END $$"
        )


class TestTranslating:
    def test_gives_the_class_registered_for_the_code(self, db: None) -> None:
        with pytest.raises(NeverChanged) as refusal, translating():
            raise_in_database("TL000", "never_changed", '{"table": "journal", "operation": "update"}')
        assert refusal.value.facts == {"table": "journal", "operation": "update"}
        assert "Rows of journal are never changed" in refusal.value.detail

    def test_keeps_the_code_of_a_refusal_nobody_registered(self, db: None) -> None:
        with pytest.raises(UnknownRefusal) as refusal, translating():
            raise_in_database("TL001", "brand_new", '{"a": 1}')
        assert (refusal.value.code, refusal.value.facts) == ("brand_new", {"a": 1})

    def test_lets_a_fault_pass(self, db: None) -> None:
        with pytest.raises(Exception, match="division by zero") as fault, translating(), transaction.atomic():
            connection.cursor().execute("SELECT 1/0")
        assert not isinstance(fault.value, Refusal)

    def test_speaks_in_a_sentence_though_a_fact_is_missing(self) -> None:
        assert BY_CODE["never_changed"]().detail.startswith("Rows of - are never changed")


@pytest.mark.django_db(transaction=True)
class TestRetrying:
    @pytest.mark.parametrize("state", ["40001", "40P01"])
    def test_does_the_whole_work_again(self, state: str) -> None:
        calls = []

        @retrying
        def work() -> str:
            calls.append(1)
            if len(calls) < 3:
                raise_in_database(state)
            return "done"

        assert work() == "done"
        assert len(calls) == 3

    def test_gives_up_after_five_tries(self) -> None:
        calls = []

        @retrying
        def work() -> None:
            calls.append(1)
            raise_in_database("40001")

        with pytest.raises(Exception, match="x"):
            work()
        assert len(calls) == TRIES

    def test_does_not_repeat_a_refusal(self) -> None:
        calls = []

        @retrying
        def work() -> None:
            calls.append(1)
            raise_in_database("TL001")

        with pytest.raises(Exception, match="x"):
            work()
        assert len(calls) == 1

    def test_leaves_it_to_the_outermost_unit(self) -> None:
        calls = []

        @retrying
        def work() -> None:
            calls.append(1)
            raise_in_database("40001")

        with pytest.raises(Exception, match="x"), transaction.atomic():
            work()
        assert len(calls) == 1

    def test_shows_nobody_a_deadlock(self, owner: "psycopg.Connection[Any]") -> None:
        cast: Cast = found_firm()
        barrier = threading.Barrier(2)
        pairs = [(cast.attorney, cast.partner), (cast.partner, cast.attorney)]
        problems: list[Exception] = []
        tries: list[int] = []

        def lock_both(pair: tuple[Person, Person]) -> None:
            @retrying
            def work() -> None:
                tries.append(1)
                with transaction.atomic():
                    Person.objects.select_for_update().get(pk=pair[0].pk)
                    if len(tries) <= 2:
                        barrier.wait(5)
                    Person.objects.select_for_update().get(pk=pair[1].pk)

            try:
                work()
            except Exception as error:  # noqa: BLE001 (that there is none is what is tested)
                problems.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=lock_both, args=[pair]) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert len(tries) >= 3  # the two, and at least one of them again
        assert Firm.objects.exists()
