"""Outbox and permits."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction

from firms import outbox, permits
from firms.models import JobRun, OutboxEvent
from firms.outbox import Reader
from tests.firms.cast import Cast
from tests.firms.test_second_factor import in_parallel


class TestTell:
    def test_adds_nothing_for_the_same_key_again(self, cast: Cast) -> None:
        first = outbox.tell("x.happened", cast.partner, {"n": 1}, dedupe="x:1")
        assert outbox.tell("x.happened", cast.partner, {"n": 2}, dedupe="x:1") == first
        assert OutboxEvent.objects.get(dedupe="x:1").payload == {"n": 1}


class TestTake:
    def test_gives_each_reader_every_event_once_in_order(self, cast: Cast) -> None:
        numbers = [outbox.tell("x", None, {}, dedupe=f"x:{n}") for n in range(5)]
        for reader in Reader:
            taken = [event.pk for event in outbox.take(reader, 3) + outbox.take(reader, 100)]
            assert taken[-5:] == numbers
            assert outbox.take(reader) == []
            assert outbox.waiting(reader) == 0

    @pytest.mark.django_db(transaction=True)
    def test_gives_them_again_when_the_work_failed(self) -> None:
        outbox.tell("x", None, {}, dedupe="x:1")
        with suppress(RuntimeError), transaction.atomic():
            assert len(outbox.take(Reader.NOTIFICATIONS)) == 1
            raise RuntimeError
        with transaction.atomic():
            assert len(outbox.take(Reader.NOTIFICATIONS)) == 1

    @pytest.mark.django_db(transaction=True)
    def test_gives_no_event_to_two_workers(self) -> None:
        for n in range(40):
            outbox.tell("x", None, {}, dedupe=f"x:{n}")

        def worker() -> list[int]:
            with transaction.atomic():
                return [event.pk for event in outbox.take(Reader.COMPLIANCE, 10)]

        taken = [number for result in in_parallel(6, worker) for number in result]  # type: ignore[attr-defined]
        assert len(taken) == len(set(taken)) == 40

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_stand_alone(self) -> None:
        with pytest.raises(RuntimeError):
            outbox.take(Reader.COMPLIANCE)


class TestTakePermit:
    def test_is_given_once_for_a_period(self, db: None) -> None:
        assert permits.take("balance-check", "firm", "2026-03-02T08")
        assert not permits.take("balance-check", "firm", "2026-03-02T08")
        assert permits.take("balance-check", "firm", "2026-03-02T12")

    def test_is_not_given_again_when_it_was_used(self, db: None, at: Callable[[str], None]) -> None:
        at("2026-03-02 08:00-05")
        permits.take("job", "firm", "p")
        permits.finished("job", "firm", "p", {"rows": 3})
        at("2026-03-02 20:00-05")
        assert not permits.take("job", "firm", "p")
        last = permits.last_finished("job")
        assert last is not None
        assert last.result == {"rows": 3}

    def test_is_given_again_when_the_worker_died(self, db: None, at: Callable[[str], None]) -> None:
        at("2026-03-02 08:00-05")
        permits.take("job", "firm", "p")
        at("2026-03-02 08:14-05")
        assert not permits.take("job", "firm", "p")
        at("2026-03-02 08:16-05")
        assert permits.take("job", "firm", "p")

    def test_is_given_again_after_a_failure_but_not_for_ever(self, db: None) -> None:
        for _ in range(permits.MOST_TRIES):
            assert permits.take("job", "firm", "p")
            permits.failed("job", "firm", "p", "the mail server is away")
        assert not permits.take("job", "firm", "p")
        assert JobRun.objects.get().problem == "the mail server is away"

    @pytest.mark.django_db(transaction=True)
    def test_is_given_to_one_of_many(self) -> None:
        results = in_parallel(10, lambda: permits.take("job", "firm", "p"))
        assert sorted(map(bool, results)) == [False] * 9 + [True]
