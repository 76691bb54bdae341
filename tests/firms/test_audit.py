"""The audit trail."""

import json
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from firms import audit, people
from firms.models import AuditDetail, AuditEvent, AuditLink, Person
from firms.refusals import NeverChanged, translating
from tests.firms.cast import Cast, found_firm


def newest(subject: Person) -> AuditEvent:
    return AuditEvent.objects.filter(subject_type="firms_person", subject_id=str(subject.pk)).latest("id")


class TestRecordChange:
    def test_says_who_did_what_from_where_and_what_it_was_before(self, cast: Cast) -> None:
        with audit.acting(cast.administrator, "page", "192.0.2.7", "request-1"):
            people.edit_person(cast.administrator, cast.stranger, 1, full_name="Samuel Gray")
        event = newest(cast.stranger)
        assert (event.actor, event.source, event.address) == (cast.administrator, "page", "192.0.2.7")
        assert event.request_id == "request-1"
        assert event.detail.before == {"full_name": "Sam Gray", "version": 1}
        assert event.detail.after == {"full_name": "Samuel Gray", "version": 2}

    def test_names_the_database_role_when_nobody_said_who_acts(self, cast: Cast) -> None:
        Person.objects.filter(pk=cast.stranger.pk).update(full_name="X")
        event = newest(cast.stranger)
        assert (event.actor, event.source) == (None, "database")
        assert event.database_role == connection.settings_dict["USER"]

    def test_never_shows_a_password(self, cast: Cast) -> None:
        cast.stranger.set_password("another long password")
        cast.stranger.save()
        assert newest(cast.stranger).detail.after == {"password": "(hidden)"}

    def test_does_not_speak_of_columns_that_say_nothing(self, cast: Cast) -> None:
        before = AuditEvent.objects.count()
        Person.objects.filter(pk=cast.stranger.pk).update(last_login="2026-01-01T00:00Z")
        assert AuditEvent.objects.count() == before

    def test_gives_many_rows_one_event_with_their_number(self, cast: Cast) -> None:
        Person.objects.bulk_create(Person(email=f"p{n}@x.example", full_name="P") for n in range(51))
        event = AuditEvent.objects.filter(subject_type="firms_person").latest("id")
        assert (event.row_count, event.subject_id) == (51, "")
        assert set(event.detail.after or {}) == {"rows", "digest"}

    def test_disappears_with_what_it_recorded(self, cast: Cast) -> None:
        before = AuditEvent.objects.count()
        with suppress(RuntimeError), transaction.atomic():
            Person.objects.filter(pk=cast.stranger.pk).update(full_name="X")
            raise RuntimeError
        assert AuditEvent.objects.count() == before

    def test_goes_on_as_whoever_began_when_an_inner_actor_ends(self, cast: Cast) -> None:
        with audit.acting(cast.partner, "page"):
            with audit.acting(cast.administrator, "page"):
                audit.record("inner")
            audit.record("outer")
        actors = AuditEvent.objects.filter(action__in=["inner", "outer"]).order_by("id").values_list("actor", flat=True)
        assert list(actors) == [cast.administrator.pk, cast.partner.pk]


class TestAppendOnly:
    @pytest.mark.parametrize("statement", [
        "UPDATE firms_auditevent SET action = 'x'", "DELETE FROM firms_auditlink", "TRUNCATE firms_auditdetail",
        "INSERT INTO firms_auditchain VALUES (2, 0, '')", "UPDATE firms_auditchain SET seq = 0",
    ])  # fmt: skip
    def test_gives_the_web_role_no_right_to_touch_it(self, cast: Cast, statement: str) -> None:
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("table", ["firms_auditevent", "firms_auditdetail", "firms_auditlink"])
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_even_the_owner_and_a_replica_session(
        self, owner: "psycopg.Connection[Any]", table: str, statement: str
    ) -> None:
        found_firm()
        with pytest.raises(NeverChanged) as refusal, translating():
            owner.execute(statement.format(table))
        assert refusal.value.facts["operation"] in statement.lower()
        assert AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestVerifyAuditChain:
    def test_finds_nothing_wrong_with_what_was_written(self) -> None:
        found_firm()
        assert audit.verify_audit_chain() is None
        assert AuditLink.objects.count() == AuditEvent.objects.count()

    def test_finds_nothing_wrong_after_a_transaction_that_was_rolled_back(self) -> None:
        cast = found_firm()
        with suppress(RuntimeError), audit.acting(cast.partner, "page"):
            audit.record("lost")
            raise RuntimeError
        with audit.acting(cast.partner, "page"):
            audit.record("kept")
        assert audit.verify_audit_chain() is None

    @pytest.mark.parametrize(("statement", "problem"), [
        ("UPDATE firms_auditevent SET actor_id = NULL, action = 'nothing' WHERE id = %s", "the event was changed"),
        ("UPDATE firms_auditdetail SET after = '{}' WHERE event_id = %s", "what the event recorded was changed"),
        ("DELETE FROM firms_auditdetail WHERE event_id = %s", "what the event recorded is missing"),
        ("UPDATE firms_auditlink SET hash = sha256('x') WHERE event_id = %s", "this link was changed"),
    ])  # fmt: skip
    def test_names_the_first_row_that_somebody_tampered_with(
        self, owner: "psycopg.Connection[Any]", statement: str, problem: str
    ) -> None:
        found_firm()
        victim = AuditLink.objects.order_by("seq")[3]
        for table in ("firms_auditevent", "firms_auditdetail", "firms_auditlink"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(statement, [victim.event_id])
        found = audit.verify_audit_chain()
        assert found is not None
        assert (found.seq, found.event_id, found.problem) == (victim.seq, victim.event_id, problem)

    def test_notices_when_the_end_was_cut_off(self, owner: "psycopg.Connection[Any]") -> None:
        found_firm()
        last = AuditLink.objects.latest("seq")
        for table in ("firms_auditevent", "firms_auditdetail", "firms_auditlink"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute("DELETE FROM firms_auditlink WHERE seq = %s", [last.seq])
        found = audit.verify_audit_chain()
        assert found is not None
        assert found.problem == "the chain does not end where it was left"

    def test_salts_what_it_commits_to(self) -> None:
        cast = found_firm()
        with audit.acting(cast.partner, "page"):
            first, second = (audit.record("same", after={"a": 1}) for _ in range(2))
        salts = AuditDetail.objects.filter(event__in=[first, second]).values_list("salt", flat=True)
        commitments = AuditEvent.objects.filter(pk__in=[first, second]).values_list("commitment", flat=True)
        assert len({bytes(salt) for salt in salts}) == len({bytes(one) for one in commitments}) == 2


class TestRecord:
    def test_keeps_dates_as_text(self, cast: Cast) -> None:
        from firms.clock import today

        event = audit.record("looked", cast.partner, after={"on": today()})
        assert AuditDetail.objects.get(event=event).after == json.loads(json.dumps({"on": today().isoformat()}))
