"""Codes for decisions."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from firms import second_factor
from firms.models import AuditEvent, CodeTry, OutboxEvent, Person
from firms.second_factor import (
    CodeMissing,
    CodeNotForThis,
    CodeRefused,
    SecondFactorMissing,
    TooManyCodes,
    spend,
    verify_code,
)
from tests.firms.cast import Cast, code_of, found_firm, recovery_codes_of

PURPOSE = "a" * 64


def in_parallel(times: int, work: Callable[[], object]) -> list[object]:
    """Do the same thing at the same time on as many connections; return results and refusals."""
    results: list[object] = []
    barrier = threading.Barrier(times)

    def one() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            barrier.wait()
            results.append(work())
        except Exception as error:  # noqa: BLE001 (every outcome is looked at)
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class TestVerifyCode:
    def test_accepts_the_code_of_the_authenticator_app(self, cast: Cast) -> None:
        tried = verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        assert (tried.accepted, tried.method, tried.purpose_hash) == (True, "totp", PURPOSE)
        assert AuditEvent.objects.filter(action="second_factor.accepted").count() == 1

    def test_refuses_the_same_code_a_second_time(self, cast: Cast) -> None:
        code = code_of(cast.attorney)
        verify_code(cast.attorney, code, PURPOSE)
        with pytest.raises(CodeRefused):
            verify_code(cast.attorney, code, PURPOSE)

    def test_refuses_an_older_code_after_a_newer_one(self, cast: Cast) -> None:
        older, newer = code_of(cast.attorney), code_of(cast.attorney, 1)
        verify_code(cast.attorney, newer, PURPOSE)
        with pytest.raises(CodeRefused):
            verify_code(cast.attorney, older, PURPOSE)

    def test_refuses_somebody_elses_code(self, cast: Cast) -> None:
        with pytest.raises(CodeRefused):
            verify_code(cast.attorney, code_of(cast.partner), PURPOSE)
        assert CodeTry.objects.get().accepted is False

    def test_accepts_a_recovery_code_once(self, cast: Cast) -> None:
        code = recovery_codes_of(cast.attorney)[2]
        assert verify_code(cast.attorney, code, PURPOSE).method == "recovery"
        with pytest.raises(CodeRefused):
            verify_code(cast.attorney, code, PURPOSE)

    def test_does_not_count_an_empty_field_as_a_wrong_code(self, cast: Cast) -> None:
        for _ in range(6):
            with pytest.raises(CodeMissing):
                verify_code(cast.attorney, " ", PURPOSE)
        assert CodeTry.objects.count() == 0
        assert verify_code(cast.attorney, code_of(cast.attorney), PURPOSE).accepted

    def test_refuses_even_the_right_code_after_five_wrong_ones(self, cast: Cast) -> None:
        for _ in range(5):
            with pytest.raises(CodeRefused):
                verify_code(cast.attorney, "000000x", PURPOSE)
        with pytest.raises(TooManyCodes) as refusal:
            verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        assert refusal.value.facts == {"refused": 5}
        assert OutboxEvent.objects.filter(kind="person.codes-refused").count() == 1

    def test_accepts_again_after_ten_minutes(self, cast: Cast, at: Callable[[str], None]) -> None:
        at("2026-03-02 10:00-05")
        for _ in range(5):
            with pytest.raises(CodeRefused):
                verify_code(cast.attorney, "000000x", PURPOSE)
        at("2026-03-02 10:10:01-05")
        assert verify_code(cast.attorney, code_of(cast.attorney), PURPOSE).accepted

    def test_refuses_somebody_without_a_second_factor(self, cast: Cast) -> None:
        with pytest.raises(SecondFactorMissing):
            verify_code(cast.coordinator, "123456", PURPOSE)

    @pytest.mark.django_db(transaction=True)
    def test_counts_a_refused_code_though_nothing_else_is_written(self) -> None:
        cast = found_firm()
        with pytest.raises(CodeRefused):
            verify_code(cast.attorney, "000000x", PURPOSE)
        assert CodeTry.objects.filter(accepted=False).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_stand_inside_a_transaction_that_could_forget_it(self) -> None:
        cast = found_firm()
        with pytest.raises(RuntimeError), transaction.atomic():
            verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)

    @pytest.mark.django_db(transaction=True)
    def test_lets_one_of_many_use_the_same_code(self) -> None:
        attorney: Person = found_firm().attorney
        code = code_of(attorney)
        results = in_parallel(8, lambda: verify_code(attorney, code, PURPOSE))
        assert sum(isinstance(result, CodeTry) for result in results) == 1
        assert {type(result) for result in results} <= {CodeTry, CodeRefused, TooManyCodes}

    @pytest.mark.django_db(transaction=True)
    def test_lets_one_of_many_use_the_same_recovery_code(self) -> None:
        attorney: Person = found_firm().attorney
        code = recovery_codes_of(attorney)[0]
        results = in_parallel(8, lambda: verify_code(attorney, code, PURPOSE))
        assert sum(isinstance(result, CodeTry) for result in results) == 1


class TestSpend:
    def test_works_once(self, cast: Cast) -> None:
        tried = verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        spend(tried, cast.attorney, PURPOSE)
        with pytest.raises(CodeNotForThis):
            spend(tried, cast.attorney, PURPOSE)

    def test_refuses_another_decision(self, cast: Cast) -> None:
        tried = verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        with pytest.raises(CodeNotForThis):
            spend(tried, cast.attorney, "b" * 64)

    def test_refuses_another_person(self, cast: Cast) -> None:
        tried = verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        with pytest.raises(CodeNotForThis):
            spend(tried, cast.partner, PURPOSE)

    def test_refuses_a_code_of_ten_minutes_ago(self, cast: Cast, at: Callable[[str], None]) -> None:
        at("2026-03-02 10:00-05")
        tried = verify_code(cast.attorney, code_of(cast.attorney), PURPOSE)
        at("2026-03-02 10:10-05")
        with pytest.raises(CodeNotForThis):
            spend(tried, cast.attorney, PURPOSE)


class TestSecret:
    def test_lies_encrypted_in_the_database(self, cast: Cast) -> None:
        from allauth.mfa.models import Authenticator

        kept = Authenticator.objects.get(user=cast.attorney, type="totp").data["secret"]
        known_by, _, locked = kept.partition(".")
        assert (len(known_by), locked[:5]) == (64, "gAAAA")
        assert second_factor.has_second_factor(cast.attorney)
