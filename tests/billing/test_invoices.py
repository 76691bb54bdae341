"""Invoices: drafted, issued once, never changed again, made void; and what the database itself keeps of it."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from billing.invoicing import add_line, add_time, change_draft, create_draft, issue, remove_line, void
from billing.models import MOVES, Invoice, InvoiceLine, InvoiceState, TimeEntry
from billing.queries.matters import billing_of, unpaid_invoices
from billing.refusals import (
    InvoiceContentFixed,
    InvoiceDates,
    InvoiceEmpty,
    InvoiceInFuture,
    InvoiceMoveRefused,
    InvoiceNumberTaken,
    TimeBilled,
    TimeNotForThis,
)
from billing.timekeeping import change_time, remove_time
from firms.refusals import ChangedMeanwhile, NotAllowed
from ledgers.money import ZERO, money
from ledgers.parties import edit_client, edit_matter, raise_wall
from ledgers.refusals import AmountNotPositive, KeyReused, ReasonMissing
from tests.billing.billing import drafted, head, issued
from tests.billing.working import work, worked
from tests.cast import Cast, key, today

pytestmark = pytest.mark.django_db


def refused(sql: str, *values: Any) -> str:
    """Run SQL as the web role; answer why it was refused."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(error.value)


class TestADraft:
    def test_bills_the_unbilled_time_up_to_a_day(self, cast: Cast) -> None:
        first = worked(cast, "1.5", date=today() - timedelta(days=3))
        late, free = worked(cast, "2"), worked(cast, "1", is_billable=False, date=today() - timedelta(days=3))
        draft = drafted(cast, 0, until=today() - timedelta(days=1))
        line = draft.lines.get()
        assert (line.time_entry, line.amount, line.description) == (first, money(45000), "Call with O’Hara & Sons")
        assert (line.person_name, draft.total, draft.number) == ("Maya Okafor", money(45000), "")
        assert {entry.pk for entry in TimeEntry.objects.filter(invoice=None)} == {late.pk, free.pk}

    def test_takes_lines_and_loses_them_again(self, cast: Cast) -> None:
        entry, draft = worked(cast), drafted(cast, 12345)
        draft = add_time(cast.coordinator, draft, [entry.pk])
        assert draft.total == money(57345)
        draft = remove_line(cast.coordinator, draft.lines.get(time_entry=entry))
        assert draft.total == money(12345)
        entry.refresh_from_db()
        assert entry.invoice is None
        assert add_time(cast.coordinator, draft, [entry.pk]).total == money(57345)

    def test_counts_a_line_that_is_sent_twice_once(self, cast: Cast) -> None:
        draft, intent = drafted(cast, 0), key()
        said = ("expense", today(), "Filing fee", money(5000))
        add_line(cast.coordinator, intent, draft, *said)
        assert add_line(cast.coordinator, intent, draft, *said).total == money(5000)
        with pytest.raises(KeyReused):
            add_line(cast.coordinator, intent, draft, "fee", *said[1:])

    def test_refuses_what_cannot_be_on_it(self, cast: Cast) -> None:
        draft, gone = drafted(cast, 0), worked(cast)
        remove_time(cast.coordinator, gone, 1, "Typed twice")
        for entry in (gone, worked(cast, is_billable=False)):
            with pytest.raises(TimeNotForThis):
                add_time(cast.coordinator, draft, [entry.pk])
        other = worked(cast, matter=cast.doe_matter)
        assert add_time(cast.coordinator, draft, [other.pk]).total == ZERO  # does not exist for this matter
        with pytest.raises(AmountNotPositive):
            add_line(cast.coordinator, key(), draft, "fee", today(), "Discount", money(-1))
        with pytest.raises(InvoiceDates):
            change_draft(cast.coordinator, draft, 1, head(due_date=today() - timedelta(days=1)))

    def test_is_a_coordinators_to_make(self, cast: Cast) -> None:
        for person in (cast.attorney, cast.partner, cast.supervisor, cast.auditor, cast.administrator):
            with pytest.raises(NotAllowed):
                create_draft(person, key(), cast.smith_matter, head())
        draft = drafted(cast)
        raise_wall(cast.smith_matter, cast.coordinator, cast.partner, "Conflict")
        with pytest.raises(NotAllowed):
            issue(cast.coordinator, draft, draft.version)


