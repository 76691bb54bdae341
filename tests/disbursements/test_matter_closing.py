"""Closing a matter: what stands against it, its end that comes by itself, and what comes after."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.settlements import issue_settlement, void_settlement
from billing.timekeeping import Work, record_time
from disbursements import matter_closing
from disbursements.check_refusals import MatterRequestsOpen
from disbursements.closing_check import ClosingCheck, closing_check, said
from disbursements.matter_closing import follow_closings
from disbursements.models import DisbursementRequest
from disbursements.requests import request_money
from disbursements.settlement_queries import Part
from ledgers.access import books_of
from ledgers.authorities import Spending
from ledgers.clearing import clear_entries
from ledgers.closing import close_matter, move_by_itself, start_closing
from ledgers.holding import hold_money
from ledgers.models import Matter
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import post_disbursement
from ledgers.refusals import MatterClosed
from tests.billing.settling import GROSS, LIEN, SHARE, drafted
from tests.cast import Cast, key, today
from tests.disbursements.checking import paid
from tests.disbursements.earning import invoiced
from tests.disbursements.settling import ask_for, authorized, sign
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db
WORDS = ("Filing fee", "1001")


def smith(cast: Cast) -> Matter:
    """Return Smith's matter as it is now."""
    return Matter.objects.get(pk=cast.smith_matter.pk)


def checked(cast: Cast) -> ClosingCheck:
    """Return what stands against closing Smith's matter."""
    return closing_check(books_of(cast.coordinator), smith(cast))


def returned(cast: Cast, cents: int) -> int:
    """Return money to the client; answer the entry."""
    authority = cast.authority(cast.smith_ledger, cents, kind="return", payee="Jane Smith")
    return post_disbursement(cast.coordinator, key(), authority=authority, book_date=today()).id


def seen(cast: Cast, *entries: int) -> None:
    """Mark entries as cleared today."""
    clear_entries(cast.coordinator, key(), entries, today(), "Online bank")


def sending(cast: Cast, cents: int) -> DisbursementRequest:
    """Ask for a transfer of Doe's money to Smith's matter."""
    incoming = Spending(
        cast.doe_ledger.pk, "matter_transfer", "Smith v. Jones", money(cents), "internal", *WORDS,
        destination_ledger_id=cast.smith_ledger.pk,
    )  # fmt: skip
    return request_money(cast.coordinator, key(), incoming, consent="Letter of John O’Doe, file 7")


def followed() -> tuple[int, int]:
    """Let the worker look once; return how many matters were closed, and how many are closing again."""
    done = follow_closings()
    return done["closed"], done["closing"]


