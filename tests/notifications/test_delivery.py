"""A letter leaves once, through a real mail server, whatever dies in between; and what happened is in the log."""

import smtplib
from collections.abc import Callable
from typing import Any

import pytest

from firms import outbox
from firms.models import AuditEvent, OutboxEvent, Person
from firms.refusals import translating
from ledgers.models import MatterWall
from ledgers.parties import edit_matter
from notifications import delivery
from notifications.delivery import NoticeWasSent, NotUndeliverable, Relayed, make_notices, relay, send_again, send_next
from notifications.models import Notice
from retainers.monitoring import check_balances
from tests.cast import Cast
from tests.notifications.conftest import Mailroom

At = Callable[[str], None]
State = Notice.State


def states() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("state", flat=True))


def tell(kind: str, **payload: Any) -> None:
    outbox.tell(kind, None, payload, dedupe=f"{kind}:{OutboxEvent.objects.count()}")


class TestRelay:
    def test_tells_coordinator_and_attorney_of_a_low_balance(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        check_balances()
        assert relay() == Relayed(taken=1, sent=2, failed=0)
        assert sorted(to for tos in mailroom.recipients for to in tos) == sorted(
            [smith_is_low.coordinator.email, smith_is_low.attorney.email]
        )
        message = mailroom.received[0]
        assert message["Subject"] == "Low trust balance: 2026-0142 Smith v. Jones is $750.00 short"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"] == "TrustLedger <trust@whitfieldmarsh.example>"
        parts = [part.get_content_type() for part in message.walk()]
        assert parts == ["multipart/alternative", "text/plain", "text/html"]
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "Jane Smith" in text
        assert "Available now: $250.00" in text

    def test_names_no_account_number(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        check_balances()
        relay()
        assert mailroom.received
        for message in mailroom.received:
            content = "".join(str(part.get_content()) for part in message.walk() if not part.is_multipart())
            assert "4471" not in content

    def test_tells_once_in_two_weeks_of_checks(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        for _ in range(30):
            check_balances()
            relay()
        assert len(mailroom.received) == 2
        assert len(set(mailroom.ids)) == 2

    def test_tells_all_coordinators_of_a_matter_that_has_none(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        cast = smith_is_low
        cast.smith_matter.refresh_from_db()
        edit_matter(cast.smith_matter, cast.smith_matter.version, coordinator=None)
        check_balances()
        relay()
        told = {to for tos in mailroom.recipients for to in tos}
        assert told == {cast.coordinator.email, cast.second_coordinator.email, cast.attorney.email}

    def test_leaves_out_whom_a_wall_keeps_from_the_matter(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        cast = smith_is_low
        wall(cast, cast.coordinator)
        check_balances()
        relay()
        assert mailroom.recipients == [[cast.attorney.email]]

    def test_records_events_of_unknown_kinds_as_not_mailed(self, cast: Cast, mailroom: Mailroom) -> None:
        tell("weather.changed", matter=cast.smith_matter.pk)
        assert relay() == Relayed(1, 0, 0)
        assert states() == [State.NOT_MAILED]

    def test_gives_up_an_event_it_cannot_read_and_sends_the_others(
        self, smith_is_low: Cast, mailroom: Mailroom
    ) -> None:
        tell("request_made", to="not a list of people", matter={"what": "ever"})
        check_balances()
        relay()
        assert sorted(states()) == sorted([State.UNDELIVERABLE, State.SENT, State.SENT])

    def test_writes_what_was_sent_into_the_log(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        check_balances()
        relay()
        notice = Notice.objects.get(person=smith_is_low.attorney)
        assert notice.sent_at is not None
        body = mailroom.received[mailroom.ids.index(notice.message_id)].get_body(("plain",))
        assert body is not None
        assert body.get_content().splitlines() == notice.text.splitlines()

    def test_sends_a_finished_letter_and_keeps_its_personal_link_out_of_the_log(
        self, cast: Cast, mailroom: Mailroom
    ) -> None:
        tell("mail.account", to="new@whitfieldmarsh.example", subject="Set a password", text="https://secret")
        relay()
        assert mailroom.received[0].get_content().strip() == "https://secret"
        assert Notice.objects.get().text == ""

    def test_lets_no_subject_begin_another_header(self, cast: Cast, mailroom: Mailroom) -> None:
        tell("mail.account", to="a@whitfieldmarsh.example", subject="Hello\r\nBcc: thief@evil.example", text="x")
        relay()
        assert mailroom.received[0]["Bcc"] is None
        assert mailroom.received[0]["Subject"] == "Hello Bcc: thief@evil.example"
        assert mailroom.recipients == [["a@whitfieldmarsh.example"]]


class TestSendNext:
    """One letter at a time: what the server answers, and what is true when it is about to leave."""

    def test_defers_a_letter_that_the_server_puts_off_and_tries_later(
        self, smith_is_low: Cast, mailroom: Mailroom, at: At
    ) -> None:
        at("2027-03-02 08:00-05")
        one_letter(smith_is_low)
        mailroom.answers_to_data = ["451 try later"]
        assert send_next() is False
        notice = Notice.objects.get()
        assert (notice.state, notice.attempts) == (State.DEFERRED, 1)
        assert "451" in notice.last_error
        assert send_next() is None
        at("2027-03-02 08:01:01-05")
        assert send_next() is True
        assert len(mailroom.received) == 1

    def test_gives_up_at_once_what_the_server_refuses_for_good(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        mailroom.answers_to_recipient = {smith_is_low.attorney.email: "550 no such user"}
        assert send_next() is False
        notice = Notice.objects.get()
        assert notice.state == State.UNDELIVERABLE
        assert "550 no such user" in notice.last_error

    def test_gives_up_content_that_the_server_refuses(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        mailroom.answers_to_data = ["554 looks like spam"]
        send_next()
        assert states() == [State.UNDELIVERABLE]

    def test_gives_up_after_a_day_of_trying(self, smith_is_low: Cast, settings: Any, at: At) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        one_letter(smith_is_low)
        tries = 0
        for hour in range(72):
            at(f"2027-03-{2 + hour // 24:02} {hour % 24:02}:30-05")
            tries += send_next() is False
        assert states() == [State.UNDELIVERABLE]
        assert tries == len(delivery.PAUSES_MINUTES) + 1

    def test_repeats_a_letter_of_unknown_fate_under_the_same_message_id(
        self, smith_is_low: Cast, mailroom: Mailroom, at: At
    ) -> None:
        at("2027-03-02 08:00-05")
        one_letter(smith_is_low)
        mailroom.answers_to_data = ["drop"]
        assert send_next() is False
        at("2027-03-02 08:02-05")
        assert send_next() is True
        assert len(mailroom.ids) == 2
        assert len(set(mailroom.ids)) == 1

    def test_repeats_after_a_death_between_acceptance_and_record(
        self, smith_is_low: Cast, mailroom: Mailroom, at: At, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at("2027-03-02 08:00-05")
        one_letter(smith_is_low)
        with monkeypatch.context() as dying:
            dying.setattr(delivery, "_hand_over", _killed_after(delivery._hand_over))
            with pytest.raises(SystemExit):
                send_next()
        assert send_next() is None  # its lease still runs
        at("2027-03-02 08:06-05")
        assert send_next() is True
        assert states() == [State.SENT]
        assert len(set(mailroom.ids)) == 1

    def test_does_not_write_of_a_balance_that_recovered(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        smith_is_low.receive(smith_is_low.smith_matter, 100_000)
        assert send_next() is True
        assert not mailroom.received
        notice = Notice.objects.get()
        assert notice.state == State.NOT_NEEDED
        assert "recovered" in notice.last_error

    def test_does_not_write_to_who_left_the_firm(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        Person.objects.filter(pk=smith_is_low.attorney.pk).update(is_active=False)
        send_next()
        assert (states(), mailroom.received) == ([State.NOT_NEEDED], [])

    def test_does_not_write_over_a_wall_that_was_raised_meanwhile(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        wall(smith_is_low, smith_is_low.attorney)
        send_next()
        assert (states(), mailroom.received) == ([State.NOT_NEEDED], [])

    def test_says_what_is_available_when_it_leaves(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        smith_is_low.receive(smith_is_low.smith_matter, 40_000)
        send_next()
        assert "is $350.00 short" in mailroom.received[0]["Subject"]

    def test_keeps_an_address_that_is_none_away_from_the_server(self, cast: Cast, mailroom: Mailroom) -> None:
        tell("mail.account", to="nobody", subject="Hello", text="x")
        relay()
        assert states() == [State.UNDELIVERABLE]


class TestSendAgain:
    def test_puts_a_letter_that_was_given_up_back_into_the_queue(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        mailroom.answers_to_recipient = {smith_is_low.attorney.email: "550 no such user"}
        send_next()
        mailroom.answers_to_recipient = {}
        send_again(smith_is_low.coordinator, Notice.objects.get().pk)
        assert send_next() is True
        assert len(mailroom.received) == 1

    def test_refuses_a_letter_that_was_sent(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        send_next()
        with pytest.raises(NotUndeliverable, match="is sent"):
            send_again(smith_is_low.coordinator, Notice.objects.get().pk)


class TestNotice:
    def test_of_a_sent_letter_never_changes(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        send_next()
        with pytest.raises(NoticeWasSent), translating():
            Notice.objects.update(subject="Something else")

    def test_leaves_its_state_but_not_its_text_in_the_trail(self, smith_is_low: Cast, mailroom: Mailroom) -> None:
        one_letter(smith_is_low)
        send_next()
        details = [event.detail for event in AuditEvent.objects.filter(subject_type="notifications_notice")]
        assert {(detail.after or {}).get("state") for detail in details} >= {"queued", "sent"}
        assert not any("Jane Smith" in str(detail.after) for detail in details)


def one_letter(cast: Cast) -> None:
    """Have one letter ready: Smith's balance is low, and only the attorney is to be told."""
    wall(cast, cast.coordinator)
    check_balances()
    make_notices()
    assert states() == [State.QUEUED]


def wall(cast: Cast, person: Person) -> None:
    MatterWall.objects.create(
        matter=cast.smith_matter,
        person=person,
        reason="Conflict",
        raised_by=cast.partner,
        raised_at="2026-01-05T12:00Z",
    )


def _killed_after(step: Callable[..., None]) -> Callable[..., None]:
    def dying(*arguments: Any) -> None:
        step(*arguments)
        raise SystemExit(9)

    return dying


class TestIsPermanent:
    @pytest.mark.parametrize(
        ("error", "permanent"),
        [
            (smtplib.SMTPRecipientsRefused({"a": (550, b"unknown")}), True),
            (smtplib.SMTPRecipientsRefused({"a": (450, b"greylisted")}), False),
            (smtplib.SMTPDataError(554, b"spam"), True),
            (smtplib.SMTPSenderRefused(550, b"not you", "b"), False),
            (smtplib.SMTPServerDisconnected("gone"), False),
            (TimeoutError(), False),
        ],
    )
    def test_is_what_waiting_does_not_change(self, error: Exception, permanent: bool) -> None:
        assert delivery.is_permanent(error) is permanent