class TestTimeOnAnInvoice:
    def test_is_fixed_and_on_no_other(self, cast: Cast) -> None:
        entry = worked(cast)
        draft = drafted(cast, 0, until=today())
        entry.refresh_from_db()
        with pytest.raises(TimeBilled, match=f"is on draft {draft.pk}"):
            change_time(cast.coordinator, entry, 1, work(cast, "3"))
        with pytest.raises(TimeBilled):
            remove_time(cast.coordinator, entry, 1, "No")
        with pytest.raises(TimeBilled):
            add_time(cast.coordinator, drafted(cast, 0), [entry.pk])

    def test_is_free_again_when_the_invoice_is_void(self, cast: Cast) -> None:
        entry = worked(cast)
        bill = issued(cast, 0, until=today())
        void(cast.coordinator, bill, bill.version, "Wrong rate")
        entry.refresh_from_db()
        assert change_time(cast.coordinator, entry, 1, work(cast, "3")).hours == 3
        assert drafted(cast, 0, until=today()).total == money(90000)
        assert bill.lines.get().amount == money(45000)


class TestIssuing:
    def test_gives_numbers_without_a_gap(self, cast: Cast) -> None:
        year = today().year
        assert issued(cast).number == f"{year}-0001"
        empty = drafted(cast, 0)
        with pytest.raises(InvoiceEmpty):
            issue(cast.coordinator, empty, empty.version)
        own = drafted(cast)
        issue(cast.coordinator, own, own.version, f" {year}-0003 ")
        assert [issued(cast).number for _ in range(2)] == [f"{year}-0002", f"{year}-0004"]

    def test_refuses_a_number_that_is_taken(self, cast: Cast) -> None:
        first = drafted(cast)
        issue(cast.coordinator, first, first.version, "Q-Łódź-1")
        second = drafted(cast)
        with pytest.raises(InvoiceNumberTaken):
            issue(cast.coordinator, second, second.version, "q-łódź-1")

    def test_is_for_who_saw_the_newest_state(self, cast: Cast) -> None:
        draft = drafted(cast)
        add_line(cast.second_coordinator, key(), draft, "expense", today(), "Copies", money(100))
        with pytest.raises(ChangedMeanwhile):
            issue(cast.coordinator, draft, draft.version)

    def test_is_done_once(self, cast: Cast) -> None:
        draft = drafted(cast)
        bill = issue(cast.coordinator, draft, draft.version)
        with pytest.raises(InvoiceContentFixed, match=f"invoice {bill.number} is issued"):
            issue(cast.coordinator, draft, draft.version)

    def test_refuses_a_day_to_come(self, cast: Cast) -> None:
        draft = drafted(cast)
        ahead = head(date=today() + timedelta(days=1))
        draft = change_draft(cast.coordinator, draft, draft.version, ahead)
        with pytest.raises(InvoiceInFuture):
            issue(cast.coordinator, draft, draft.version)

    def test_keeps_the_names_and_the_address_of_the_day(self, cast: Cast) -> None:
        edit_client(cast.doe, 1, address="12 O’Brien St.\nKraków")
        bill = issued(cast, matter=cast.doe_matter)
        edit_client(cast.doe, 2, name="Somebody Else", address="")
        edit_matter(cast.doe_matter, 1, description="Another name")
        bill.refresh_from_db()
        assert bill.matter_name == "2026-0143 Estate of O’Doe"
        assert (bill.client_name, bill.client_address) == ("John O’Doe", "12 O’Brien St.\nKraków")


class TestAnIssuedInvoice:
    def test_takes_no_line_and_loses_none(self, cast: Cast) -> None:
        bill = issued(cast)
        with pytest.raises(InvoiceContentFixed):
            add_line(cast.coordinator, key(), bill, "fee", today(), "More", money(1))
        with pytest.raises(InvoiceContentFixed):
            remove_line(cast.coordinator, bill.lines.get())
        with pytest.raises(InvoiceContentFixed):
            change_draft(cast.coordinator, bill, bill.version, head(note="Other"))

    def test_becomes_void_with_a_reason_once(self, cast: Cast) -> None:
        bill = issued(cast)
        with pytest.raises(ReasonMissing):
            void(cast.coordinator, bill, bill.version, " ")
        gone = void(cast.coordinator, bill, bill.version, "Sent to the wrong client")
        assert (gone.state, gone.number, gone.open_amount) == (InvoiceState.VOID, bill.number, ZERO)
        with pytest.raises(InvoiceMoveRefused):
            void(cast.coordinator, gone, gone.version, "Again")


