"""Absences of attorneys: who may record them, for which days, with which delegate; on the page, by the API, by SQL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from firms import people
from firms.absences import (
    AbsenceInThePast,
    AbsenceNotYours,
    AbsenceOver,
    AbsenceOverlaps,
    AbsenceWithoutDays,
    DelegateIsAway,
    DelegateNamesSelf,
    DelegateNotAttorney,
    StandsInMeanwhile,
    current_absences,
    end_absence,
    past_absences,
    record_absence,
    stood_in_for,
)
from firms.api_tokens import make_token
from firms.clock import asked, today
from firms.models import Absence, AuditEvent, OutboxEvent, Person
from firms.refusals import NotAllowed
from tests.firms.cast import Cast, browser_of
from tests.rules.attack import NOT_THE_WEB_ROLES, refused, refused_to_owner

pytestmark = pytest.mark.django_db


def away(cast: Cast, by: Person | None = None, first: int = 0, last: int = 4, **changes: Any) -> Absence:
    """Record that Adam Reed is away for five days and Beth Stone decides."""
    people_of_it: dict[str, Any] = {"person": cast.attorney, "delegate": cast.second_attorney} | changes
    days: dict[str, Any] = {"first_day": today() + timedelta(days=first), "last_day": today() + timedelta(days=last)}
    return record_absence(by or cast.attorney, **people_of_it, **days)


def delegate_of(person: Person) -> int | None:
    found: int | None = asked("SELECT delegate_now(%s)", person.pk)
    return found


class TestRecording:
    @pytest.mark.parametrize("who", ["attorney", "administrator", "partner"])
    def test_is_done_by_the_attorney_an_administrator_or_a_partner(self, cast: Cast, who: str) -> None:
        made = away(cast, getattr(cast, who))
        assert delegate_of(cast.attorney) == cast.second_attorney.pk
        assert list(stood_in_for(cast.second_attorney)) == [made]
        event = AuditEvent.objects.get(subject_type="firms_absence")
        assert (event.action, event.subject_id) == ("insert", str(made.pk))
        told = OutboxEvent.objects.get(kind="absence.recorded").payload["to"]
        assert set(told) == {cast.attorney.pk, cast.second_attorney.pk} - {getattr(cast, who).pk}

    def test_is_refused_to_another_attorney(self, cast: Cast) -> None:
        with pytest.raises(AbsenceNotYours):
            away(cast, cast.second_attorney, delegate=cast.supervisor)

    @pytest.mark.parametrize("who", ["coordinator", "stranger"])
    def test_is_refused_to_everybody_else(self, cast: Cast, who: str) -> None:
        with pytest.raises(NotAllowed):
            away(cast, getattr(cast, who))

    def test_is_refused_to_who_would_take_the_decisions_of_somebody_else(self, cast: Cast) -> None:
        with pytest.raises(DelegateNamesSelf):
            away(cast, cast.partner, delegate=cast.partner)

    def test_is_refused_to_who_would_take_them_with_another_account(self, cast: Cast) -> None:
        """F119: the administrator's account names the same person's account as an attorney."""
        email = cast.administrator.email.replace("@", "+law@")
        Person.objects.filter(pk=cast.second_attorney.pk).update(email=email)
        with pytest.raises(DelegateNamesSelf):
            away(cast, cast.administrator)
        assert not Absence.objects.exists()
        away(cast, cast.partner)  # somebody else may

    @pytest.mark.parametrize("changes", [{"delegate": "coordinator"}, {"person": "administrator"}])
    def test_is_refused_of_and_by_somebody_who_is_no_attorney(self, cast: Cast, changes: dict[str, str]) -> None:
        with pytest.raises(DelegateNotAttorney):
            away(cast, cast.administrator, **{name: getattr(cast, who) for name, who in changes.items()})

    def test_is_refused_with_oneself_as_delegate(self, cast: Cast) -> None:
        with pytest.raises(DelegateNotAttorney):
            away(cast, delegate=cast.attorney)

    def test_is_refused_for_days_that_were_or_that_are_none(self, cast: Cast) -> None:
        with pytest.raises(AbsenceInThePast, match="today or later"):
            away(cast, first=-1)
        with pytest.raises(AbsenceWithoutDays):
            away(cast, first=3, last=2)

    def test_is_refused_when_it_meets_another_absence(self, cast: Cast) -> None:
        away(cast, first=2, last=4)
        with pytest.raises(AbsenceOverlaps, match="Adam Reed is recorded as away"):
            away(cast, first=4, last=6)
        with pytest.raises(DelegateIsAway):
            away(cast, cast.partner, first=0, last=2, person=cast.supervisor, delegate=cast.attorney)
        with pytest.raises(StandsInMeanwhile, match="Beth Stone decides for Adam Reed"):
            away(cast, cast.second_attorney, first=3, last=8, person=cast.second_attorney, delegate=cast.supervisor)
        away(cast, first=5, last=6)
        assert Absence.objects.count() == 2


class TestDays:
    def test_are_those_of_the_firms_zone(self, cast: Cast, at: Callable[[str], None]) -> None:
        at("2031-03-03 10:00-05")
        away(cast, first=1, last=2)
        for when, delegate in (
            ("2031-03-03 23:59:59-05", None),
            ("2031-03-04 00:00-05", cast.second_attorney.pk),
            ("2031-03-05 23:59:59-05", cast.second_attorney.pk),
            ("2031-03-06 00:00-05", None),
        ):
            at(when)
            assert delegate_of(cast.attorney) == delegate, when
        assert (current_absences().count(), past_absences().count()) == (0, 1)


class TestEnding:
    @pytest.mark.parametrize("who", ["attorney", "administrator", "partner"])
    def test_takes_effect_at_once(self, cast: Cast, who: str) -> None:
        ended = end_absence(getattr(cast, who), away(cast))
        assert delegate_of(cast.attorney) is None
        assert (ended.ended_by, current_absences().count()) == (getattr(cast, who), 0)
        away(cast)  # the same days are free again

    def test_is_not_the_delegates(self, cast: Cast) -> None:
        with pytest.raises(AbsenceNotYours):
            end_absence(cast.second_attorney, away(cast))
        assert delegate_of(cast.attorney) == cast.second_attorney.pk

    def test_happens_once(self, cast: Cast, at: Callable[[str], None]) -> None:
        ended = end_absence(cast.attorney, away(cast))
        with pytest.raises(AbsenceOver):
            end_absence(cast.attorney, ended)
        other = away(cast)
        at("2039-03-03 10:00-05")
        with pytest.raises(AbsenceOver):
            end_absence(cast.attorney, other)


class TestTheRecord:
    @pytest.mark.parametrize("change", ["last_day = last_day + 1", "delegate_id = person_id", "note = 'x'"])
    def test_never_changes(self, cast: Cast, change: str) -> None:
        away(cast)
        assert refused(f"UPDATE firms_absence SET {change}") == NOT_THE_WEB_ROLES
        assert refused("DELETE FROM firms_absence") == NOT_THE_WEB_ROLES

    def test_is_not_opened_again(self, cast: Cast) -> None:
        end_absence(cast.attorney, away(cast))
        assert refused("UPDATE firms_absence SET ended_at = NULL, ended_by_id = NULL") == "absence_fixed"

    def test_is_not_written_for_others_by_sql(self, cast: Cast) -> None:
        insert = """INSERT INTO firms_absence
                    (person_id, delegate_id, first_day, last_day, note, recorded_by_id, recorded_at)
                    VALUES (%s, %s, firm_today(), firm_today(), '', %s, now())"""
        asked_by = cast.second_attorney.pk
        assert refused(insert, cast.attorney.pk, asked_by, asked_by) == "absence_not_yours"

    @pytest.mark.django_db(transaction=True)
    def test_is_kept_from_the_owner_too(self, cast: Cast, owner: Any) -> None:
        away(cast)
        assert refused_to_owner(owner, "UPDATE firms_absence SET last_day = last_day + 1") == "absence_fixed"
        assert refused_to_owner(owner, "DELETE FROM firms_absence") == "never_changed"


class TestThePage:
    def test_offers_an_attorney_the_own_absence_only(self, cast: Cast) -> None:
        browser = browser_of(cast.attorney)
        typed = {"person": cast.second_attorney.pk, "delegate": cast.supervisor.pk, "note": "Trial"}
        typed |= {"first_day": today(), "last_day": today()}
        assert "Select a valid choice" in browser.post("/absences/", typed).content.decode()
        assert Absence.objects.count() == 0
        assert browser.post("/absences/", typed | {"person": cast.attorney.pk}).status_code == 302
        assert "End now" in browser.get("/absences/").content.decode()

    def test_shows_everybody_who_is_away_and_lets_only_some_end_it(self, cast: Cast) -> None:
        absence = away(cast)
        browser = browser_of(cast.coordinator)
        page = browser.get("/absences/").content.decode()
        assert "Beth Stone decides" in page
        assert "End now" not in page
        assert browser.post(f"/absences/{absence.pk}/end/").status_code == 403
        browser_of(cast.second_attorney).post(f"/absences/{absence.pk}/end/")
        assert delegate_of(cast.attorney) == cast.second_attorney.pk
        browser_of(cast.administrator).post(f"/absences/{absence.pk}/end/")
        assert delegate_of(cast.attorney) is None

    def test_says_why_not_and_keeps_what_was_typed(self, cast: Cast) -> None:
        away(cast)
        typed = {"person": cast.attorney.pk, "delegate": cast.supervisor.pk, "note": "Second"}
        answer = browser_of(cast.administrator).post("/absences/", typed | {"first_day": today(), "last_day": today()})
        assert answer.status_code == 409
        assert "is recorded as away" in answer.content.decode()
        assert 'value="Second"' in answer.content.decode()

    def test_asks_few_questions(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for days in range(0, 40, 2):
            absence = away(cast, first=days, last=days)
            if days > 20:
                end_absence(cast.attorney, absence)
        browser = browser_of(cast.administrator)
        browser.get("/absences/")
        with django_assert_max_num_queries(24):
            assert browser.get("/absences/").status_code == 200


class TestTheApi:
    def test_records_lists_and_ends(self, cast: Cast) -> None:
        browser = browser_of(cast.attorney)
        body: dict[str, object] = {"person": cast.attorney.pk, "delegate": cast.second_attorney.pk}
        body |= {"first_day": str(today()), "last_day": str(today())}
        made = browser.post("/api/v1/absences", body, "application/json")
        assert made.status_code == 201
        again = browser.post("/api/v1/absences", body, "application/json")
        assert (again.status_code, again.json()["code"]) == (409, "absence_overlaps")
        rows = browser_of(cast.coordinator).get(f"/api/v1/absences?person={cast.attorney.pk}").json()
        assert [row["id"] for row in rows["results"]] == [made.json()["id"]]
        ended = browser.post(f"/api/v1/absences/{made.json()['id']}/end")
        assert (ended.status_code, ended.json()["ended_by"]) == (200, cast.attorney.pk)
        assert browser.post("/api/v1/absences", {"person": 1}, "application/json").status_code == 400

    def test_records_nothing_by_a_token(self, cast: Cast) -> None:
        _, secret = make_token(cast.attorney, "script", ["books:read"])
        answer = browser_of(cast.stranger).post("/api/v1/absences", headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "decision_in_token")


def test_attorneys_are_offered_while_they_are(cast: Cast) -> None:
    assert set(people.attorneys()) == {cast.attorney, cast.second_attorney, cast.supervisor, cast.partner}
    people.deactivate(cast.administrator, cast.second_attorney)
    assert cast.second_attorney not in set(people.attorneys())
    with pytest.raises(DelegateNotAttorney):
        away(cast)
    with pytest.raises(ObjectDoesNotExist):
        Absence.objects.get()