class TestWhatStandsAgainstIt:
    def test_is_everything_with_its_next_action(self, desk: Cast) -> None:
        desk.receive(desk.smith_matter, 20000, method="check")
        asked: dict[str, Any] = {"kind": "disputed", "reason": "A lien", "disputed_by": "The hospital"}
        hold_money(desk.coordinator, key(), desk.smith_ledger, amount=money(10000), **asked)
        worked = Work(desk.attorney, desk.smith_matter, today(), Decimal("1.0"), money(5000), "Closing letter")
        record_time(desk.coordinator, key(), worked)
        invoice = invoiced(desk, 7000)
        out = paid(desk, 4000)
        request_money(
            desk.coordinator,
            key(),
            Spending(desk.smith_ledger.pk, "disbursement", "Clerk", money(3000), "check", *WORDS),
        )
        found = checked(desk)
        assert [(point.code, point.amount) for point in found.points] == [
            ("hold", money(20000)), ("hold", money(10000)), ("request", money(3000)), ("unbilled", money(5000)),
            ("unpaid", money(7000)), ("balance", money(116000)),
        ]  # fmt: skip
        assert (found.held, found.kept, found.to_bill) == (money(116000), money(13000), money(12000))
        assert found.to_return == money(91000)
        assert [entry.pk for entry in found.outstanding] == [out.pk]
        assert found.points[4].url == f"/invoices/{invoice.pk}/"
        assert "amount=910.00" in found.points[-1].url

    def test_is_money_that_somebody_sends_it_too(self, desk: Cast) -> None:
        desk.receive(desk.doe_matter, 500)
        asked = sending(desk, 500)
        found = checked(desk)
        (point,) = [point for point in found.points if point.code == "request"]
        assert (point.url, point.amount) == (f"/disbursements/{asked.pk}/", money(500))
        assert (found.kept, found.to_return) == (money(0), money(100000))

    def test_tells_the_day_of_a_request_as_the_firm_has_it(self, desk: Cast, at: Callable[[str], None]) -> None:
        tomorrow = today() + timedelta(days=1)
        at(f"{tomorrow} 22:30-05")  # a day later in UTC
        words = ("disbursement", "Clerk", money(3000), "check", *WORDS)
        request_money(desk.coordinator, key(), Spending(desk.smith_ledger.pk, *words))
        (point,) = [point for point in checked(desk).points if point.code == "request"]
        assert f"asked for on {said(tomorrow)}" in point.detail

    def test_is_what_a_settlement_still_pays(self, desk: Cast) -> None:
        desk.receive(desk.smith_matter, GROSS)
        draft = drafted(desk)
        told = [("Draft, not issued yet", money(GROSS)), ("balance", money(GROSS + 100000))]
        assert [(point.detail or point.code, point.amount) for point in checked(desk).points] == told
        it = issue_settlement(desk.coordinator, draft, draft.version)
        assert checked(desk).points[0].action == "Record the signature"
        sign(desk, it)
        assert checked(desk).points[0].action == "Have it authorized"
        authorized(desk, it)
        ask_for(desk, Part(it), SHARE)
        found = checked(desk)
        point = found.points[1]
        assert (point.code, point.amount, point.url) == ("settlement", money(LIEN), f"/settlements/{it.pk}/")
        assert (found.kept, found.to_settle, found.to_return) == (money(SHARE), money(LIEN), money(100000))
        assert "amount=1000.00" in found.points[-1].url
        page = browser_of(desk.coordinator).get(f"/matters/{desk.smith_matter.pk}/close/").content.decode()
        assert "To pay by settlements" in page
        answer = browser_of(desk.coordinator).get(f"/api/v1/matters/{desk.smith_matter.pk}/closing").json()
        assert (answer["to_settle"], answer["to_return"]) == ("8000.00", "1000.00")

    def test_is_nothing_of_an_empty_matter(self, cast: Cast) -> None:
        assert checked(cast).is_over

    def test_is_asked_in_as_many_questions_however_much_there_is(self, desk: Cast) -> None:
        browser, counts = browser_of(desk.coordinator), []
        path = f"/matters/{desk.smith_matter.pk}/close/"
        for _ in range(2):
            for _ in range(3):
                paid(desk, 10)
                hold_money(desk.coordinator, key(), desk.smith_ledger, kind="manual", amount=money(10), reason="Why")
            browser.get(path)
            with CaptureQueriesContext(connection) as queries:
                browser.get(path)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 35

    def test_is_nobodys_behind_a_wall_and_the_coordinators_alone(self, desk: Cast) -> None:
        path = f"/matters/{desk.smith_matter.pk}/close/"
        for person in (desk.attorney, desk.auditor, desk.partner):
            assert browser_of(person).get(path).status_code == 403
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        assert browser_of(desk.coordinator).get(path).status_code == 404
        assert browser_of(desk.coordinator).post(f"/matters/{desk.smith_matter.pk}/cleared/").status_code == 404


