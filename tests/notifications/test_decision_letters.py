"""The letter that asks an attorney to decide: it carries a link of its reader's own, kept nowhere but in the letter."""

import io
import logging
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from disbursements.links import link_of
from disbursements.models import ApprovalLink, DisbursementRequest
from disbursements.requests import withdraw
from firms.models import Person
from notifications.delivery import relay
from notifications.models import Notice
from tests.cast import Cast
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, give_second_factor
from tests.notifications.conftest import Mailroom

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http\S+?/approvals/link/([\w-]{43})/")


@pytest.fixture
def asked(cast: Cast, mailroom: Mailroom) -> DisbursementRequest:
    give_second_factor(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    relay()
    mailroom.received.clear()
    return ask(cast)


def token_in(mailroom: Mailroom, number: int = -1) -> str:
    """Return the token in a letter; its text and its HTML name the same one."""
    message = mailroom.received[number]
    parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    (token,) = {found for part in parts for found in LINK.findall(part)}
    assert len(parts) == 2
    return str(token)


class TestTheLetter:
    def test_goes_to_the_attorney_with_what_is_needed_to_decide(
        self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
    ) -> None:
        relay()
        (message,) = mailroom.received
        assert mailroom.recipients[-1] == [cast.attorney.email]
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for fact in ("$400.00", "Court Clerk", "Filing fee", cast.smith_matter.number, cast.coordinator.full_name):
            assert fact in text
        assert "Opening the link changes nothing" in text

    def test_leads_its_reader_to_the_decision(self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom) -> None:
        relay()
        page = browser_of(cast.attorney).get(f"/approvals/link/{token_in(mailroom)}/", follow=True)
        assert page.redirect_chain[-1][0] == f"/approvals/{ApprovalLink.objects.get().pk}/"
        assert "Your decision" in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]
        exchanged = Browser().get(f"/approvals/link/{token_in(mailroom)}/")
        assert exchanged.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in exchanged.headers["Cache-Control"]

    def test_is_kept_without_its_token(self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom) -> None:
        relay()
        kept = Notice.objects.get(kind="request_made")
        assert (kept.state, "/approvals/link/personal-link/" in kept.text) == (Notice.State.SENT, True)
        token = token_in(mailroom)
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                cursor.execute(f"SELECT count(*) FROM {table} x WHERE x::text LIKE %s", [f"%{token}%"])
                assert cursor.fetchone() == (0,), table

    def test_that_is_sent_again_carries_a_new_link_and_the_old_one_says_so(
        self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
    ) -> None:
        mailroom.answers_to_data = ["drop", "250 OK"]  # accepted, and we never heard of it
        relay()
        Notice.objects.filter(kind="request_made").update(next_attempt_at="2020-01-01T00:00Z")
        relay()
        first, second = token_in(mailroom, 0), token_in(mailroom, 1)
        assert mailroom.ids[0] != mailroom.ids[1]  # no mailbox may take the second, whose link counts, for the first
        assert first != second
        old = browser_of(cast.attorney).get(f"/approvals/link/{first}/", follow=True)
        assert "There is a newer letter" in old.content.decode()
        assert link_of(second) is not None

    def test_is_not_sent_when_there_is_nothing_to_decide_any_more(
        self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom
    ) -> None:
        withdraw(cast.coordinator, asked.pk, asked.version)
        relay()
        assert Notice.objects.get(kind="request_made").state == Notice.State.NOT_NEEDED
        assert not ApprovalLink.objects.exists()

    def test_is_not_sent_to_who_left_the_firm(self, cast: Cast, asked: DisbursementRequest, mailroom: Mailroom) -> None:
        Person.objects.filter(pk=cast.attorney.pk).update(is_active=False)
        relay()
        assert mailroom.received == []


def test_a_token_reaches_no_log(cast: Cast, asked: DisbursementRequest, mailroom: Mailroom, settings: Any) -> None:
    relay()
    token, written = token_in(mailroom), io.StringIO()
    handler = logging.StreamHandler(written)
    formatter = settings.LOGGING["formatters"]["json"]
    build = formatter["()"]
    handler.setFormatter(build(**{name: value for name, value in formatter.items() if name != "()"}))
    logging.getLogger().addHandler(handler)
    try:
        Browser().get(f"/approvals/link/{token}/", follow=True)
        Browser().get(f"/approvals/link/{token}x/")
        Browser().get(f"/approvals/link/{token}/nowhere/")
        logging.getLogger("tests").error("of /approvals/link/%s/ and more", token)
    finally:
        logging.getLogger().removeHandler(handler)
    assert "/approvals/link/..." in written.getvalue()
    assert token not in written.getvalue()
