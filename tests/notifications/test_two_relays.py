"""Relays that run at once, and ones that die: every letter leaves, none twice."""

import threading
from typing import Any

import pytest
from django.db import connections

from firms import outbox
from notifications.delivery import make_notices, relay
from notifications.mailbox import MailboxBackend
from notifications.models import DemoMail, Notice
from tests.cast import Cast

LETTERS = 40


@pytest.mark.django_db(transaction=True)
class TestTwoRelaysAtOnce:
    def test_send_every_letter_once(self, cast: Cast, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{MailboxBackend.__module__}.{MailboxBackend.__name__}"
        for number in range(LETTERS):
            facts = {"to": [cast.coordinator.pk], "amount": "$1.00", "payee": f"Payee {number}"}
            outbox.tell("request_approved", None, facts, dedupe=f"request:{number}")
        start = threading.Barrier(3)

        def run() -> None:
            start.wait()
            try:
                relay()
            finally:
                connections.close_all()

        workers = [threading.Thread(target=run) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        relay()
        assert Notice.objects.filter(state="sent").count() == LETTERS
        assert DemoMail.objects.count() == LETTERS
        assert len(set(DemoMail.objects.values_list("message_id", flat=True))) == LETTERS

    def test_leave_an_event_alone_when_one_dies_before_its_commit(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outbox.tell("request_approved", None, {"to": [cast.coordinator.pk]}, dedupe="request:1")

        def die(*_: object, **__: object) -> None:
            raise SystemExit(9)

        with monkeypatch.context() as dying:
            dying.setattr(Notice.objects, "bulk_create", die)
            with pytest.raises(SystemExit):
                make_notices()
        assert Notice.objects.count() == 0
        assert make_notices() == 1
        assert Notice.objects.count() == 1
