"""The delivery log and the demonstration's mailbox."""

from typing import Any

import pytest
from django.test import Client

from firms import outbox
from firms.models import Person
from ledgers.models import MatterWall
from notifications.delivery import relay
from notifications.models import DemoMail, Notice
from retainers.monitoring import check_balances
from tests.cast import Cast
from tests.firms.cast import give_second_factor


@pytest.fixture
def mailed(smith_is_low: Cast, settings: Any) -> Cast:
    """Smith's low balance was mailed inside the demonstration."""
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.notifications.demo_urls"
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    check_balances()
    relay()
    for person in (smith_is_low.attorney, smith_is_low.partner, smith_is_low.administrator):
        give_second_factor(person)
    return smith_is_low


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


class TestMailLog:
    @pytest.mark.parametrize(
        ("who", "status"),
        [("coordinator", 200), ("partner", 200), ("administrator", 200), ("auditor", 200), ("attorney", 403)],
    )
    def test_is_open_to_those_who_answer_for_mail(self, mailed: Cast, who: str, status: int) -> None:
        assert browser(getattr(mailed, who)).get("/mail/").status_code == status
        assert browser(getattr(mailed, who)).get("/api/v1/notices").status_code == status

    def test_shows_what_was_sent(self, mailed: Cast) -> None:
        client = browser(mailed.coordinator)
        assert "Low trust balance" in client.get("/mail/?state=sent").content.decode()
        notice = Notice.objects.filter(person=mailed.attorney).get()
        page = client.get(f"/mail/{notice.pk}/").content.decode()
        assert "Available now: $250.00" in page
        assert notice.message_id.strip("<>") in page

    def test_says_nothing_of_a_walled_matter_or_to_administrators_of_any(self, mailed: Cast) -> None:
        notice = Notice.objects.filter(person=mailed.attorney).get()
        assert "Smith" not in browser(mailed.administrator).get("/mail/").content.decode()
        raised = {"raised_by": mailed.partner, "raised_at": "2026-01-05T12:00Z"}
        MatterWall.objects.create(matter=mailed.smith_matter, person=mailed.coordinator, reason="Conflict", **raised)
        client = browser(mailed.coordinator)
        assert "Smith" not in client.get("/mail/").content.decode()
        assert client.get(f"/mail/{notice.pk}/").status_code == 404
        assert client.get("/api/v1/notices").json()["count"] == 0

    def test_shows_the_auditor_no_letter_behind_a_wall(self, mailed: Cast) -> None:
        notice = Notice.objects.filter(person=mailed.attorney).get()
        assert browser(mailed.auditor).get(f"/mail/{notice.pk}/").status_code == 200
        raised = {"raised_by": mailed.partner, "raised_at": "2026-01-05T12:00Z"}
        MatterWall.objects.create(matter=mailed.smith_matter, person=mailed.auditor, reason="Conflict", **raised)
        assert browser(mailed.auditor).get(f"/mail/{notice.pk}/").status_code == 404

    def test_sends_again_what_was_given_up(self, mailed: Cast) -> None:
        outbox.tell("mail.account", None, {"to": "nobody", "subject": "x", "text": "x"}, dedupe="x")
        relay()
        notice = Notice.objects.get(state="undeliverable")
        assert browser(mailed.coordinator).post(f"/mail/{notice.pk}/send-again/").status_code == 302
        notice.refresh_from_db()
        assert notice.state == "queued"
        assert browser(mailed.auditor).post(f"/mail/{notice.pk}/send-again/").status_code == 403
        assert browser(mailed.auditor).post(f"/api/v1/notices/{notice.pk}/send-again").status_code == 403
        answer = browser(mailed.coordinator).post(f"/api/v1/notices/{notice.pk}/send-again")
        assert (answer.status_code, answer.json()["code"]) == (409, "notice_not_undeliverable")


class TestDemoMailbox:
    def test_shows_every_letter_and_its_paper(self, mailed: Cast) -> None:
        client = browser(mailed.auditor)
        mail = DemoMail.objects.get(to=mailed.attorney.email)
        page = client.get(f"/mailbox/{mail.pk}/")
        assert mail.subject in page.content.decode()
        assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
        letter = client.get(f"/mailbox/{mail.pk}/html/")
        assert "Trust balance below its minimum" in letter.content.decode()

    def test_serves_the_paper_without_any_right(self, mailed: Cast) -> None:
        mail = DemoMail.objects.get(to=mailed.attorney.email)
        policy = browser(mailed.coordinator).get(f"/mailbox/{mail.pk}/html/").headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "script-src" not in policy

    def test_is_not_there_outside_the_demonstration(self, mailed: Cast, settings: Any) -> None:
        settings.DEMO = False
        assert browser(mailed.coordinator).get("/mailbox/").status_code == 404

    def test_keeps_the_headers_that_a_server_would_see(self, mailed: Cast) -> None:
        mail = DemoMail.objects.first()
        assert mail is not None
        assert mail.headers["Auto-Submitted"] == "auto-generated"
        assert mail.message_id == mail.headers["Message-ID"]
