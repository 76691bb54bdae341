"""Decisions are made one by one, in the product: not by answering a letter, not many at once, not by guessing codes.

Rule: FAULTS F107, F123, F127.
"""

import re
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from disbursements.models import DisbursementRequest, State
from firms.models import OutboxEvent
from ledgers.models import JournalEntry
from notifications.delivery import relay
from tests.cast import Cast, key
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of
from tests.notifications.conftest import Mailroom

pytestmark = pytest.mark.django_db
DECIDES = re.compile(r"approv|reject|authori[sz]e|decide|confirm|post_now|sign", re.IGNORECASE)
SIGN_IN = ("account/", "api/schema", "^account")


def addresses(patterns: Any, before: str = "") -> list[str]:
    """Return the routes of all addresses below."""
    found: list[str] = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.append(route)
    return found


class TestManyAtOnce:
    def test_have_no_address_that_decides(self) -> None:
        """Whatever decides names one thing in its address."""
        deciding = [route for route in addresses(get_resolver().url_patterns)
                    if DECIDES.search(route) and not route.startswith(SIGN_IN)]  # fmt: skip
        assert len([route for route in deciding if "disbursement" in route]) >= 4
        assert {route for route in deciding if route.count("<") != 1} <= ONE_OF_NONE

    def test_are_not_decided_by_naming_another_beside_the_first(self, desk: Cast) -> None:
        """Every field sent twice, as a list, and the other request by every name: one is posted."""
        first, second = ask(desk, 100), ask(desk, 200)
        both = {
            "version": [first.version, second.version], "shown_hash": [second.content_hash, first.content_hash],
            "content_hash": [first.content_hash, second.content_hash], "hash": [first.content_hash],
            "code": [code_of(desk.attorney)], "request": [second.pk], "requests": [first.pk, second.pk],
            "ids": [first.pk, second.pk], "id": [second.pk],
        }  # fmt: skip
        browser_of(desk.attorney).post(f"/disbursements/{first.pk}/approve/", both)
        body = {"version": second.version, "content_hash": second.content_hash, "code": "000000",
                "requests": [first.pk, second.pk], "ids": [first.pk, second.pk]}  # fmt: skip
        headers = {"Idempotency-Key": key()}
        browser_of(desk.attorney).post(
            f"/api/v1/disbursement-requests/{second.pk}/approve", body, content_type="application/json", headers=headers
        )
        assert DisbursementRequest.objects.get(pk=second.pk).state == State.AWAITING_APPROVAL
        assert JournalEntry.objects.filter(kind="disbursement").count() <= 1

    def test_are_listed_without_a_form_that_decides(self, desk: Cast) -> None:
        ask(desk, 100), ask(desk, 200)
        browser = browser_of(desk.attorney)
        for path in ("/waiting/", "/disbursements/"):
            page = browser.get(path).content.decode()
            assert page.count("Court Clerk") >= 2
            actions = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page)
            assert [action for action in actions if DECIDES.search(action)] == []
            assert 'type="checkbox" name="request' not in page


class TestAnAnswerToALetter:
    def test_is_said_to_decide_nothing_and_nobody_asks_for_one(self, desk: Cast, mailroom: Mailroom) -> None:
        ask(desk)
        relay()
        (letter,) = [one for one in mailroom.received if "Please decide" in str(one["Subject"])]
        for kind in ("plain", "html"):
            body = letter.get_body((kind,))
            text = " ".join(body.get_content().split())  # type: ignore[union-attr]
            assert "an answer to this letter decides nothing" in text
            assert "To decide, sign in as yourself" in text
        assert letter["Auto-Submitted"] == "auto-generated"  # so that no auto-responder answers it
        assert letter["X-Auto-Response-Suppress"] == "All"
        assert str(letter["From"]) == "TrustLedger <trust@whitfieldmarsh.example>"
        assert letter["Reply-To"] is None


class TestWrongCodes:
    def test_for_a_decision_are_told_by_letter_and_on_the_attorneys_pages(self, desk: Cast, mailroom: Mailroom) -> None:
        request, browser = ask(desk), browser_of(desk.attorney)
        assert "wrong codes were given" not in browser.get("/waiting/").content.decode()
        typed = {"version": request.version, "shown_hash": request.content_hash}
        for _ in range(5):
            browser.post(f"/disbursements/{request.pk}/approve/", typed | {"code": "000000"})
        assert OutboxEvent.objects.filter(kind="person.codes-refused", subject_id=desk.attorney.pk).count() == 1
        relay()
        told = [to for letter, to in zip(mailroom.received, mailroom.recipients, strict=True)
                if "Wrong codes" in str(letter["Subject"])]  # fmt: skip
        assert told == [[desk.attorney.email]]
        for path in ("/waiting/", "/profile/"):
            assert "5 wrong codes were given for your decisions" in browser.get(path).content.decode()
        assert "wrong codes were given" not in browser_of(desk.coordinator).get("/waiting/").content.decode()
        assert DisbursementRequest.objects.get().state == State.AWAITING_APPROVAL


ONE_OF_NONE: set[str] = set()
