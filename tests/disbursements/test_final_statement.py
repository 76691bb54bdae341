"""The final statement: every line to 0.00, as it was sent, by a letter of its own to the client."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from compliance.models import TrustException
from compliance.watch import refresh
from disbursements import matter_closing
from disbursements.batches import close_batch
from disbursements.final_statement import (
    StatementNotWhole,
    StatementSentAlready,
    StatementTooEarly,
    keep_and_tell,
    send_statement,
    statement_pdf,
)
from disbursements.matter_closing import follow_closings, told
from disbursements.models import FinalStatement
from firms.clock import now, zone
from firms.models import AuditEvent, OutboxEvent
from firms.refusals import NotAllowed, translating
from ledgers.clearing import clear_entries
from ledgers.closing import close_matter, start_closing
from ledgers.models import BankItem, Matter
from ledgers.posting import post_disbursement
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast, key, today
from tests.disbursements.earning import fee
from tests.disbursements.test_matter_closing import returned, smith
from tests.faults.crowd import at_once
from tests.firms.cast import browser_of
from tests.ledgers.test_pdf import text_of
from tests.notifications.conftest import Mailroom
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def over(desk: Cast) -> Cast:
    """Return the firm with Smith's matter closing and all its money gone: a payment, a fee, and the return."""
    fee(desk, 30000, number="77")
    desk.pay(desk.smith_ledger, 20000)
    returned(desk, 50000)
    start_closing(desk.coordinator, smith(desk), 1)
    return desk


def sent(cast: Cast) -> FinalStatement:
    """Let the coordinator send Smith's statement."""
    return send_statement(cast.coordinator, key(), smith(cast))


class TestTheStatement:
    def test_tells_every_line_to_nothing(self, over: Cast) -> None:
        made, count = statement_pdf(smith(over))
        said = text_of(made)
        for words in ("Final statement", "Jane Smith", "Smith v. Jones", "Court Clerk", "Returned to you",
                      "Fees of the firm", "Paid for you", "($500.00)", "$1,000.00", "$0.00"):  # fmt: skip
            assert words in said, words
        assert count == 4
        assert "preview" not in said

    def test_is_kept_as_it_was_sent_and_never_changes(self, over: Cast) -> None:
        kept = sent(over)
        assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()
        assert (kept.address, kept.line_count, kept.made_by) == ("jane@smith.example", 4, over.coordinator)
        for sql in (
            "UPDATE disbursements_finalstatement SET address = 'x'",
            "DELETE FROM disbursements_finalstatement",
        ):
            assert refused(sql) == "permission denied"
        over.receive(over.smith_matter, 100)
        answer = browser_of(over.coordinator).get(f"/matters/{over.smith_matter.pk}/final-statement/")
        assert answer.content == bytes(kept.content)
        assert AuditEvent.objects.filter(action="export").exists()

    def test_is_refused_while_the_matter_is_open_or_holds_something(self, desk: Cast) -> None:
        with pytest.raises(StatementTooEarly):
            sent(desk)
        start_closing(desk.coordinator, smith(desk), 1)
        with pytest.raises(StatementTooEarly) as refusal:
            sent(desk)
        assert "hold $1,000.00" in refusal.value.detail

    def test_is_whole(self, over: Cast) -> None:
        made, count = statement_pdf(smith(over))
        with pytest.raises(StatementNotWhole), translating():
            keep_and_tell(over.coordinator, smith(over), made, count - 1)

    def test_is_sent_once_by_a_key_and_by_coordinators(self, over: Cast) -> None:
        assert (
            send_statement(over.coordinator, "k", smith(over)).pk
            == send_statement(over.coordinator, "k", smith(over)).pk
        )
        assert OutboxEvent.objects.filter(kind="mail.final_statement").count() == 1
        with pytest.raises(NotAllowed):
            send_statement(over.attorney, key(), smith(over))

    def test_goes_to_one_address_not_twice_in_five_minutes(self, over: Cast, at: Callable[[str], None]) -> None:
        sent(over)
        with pytest.raises(StatementSentAlready) as refusal:
            sent(over)
        assert "went to jane@smith.example" in refusal.value.detail
        over.smith.email = "j.smith@new.example"
        over.smith.save()
        assert sent(over).address == "j.smith@new.example"
        at((now() + timedelta(minutes=6)).isoformat())
        sent(over)
        assert OutboxEvent.objects.filter(kind="mail.final_statement").count() == 3

    def test_is_in_the_audit_trail_without_its_bytes(self, over: Cast) -> None:
        kept = sent(over)
        event = AuditEvent.objects.get(subject_type="disbursements_finalstatement", subject_id=str(kept.pk))
        after = event.detail.after or {}
        assert after["sha256"] == kept.sha256
        assert len(str(after)) < 1000


class TestTheLetter:
    def test_brings_the_document_to_the_client(self, over: Cast, mailroom: Mailroom) -> None:
        kept = sent(over)
        relay()
        (letter,) = [it for it in mailroom.received if it["To"] == "jane@smith.example" and "Final" in it["Subject"]]
        (document,) = list(letter.iter_attachments())
        assert document.get_content_type() == "application/pdf"
        assert document.get_filename() == "final-statement-2026-0142.pdf"
        assert hashlib.sha256(document.get_content()).hexdigest() == kept.sha256

    def test_to_nobody_becomes_an_exception(self, over: Cast, mailroom: Mailroom) -> None:
        over.smith.email = ""
        over.smith.save()
        sent(over)
        relay()
        assert Notice.objects.get(kind="mail.final_statement").state == Notice.State.UNDELIVERABLE


