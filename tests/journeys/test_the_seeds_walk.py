"""The seeds' walk with everything running as `./up` runs it; and no secret of it is found anywhere afterwards.

At the firm of the tests in ./check; at the demonstration firm, which takes a while to build, by `scripts/faults walk`.

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

from disbursements.links import link_of
from disbursements.models import ApprovalLink, DisbursementRequest, State
from firms import outbox
from firms.api_tokens import make_token
from firms.models import Person
from ledgers.holds import available_balance
from ledgers.models import JournalEntry, Ledger
from ledgers.money import money
from tests.browser.conftest import session_of
from tests.browser.harness import NARROW
from tests.cast import Cast, key
from tests.faults.crowd import FULL
from tests.firms.device import Device
from tests.journeys.running import Running, as_up_runs_it, hold_passkey
from tests.notifications.conftest import Mailroom
from tests.notifications.test_decision_letters import LINK, token_in
from tests.notifications.worker import eventually

pytestmark = pytest.mark.django_db(transaction=True)
MOST_SECONDS = 10
STEPS = ["Requested", "Link sent", "Opened", "Approved", "Posted"]


@pytest.fixture
def office(request: pytest.FixtureRequest) -> tuple[Person, Person]:
    """Return a coordinator and an attorney of the firm: with FAULTS=full of the demonstration's, else of the tests'."""
    if FULL:
        request.getfixturevalue("demonstration")
        return Person.objects.get(full_name="Dana Brooks"), Person.objects.get(full_name="Maya Okafor")
    cast: Cast = request.getfixturevalue("cast")
    cast.receive(cast.smith_matter, 100000)
    return cast.coordinator, cast.attorney


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


def letters_asking(mailroom: Mailroom, request_id: int) -> list[str]:
    """Return the tokens of the letters that ask an attorney to decide on a request."""
    found = []
    for number, message in enumerate(mailroom.received):
        if LINK.search(str(message.get_body(("plain",)))):
            link = link_of(token_in(mailroom, number))
            found += [token_in(mailroom, number)] if link is not None and link.request_id == request_id else []
    return found


def told(mailroom: Mailroom, person: Person, *words: str) -> bool:
    """Say whether a letter to a person has these words in its subject."""
    theirs = [str(message["Subject"]) for message in mailroom.received if message["To"] == person.email]
    return any(all(word in subject for word in words) for subject in theirs)


def decided_by_letter(page: Page, running: Running, token: str, session: str, device: Device) -> None:
    """Open the letter's link on a telephone, copied wrongly twice before, and approve with one click and a touch."""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": running.url}])
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    hold_passkey(page, device)
    for wrong in (f"{token}x/", f"{token}/nowhere/"):
        page.goto(f"{running.url}/approvals/link/{wrong}")
    page.goto(f"{running.url}/approvals/link/{token}/")
    page.get_by_role("button", name="Approve $400.00 with a passkey").click()


def the_worker_is_there(mailroom: Mailroom, person: Person) -> None:
    """Wait until the worker has sent a letter."""
    letter = {"to": person.email, "subject": "Good morning", "text": "The worker is there."}
    outbox.tell("mail.account", None, letter, dedupe="walk")
    assert eventually(lambda: told(mailroom, person, "Good morning"), seconds=60)


def wanted(attorney: Person) -> tuple[Ledger, dict[str, Any]]:
    """Return a ledger of the attorney's that can spare $400.00, and a payment of it as a program asks for it."""
    of_attorney = Ledger.objects.filter(matter__responsible_attorney=attorney, matter__status="open")
    ledger = next(one for one in of_attorney.order_by("pk") if available_balance(one) >= money(40000))
    words = {"payee": "County Recorder", "method": "check", "purpose": "Recording fee", "reference": "R-2207"}
    return ledger, {"ledger": ledger.pk, "amount": "400.00", **words}


def test_from_the_request_to_the_posted_payment_and_no_secret_is_left_behind(
    office: tuple[Person, Person],
    mailroom: Mailroom,
    owner: "psycopg.Connection[Any]",
    page: Page,
    tmp_path: Path,
) -> None:
    coordinator, attorney = office
    ledger, payment = wanted(attorney)
    (device := Device()).register(attorney)
    _, secret = make_token(coordinator, "Desk", ["money:request", "books:read"])
    session, heard = session_of(attorney), Overheard(page)
    with as_up_runs_it(tmp_path) as running:
        the_worker_is_there(mailroom, attorney)
        began = time.monotonic()
        asked = called(running, secret, "/api/v1/disbursement-requests", payment)
        assert eventually(lambda: letters_asking(mailroom, asked["id"]), seconds=MOST_SECONDS)
        assert time.monotonic() - began < MOST_SECONDS
        (token,) = letters_asking(mailroom, asked["id"])

        decided_by_letter(page, running, token, session, device)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Posted")
        assert eventually(lambda: told(mailroom, coordinator, "$400.00", "County Recorder"), seconds=MOST_SECONDS)

        steps = called(running, secret, f"/api/v1/disbursement-requests/{asked['id']}/custody")
    assert [step["title"] for step in steps] == STEPS
    assert all(step["who"] and step["at"] for step in steps)
    request = DisbursementRequest.objects.get(pk=asked["id"], state=State.POSTED, decided_by=attorney)
    assert JournalEntry.objects.filter(authority=request.authority).count() == 1
    assert Ledger.objects.get(pk=ledger.pk).balance == ledger.balance - money(40000)
    link = ApprovalLink.objects.get(request=request, used_at__isnull=False)

    kept = {session: {"django_session", "usersessions_usersession"}, heard.nonce(): {"firms_codetry"}}
    assert "/approvals/link/..." in running.logs()  # it was logged, without what is secret
    for hidden in (token, secret, session, heard.nonce()):
        assert hidden not in running.logs()
        assert len([text for text in texts(mailroom) if hidden in text]) == (hidden == token)
        assert not [referer for referer in heard.referers if hidden in referer]
        assert tables_with(owner, hidden) <= kept.get(hidden, set())
    assert any(referer.endswith(f"/approvals/{link.pk}/") for referer in heard.referers)