class TestTheEnd:
    def test_comes_by_itself_when_the_return_has_cleared(self, desk: Cast) -> None:
        start_closing(desk.coordinator, smith(desk), 1)
        back = returned(desk, 100000)
        assert followed() == (0, 0)
        assert smith(desk).status == "closing"
        seen(desk, back)
        assert followed() == (1, 0)
        assert (smith(desk).status, smith(desk).closed_date) == ("closed", today())
        assert followed() == (0, 0)

    def test_waits_for_time_and_invoices(self, desk: Cast) -> None:
        start_closing(desk.coordinator, smith(desk), 1)
        seen(desk, returned(desk, 100000))
        worked = Work(desk.attorney, desk.smith_matter, today(), Decimal("1.0"), money(5000), "Closing letter")
        record_time(desk.coordinator, key(), worked)
        assert follow_closings()["closed"] == 0
        assert close_matter(desk.coordinator, smith(desk), 2).status == "closed"

    def test_waits_for_a_settlement(self, desk: Cast) -> None:
        seen(desk, returned(desk, 100000))
        draft = drafted(desk)
        start_closing(desk.coordinator, smith(desk), smith(desk).version)
        assert followed() == (0, 0)
        void_settlement(desk.coordinator, draft, draft.version, "The case was dismissed")
        assert followed() == (1, 0)

    def test_of_one_matter_does_not_wait_for_another_that_fails(
        self, desk: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.receive(desk.doe_matter, 500)
        back = desk.authority(desk.doe_ledger, 500, kind="return", payee="John O’Doe")
        entry = post_disbursement(desk.coordinator, key(), authority=back, book_date=today())
        seen(desk, returned(desk, 100000), entry.id)
        for matter in (desk.smith_matter, desk.doe_matter):
            found = Matter.objects.get(pk=matter.pk)
            start_closing(desk.coordinator, found, found.version)

        def unless_smiths(matter: Matter, *said: Any) -> Matter:
            if matter.pk == desk.smith_matter.pk:
                raise RuntimeError("the disk is full")
            return move_by_itself(matter, *said)

        monkeypatch.setattr(matter_closing, "move_by_itself", unless_smiths)
        assert followed() == (1, 0)
        assert smith(desk).status == "closing"
        monkeypatch.undo()
        assert followed() == (1, 0)

    def test_waits_for_money_that_somebody_sends_it(self, desk: Cast) -> None:
        seen(desk, returned(desk, 100000))
        desk.receive(desk.doe_matter, 500)
        sending(desk, 500)
        with pytest.raises(MatterRequestsOpen):
            close_matter(desk.coordinator, smith(desk), 1)

    def test_is_not_the_last_word_when_money_comes_late(self, desk: Cast) -> None:
        seen(desk, returned(desk, 100000))
        close_matter(desk.coordinator, smith(desk), 1)
        desk.receive(desk.smith_matter, 2500)
        spending = Spending(desk.smith_ledger.pk, "disbursement", "Clerk", money(100), "check", *WORDS)
        with pytest.raises(MatterClosed):
            request_money(desk.coordinator, key(), spending)
        assert followed() == (0, 1)
        assert smith(desk).status == "closing"
        seen(desk, returned(desk, 2500))
        assert followed() == (1, 0)

    def test_stays_where_a_dated_hold_explains_what_is_left(self, desk: Cast) -> None:
        until, why = (
            today() + timedelta(days=30),
            {"kind": "disputed", "reason": "A lien", "disputed_by": "The hospital"},
        )
        hold_money(desk.coordinator, key(), desk.smith_ledger, amount=money(100000), until=until, **why)
        close_matter(desk.coordinator, smith(desk), 1)
        assert followed() == (0, 0)
        assert smith(desk).status == "closed"


class TestThePage:
    def test_marks_what_the_bank_shows_and_closes(self, desk: Cast) -> None:
        back, browser = returned(desk, 100000), browser_of(desk.coordinator)
        path = f"/matters/{desk.smith_matter.pk}/"
        page = browser.get(f"{path}close/").content.decode()
        assert "Not seen at the bank yet" in page
        assert browser.post(f"{path}close/", {"version": 1}).status_code == 409
        typed: dict[str, Any] = {"idempotency_key": key(), "bank_date": f"{today()}", "reference": "Line 9"}
        assert browser.post(f"{path}cleared/", {**typed, "entry": []}).status_code == 409
        assert browser.post(f"{path}cleared/", {**typed, "entry": [back], "reference": ""}).status_code == 422
        assert browser.post(f"{path}cleared/", {**typed, "entry": [back]}).status_code == 302
        page = browser.get(f"{path}close/").content.decode()
        assert "Nothing stands against it" in page
        assert browser.post(f"{path}close/", {"version": 1}).status_code == 302
        assert smith(desk).status == "closed"