def shown_by_the_bank(cast: Cast) -> None:
    """Let the bank show all that Smith's matter paid out."""
    close_batch(cast.coordinator, BankItem.objects.get(kind="transfer_batch"), "TRF-9", today())
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM outstanding_of_matter(%s) o (id)", [cast.smith_matter.pk])
        out = [number for (number,) in cursor.fetchall()]
    clear_entries(cast.coordinator, key(), out, today(), "Statement of March")


def closed(cast: Cast) -> None:
    """Close Smith's matter; the worker has not looked yet."""
    shown_by_the_bank(cast)
    close_matter(cast.coordinator, smith(cast), smith(cast).version)


class TestByItself:
    def test_follows_when_the_matter_closes(self, over: Cast, mailroom: Mailroom) -> None:
        shown_by_the_bank(over)
        assert follow_closings() == {"closed": 1, "closing": 0, "told": 1}
        assert follow_closings() == {"closed": 0, "closing": 0, "told": 0}
        kept = FinalStatement.objects.get()
        assert (kept.made_by, Matter.objects.get(pk=kept.matter_id).status) == (None, "closed")
        made_at = timezone.localtime(kept.made_at, zone())
        assert made_at.tzname() != "UTC", "by which the worker goes"
        assert f"{made_at:%-I:%M %p} {made_at.tzname()}" in text_of(bytes(kept.content)), "made where the firm is"

    def test_follows_however_long_the_worker_stood_still(
        self, over: Cast, at: Callable[[str], None], mailroom: Mailroom
    ) -> None:
        closed(over)
        at(f"{today() + timedelta(days=40)} 10:00-05")
        refresh("final_statement_unsent")
        found = TrustException.objects.get(rule="final_statement_unsent")
        assert (found.matter_id, found.state) == (over.smith_matter.pk, "open")
        assert follow_closings()["told"] == 1
        refresh("final_statement_unsent")
        found.refresh_from_db()
        assert found.state != "open"

    def test_is_not_sent_again_when_somebody_was_faster(self, over: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        closed(over)

        def slow(matter: Matter) -> tuple[bytes, int]:
            made = statement_pdf(matter)
            sent(over)  # while the worker renders
            return made

        monkeypatch.setattr(matter_closing, "statement_pdf", slow)
        assert follow_closings()["told"] == 0
        assert FinalStatement.objects.get().made_by == over.coordinator

    @pytest.mark.django_db(transaction=True)
    def test_is_sent_once_by_two_workers(self, over: Cast) -> None:
        closed(over)
        said = at_once(*[partial(told, over.smith_matter.pk)] * 2)
        assert sorted(said) == [False, True]
        assert FinalStatement.objects.count() == OutboxEvent.objects.filter(kind="mail.final_statement").count() == 1

    def test_that_fails_does_not_stop_the_others(self, over: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        over.receive(over.doe_matter, 500)
        returning = over.authority(over.doe_ledger, 500, kind="return", payee="John O’Doe")
        back = post_disbursement(over.coordinator, key(), authority=returning, book_date=today())
        clear_entries(over.coordinator, key(), [back.id], today(), "Statement of March")
        close_matter(over.coordinator, over.doe_matter, Matter.objects.get(pk=over.doe_matter.pk).version)
        closed(over)

        def unless_smiths(matter: Matter) -> tuple[bytes, int]:
            if matter.pk == over.smith_matter.pk:
                raise RuntimeError("the disk is full")
            return statement_pdf(matter)

        monkeypatch.setattr(matter_closing, "statement_pdf", unless_smiths)
        assert follow_closings()["told"] == 1
        assert FinalStatement.objects.get().matter_id == over.doe_matter.pk


class TestPagesAndApi:
    def test_show_the_preview_then_what_was_sent(self, over: Cast) -> None:
        browser, path = browser_of(over.coordinator), f"/matters/{over.smith_matter.pk}/"
        assert "preview" in text_of(browser.get(f"{path}final-statement/").content)
        page: Any = browser.post(f"{path}final-statement/send/", {"idempotency_key": key()}, follow=True)
        assert "The final statement goes to jane@smith.example." in page.content.decode()
        assert "Open it as sent" in page.content.decode()
        assert browser_of(over.auditor).get(f"{path}final-statement/").status_code == 200
        assert browser_of(over.auditor).post(f"{path}final-statement/send/").status_code == 403

    def test_do_the_same_by_the_api(self, over: Cast) -> None:
        browser, path = browser_of(over.coordinator), f"/api/v1/matters/{over.smith_matter.pk}/"
        closing = browser.get(f"{path}closing").json()
        assert (closing["held"], closing["is_over"], len(closing["outstanding"])) == ("0.00", False, 3)
        answer = browser.post(f"{path}final-statement", headers={"Idempotency-Key": key()})
        assert (answer.status_code, answer.json()["line_count"]) == (201, 4)
        document = browser.get(f"{path}final-statement")
        assert hashlib.sha256(document.content).hexdigest() == answer.json()["sha256"]
        event = AuditEvent.objects.get(action="export", subject_type="ledgers_matter")
        assert (event.detail.after or {})["report"] == "final-statement-2026-0142"