class TestTheDatabase:
    def test_has_the_same_table_of_moves(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT from_state, to_state FROM invoice_moves()")
            assert set(cursor.fetchall()) == {(str(old), str(new)) for old, new in MOVES}

    @pytest.mark.parametrize(
        "columns",
        ["note = 'x'", "date = date - 1", "due_date = due_date + 1", "number = 'X-9'", "client_name = 'x'"],
    )
    def test_keeps_the_content_of_an_issued_invoice(self, cast: Cast, columns: str) -> None:
        bill = issued(cast)
        sql = f"UPDATE billing_invoice SET {columns}, version = version + 1 WHERE id = %s"
        assert "permission denied" in (said := refused(sql, bill.pk)) or "invoice_content_fixed" in said

    def test_keeps_it_from_the_owner_too(self, cast: Cast) -> None:
        bill = issued(cast)
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_column_privilege('billing_invoice', 'total', 'UPDATE')")
            assert cursor.fetchone() == (False,)
        assert "permission denied" in refused("UPDATE billing_invoice SET total = 1 WHERE id = %s", bill.pk)
        assert "permission denied" in refused("UPDATE billing_invoiceline SET amount = 1")
        assert "permission denied" in refused("UPDATE billing_timeentry SET invoice_id = NULL")
        assert "permission denied" in refused("DELETE FROM billing_invoiceline")

    def test_refuses_moves_that_are_none(self, cast: Cast) -> None:
        draft, bill = drafted(cast), issued(cast)
        for it, state in ((draft, "paid"), (bill, "draft"), (bill, "paid")):
            sql = "UPDATE billing_invoice SET state = %s, version = version + 1 WHERE id = %s"
            said = refused(sql, state, it.pk)
            assert "invoice_move_refused" in said or "invoice_paid_as_its_state" in said, (state, said)

    def test_counts_versions(self, cast: Cast) -> None:
        assert "changed_meanwhile" in refused("UPDATE billing_invoice SET note = 'x' WHERE id = %s", drafted(cast).pk)

    def test_writes_a_line_of_time_as_its_entry_says(self, cast: Cast) -> None:
        entry, draft = worked(cast), drafted(cast, 0)
        line = {"kind": "time", "description": "Invented", "amount": 1, "date": today(), "hours": 9, "rate": 1}
        InvoiceLine.objects.create(invoice=draft, time_entry=entry, **line)
        kept = InvoiceLine.objects.get()
        assert (kept.description, kept.amount, kept.hours) == (entry.narrative, entry.amount, entry.hours)

    def test_is_the_only_one_that_writes_numbers(self, cast: Cast) -> None:
        issued(cast)
        assert "permission denied" in refused("UPDATE billing_invoicenumber SET last = 99")


@pytest.mark.django_db(transaction=True)
class TestTheOwner:
    @pytest.mark.parametrize(
        ("sql", "refusal"),
        [
            ("UPDATE billing_invoice SET total = total + 1, version = version + 1", "invoice_total_not_sum"),
            ("UPDATE billing_invoice SET note = 'x', version = version + 1", "invoice_content_fixed"),
            ("UPDATE billing_invoiceline SET amount = amount + 1", "invoice_content_fixed"),
            ("UPDATE billing_timeentry SET hours = 2, version = version + 1", "time_billed"),
            ("UPDATE billing_timeentry SET invoice_id = NULL", "time_billed"),
            ("DELETE FROM billing_invoiceline", "never_changed"),
            ("TRUNCATE billing_invoice CASCADE", "never_changed"),
        ],
    )
    def test_is_refused_like_everybody(
        self, cast: Cast, owner: "psycopg.Connection[Any]", sql: str, refusal: str
    ) -> None:
        worked(cast)
        issued(cast, 0, until=today())
        with pytest.raises(psycopg.Error, match=refusal), owner.transaction():
            owner.execute(sql)


class TestAMatter:
    def test_says_what_it_owes_beside_what_is_held(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100000)
        bill = issued(cast, 30000)
        drafted(cast, 5000)
        worked(cast, "2")
        worked(cast, "3", is_billable=False)
        found = billing_of(cast.smith_matter)
        assert (found.unbilled_count, found.unbilled, found.drafts) == (1, money(60000), money(5000))
        assert (found.unpaid_count, found.unpaid, found.in_trust) == (1, money(30000), money(100000))
        assert unpaid_invoices(cast.smith_matter) == [bill]
        assert not found.is_settled
        assert billing_of(cast.doe_matter).is_settled

    def test_lists_unpaid_invoices_oldest_first(self, cast: Cast) -> None:
        newer = issued(cast)
        older = drafted(cast)
        older = change_draft(cast.coordinator, older, older.version, head(date=today() - timedelta(days=9)))
        older = issue(cast.coordinator, older, older.version)
        assert unpaid_invoices(cast.smith_matter) == [older, newer]
        assert Invoice.objects.count() == 2
