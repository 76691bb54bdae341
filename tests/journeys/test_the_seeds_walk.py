"""The seeds' walk with everything running as `./up` runs it; and no secret of it is found anywhere afterwards.

Request to letter in under ten seconds, letter to posted with one click, each step with person and time (issue 3,
shows 5 and 8; RELIABILITY D15-D17).
"""

import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Page, Request, expect

from disbursements.models import ApprovalLink, DisbursementRequest, State
from firms import outbox
from firms.api_tokens import make_token
from ledgers.models import JournalEntry
from ledgers.money import money
from tests.browser.conftest import session_of
from tests.browser.harness import NARROW
from tests.cast import Cast, key
from tests.disbursements.test_api import payment
from tests.firms.device import Device
from tests.journeys.running import Running, as_up_runs_it, hold_passkey
from tests.notifications.conftest import Mailroom
from tests.notifications.test_decision_letters import token_in
from tests.notifications.worker import eventually

pytestmark = pytest.mark.django_db(transaction=True)
MOST_SECONDS = 10
STEPS = ["Requested", "Link sent", "Opened", "Approved", "Posted"]


def called(running: Running, secret: str, path: str, said: dict[str, Any] | None = None) -> Any:
    """Call the API with a token, as a program does; return what it answers."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Idempotency-Key": key()}
    body = json.dumps(said).encode() if said is not None else None
    with urllib.request.urlopen(urllib.request.Request(f"{running.url}{path}", body, headers), timeout=30) as answer:
        return json.load(answer)


def texts(mailroom: Mailroom) -> list[str]:
    """Return every letter as it came, headers and decoded parts."""
    letters = []
    for message in mailroom.received:
        parts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
        letters.append("\n".join([message.as_string(), *parts]))
    return letters


def tables_with(owner: "psycopg.Connection[Any]", secret: str) -> set[str]:
    """Return the tables in which a secret stands, as text or as bytes."""
    found = set()
    needles = [f"%{secret}%", f"%{secret.encode().hex()}%"]
    for (table,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        asked = f'SELECT EXISTS (SELECT FROM "{table}" x WHERE x::text LIKE ANY (%s))'
        if owner.execute(asked, [needles]).fetchone() == (True,):
            found.add(table)
    return found


class Overheard:
    """What a browser sent: the pages it came from, and what it posted."""

    def __init__(self, page: Page) -> None:
        """Listen."""
        self.referers: list[str] = []
        self.posted: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.referers.append(request.headers.get("referer", ""))
        self.posted.append(request.post_data or "")

    def nonce(self) -> str:
        """Return the nonce of the passkey's signature that was posted."""
        bodies = [unquote_plus(body) for body in self.posted]
        (found,) = {one for body in bodies for one in re.findall(r'"nonce": ?"([^"]+)"', body)}
        return str(found)


def decided_by_letter(page: Page, running: Running, token: str, session: str, device: Device) -> None:
    """Open the letter's link on a telephone, copied wrongly twice before, and approve with one click and a touch."""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": running.url}])
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    hold_passkey(page, device)
    for wrong in (f"{token}x/", f"{token}/nowhere/"):
        page.goto(f"{running.url}/approvals/link/{wrong}")
    page.goto(f"{running.url}/approvals/link/{token}/")
    page.get_by_role("button", name="Approve $400.00 with a passkey").click()


def test_from_the_request_to_the_posted_payment_and_no_secret_is_left_behind(
    cast: Cast, mailroom: Mailroom, owner: "psycopg.Connection[Any]", page: Page, tmp_path: Path
) -> None:
    device = Device()
    device.register(cast.attorney)
    cast.receive(cast.smith_matter, 100000)
    _, secret = make_token(cast.coordinator, "Desk", ["money:request", "books:read"])
    session, heard = session_of(cast.attorney), Overheard(page)
    with as_up_runs_it(tmp_path) as running:
        letter = {"to": cast.attorney.email, "subject": "Good morning", "text": "The worker is there."}
        outbox.tell("mail.account", None, letter, dedupe="walk")
        assert eventually(lambda: mailroom.received, seconds=60)

        began = time.monotonic()
        asked = called(running, secret, "/api/v1/disbursement-requests", payment(cast))
        assert eventually(lambda: len(mailroom.received) == 2, seconds=MOST_SECONDS)
        assert time.monotonic() - began < MOST_SECONDS
        token = token_in(mailroom)

        decided_by_letter(page, running, token, session, device)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Posted")
        assert eventually(lambda: len(mailroom.received) == 3, seconds=MOST_SECONDS)  # the requester is told

        steps = called(running, secret, f"/api/v1/disbursement-requests/{asked['id']}/custody")
    assert [step["title"] for step in steps] == STEPS
    assert all(step["who"] and step["at"] for step in steps)
    assert DisbursementRequest.objects.get().state == State.POSTED
    assert (JournalEntry.objects.filter(kind="disbursement").count(), cast.smith_ledger.balance) == (1, money(60000))
    assert ApprovalLink.objects.get().used_at is not None

    logs, letters = running.logs(), texts(mailroom)
    assert "/approvals/link/..." in logs  # it was logged, without what is secret
    own = {token: [letters[1]], secret: [], session: [], heard.nonce(): []}
    kept = {session: {"django_session", "usersessions_usersession"}, heard.nonce(): {"firms_codetry"}}
    for hidden, in_letters in own.items():
        assert hidden not in logs
        assert [text for text in letters if hidden in text] == in_letters
        assert not [referer for referer in heard.referers if hidden in referer]
        assert tables_with(owner, hidden) <= kept.get(hidden, set())
    assert any(referer.endswith(f"/approvals/{ApprovalLink.objects.get().pk}/") for referer in heard.referers)
