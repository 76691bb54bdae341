"""Time entries: recorded, changed, taken out; what the database itself refuses."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import TimeEntry
from billing.refusals import DayTooLong, MatterNotBilled, NotYourTime, TimeIncomplete, TimeInFuture, TimeRemoved
from billing.timekeeping import change_time, record_time, remove_time
from firms.models import AuditEvent
from firms.refusals import ChangedMeanwhile, NotAllowed
from ledgers.models import Matter
from ledgers.money import cents_of, money
from ledgers.parties import create_client, create_matter, raise_wall
from ledgers.refusals import KeyReused, ReasonMissing
from tests.billing.working import work, worked
from tests.cast import Cast, key, today

pytestmark = pytest.mark.django_db


class TestRecording:
    def test_keeps_who_worked_what_for_whom(self, cast: Cast) -> None:
        entry = worked(cast, "0.4", 32500)
        assert (entry.person, entry.matter, entry.date) == (cast.attorney, cast.smith_matter, today())
        assert (entry.hours, entry.rate, entry.amount) == (Decimal("0.40"), money(32500), money(13000))
        assert AuditEvent.objects.filter(
            subject_type="billing_timeentry", subject_id=entry.pk, action="insert"
        ).exists()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hundredths=st.integers(1, 2400), rate=st.integers(0, 10**7))
    def test_rounds_half_a_cent_up(self, cast: Cast, hundredths: int, rate: int) -> None:
        exact = Decimal(hundredths) * rate / 100
        point = transaction.savepoint()
        entry = worked(cast, str(Decimal(hundredths) / 100), rate)
        assert cents_of(entry.amount) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        transaction.savepoint_rollback(point)

    def test_counts_once_what_is_sent_twice(self, cast: Cast) -> None:
        intent, said = key(), work(cast)
        first = record_time(cast.coordinator, intent, said)
        assert record_time(cast.coordinator, intent, said) == first
        assert TimeEntry.objects.count() == 1
        with pytest.raises(KeyReused):
            record_time(cast.coordinator, intent, work(cast, "2"))

    def test_holds_names_of_any_script(self, cast: Cast) -> None:
        client = create_client(name="Nguyễn Thị Mai d’Ângelo")
        matter = create_matter(
            number="2026-ŹŻ’1", client=client, description="Estate of 李明", accounts=[cast.account],
            responsible_attorney=cast.attorney, opened_date=cast.start,
        )  # fmt: skip
        entry = worked(cast, matter=matter, narrative="Lettre à M. O’Brien — 契約 review")
        assert TimeEntry.objects.get(pk=entry.pk).narrative == "Lettre à M. O’Brien — 契約 review"

    def test_is_an_attorneys_own_and_a_coordinators_for_anybody(self, cast: Cast) -> None:
        assert worked(cast, by=cast.attorney).recorded_by == cast.attorney
        with pytest.raises(NotYourTime, match="Ann Whitfield"):
            worked(cast, by=cast.attorney, person=cast.other_attorney)
        for nobody in (cast.auditor, cast.partner, cast.supervisor, cast.administrator):
            with pytest.raises(NotAllowed):
                worked(cast, by=nobody, person=nobody)

    def test_is_refused_for_a_matter_behind_a_wall(self, cast: Cast) -> None:
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Conflict")
        with pytest.raises(NotAllowed):
            worked(cast)


class TestADay:
    def test_has_24_hours_for_each_person(self, cast: Cast) -> None:
        worked(cast, "20")
        worked(cast, "20", person=cast.other_attorney)
        worked(cast, "20", date=today() - timedelta(days=1))
        with pytest.raises(DayTooLong, match=r"Maya Okafor would have 24\.01 hours"):
            worked(cast, "4.01", matter=cast.doe_matter)
        worked(cast, "4", matter=cast.doe_matter)

    def test_is_added_up_again_when_an_entry_changes(self, cast: Cast) -> None:
        worked(cast, "20")
        entry = worked(cast, "4")
        with pytest.raises(DayTooLong):
            change_time(cast.coordinator, entry, 1, work(cast, "5"))

    def test_forgets_what_was_taken_out(self, cast: Cast) -> None:
        remove_time(cast.coordinator, worked(cast, "20"), 1, "Typed twice")
        assert worked(cast, "24").hours == 24

    def test_has_been(self, cast: Cast) -> None:
        with pytest.raises(TimeInFuture, match="is after today"):
            worked(cast, date=today() + timedelta(days=1))


class TestChanging:
    def test_is_for_who_saw_the_newest_state(self, cast: Cast) -> None:
        entry = worked(cast)
        changed = change_time(cast.coordinator, entry, 1, work(cast, "2", 10000))
        assert (changed.version, changed.amount) == (2, money(20000))
        with pytest.raises(ChangedMeanwhile):
            change_time(cast.second_coordinator, entry, 1, work(cast, "3"))

    def test_is_refused_to_another_attorney(self, cast: Cast) -> None:
        with pytest.raises(NotYourTime):
            change_time(cast.other_attorney, worked(cast), 1, work(cast, "2"))

    def test_takes_out_with_a_reason_for_good(self, cast: Cast) -> None:
        entry = worked(cast)
        with pytest.raises(ReasonMissing):
            remove_time(cast.coordinator, entry, 1, "  ")
        gone = remove_time(cast.coordinator, entry, 1, "Another matter’s")
        assert (gone.remove_reason, gone.removed_by) == ("Another matter’s", cast.coordinator)
        with pytest.raises(TimeRemoved):
            change_time(cast.coordinator, gone, 2, work(cast))


class TestTheDatabase:
    def refused(self, sql: str, *values: Any) -> str:
        with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
        return str(error.value)

    def test_lets_nobody_write_the_amount(self, cast: Cast) -> None:
        entry = worked(cast)
        assert "amount" in self.refused("UPDATE billing_timeentry SET amount = 1 WHERE id = %s", entry.pk)

    @pytest.mark.django_db(transaction=True)  # within one, TRUNCATE would wait for our own rows
    def test_removes_no_row(self, cast: Cast, owner: "psycopg.Connection[Any]") -> None:
        worked(cast)
        assert "permission denied" in self.refused("DELETE FROM billing_timeentry")
        with pytest.raises(psycopg.Error, match="never_changed"), owner.transaction():
            owner.execute("TRUNCATE billing_timeentry CASCADE")

    @pytest.mark.parametrize(
        ("columns", "refusal"),
        [
            ("hours = 0", "time_hours_of_a_day"),
            ("hours = 24.01", "time_hours_of_a_day"),
            ("rate = -1", "time_rate_not_negative"),
            ("narrative = ''", "time_says_what_was_done"),
            ("removed_at = now()", "time_removed_why"),
            ("date = firm_today() + 1", "time_in_future"),
        ],
    )
    def test_keeps_each_rule(self, cast: Cast, columns: str, refusal: str) -> None:
        entry = worked(cast)
        sql = f"UPDATE billing_timeentry SET {columns}, version = version + 1 WHERE id = %s"
        assert refusal in self.refused(sql, entry.pk)

    def test_counts_versions(self, cast: Cast) -> None:
        entry = worked(cast)
        assert "changed_meanwhile" in self.refused("UPDATE billing_timeentry SET hours = 2 WHERE id = %s", entry.pk)

    def test_takes_no_time_of_a_closed_matter(self, cast: Cast) -> None:
        for status in ("closing", "closed"):
            Matter.objects.filter(pk=cast.smith_matter.pk).update(status=status)
        with pytest.raises(MatterNotBilled, match="2026-0142 was closed on"):
            worked(cast)

    def test_says_what_is_missing(self, cast: Cast) -> None:
        with pytest.raises(TimeIncomplete):
            worked(cast, narrative="  ")
