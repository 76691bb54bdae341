"""A real worker on Valkey: what is committed is mailed, and losing the wake-up costs seconds, not the letter."""

import subprocess
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from firms import audit
from notifications.models import Notice
from notifications.tasks import relay_outbox
from retainers.monitoring import check_balances
from tests.cast import Cast
from tests.notifications.conftest import Mailroom
from tests.notifications.worker import eventually, worker_with


@pytest.fixture
def worker(mailroom: Mailroom, transactional_db: None) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the worker as production does, on this test's database, queues and mail server."""
    yield from worker_with(
        {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}", "MAIL_FROM": settings.DEFAULT_FROM_EMAIL}
    )


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_mails_a_low_balance_that_was_committed(
        self, smith_is_low: Cast, mailroom: Mailroom, worker: "subprocess.Popen[bytes]"
    ) -> None:
        with audit.acting(smith_is_low.coordinator, source="page"):
            check_balances()
        assert eventually(lambda: len(mailroom.received) == 2, seconds=120)  # a busy machine starts a worker slowly
        assert eventually(lambda: Notice.objects.filter(state="sent").count() == 2)
        relay_outbox.apply_async(queue="mail")  # a wake-up too many tells nobody twice
        check_balances()
        time.sleep(1)
        assert len(mailroom.received) == 2
