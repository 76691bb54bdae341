"""The month lock by two people."""

from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse

from firms import proposals
from firms.models import Proposal
from firms.refusals import NotAllowed
from ledgers.access import books_of
from ledgers.models import Month
from ledgers.money import money
from ledgers.proposals import NobodyCanConfirm
from ledgers.refusals import EarlierMonthOpen, LaterMonthLocked, MonthLocked, MonthNotOver
from reconciliation import months, queries
from reconciliation.months import PreparedMonthChanged
from tests.cast import Cast, today
from tests.firms.cast import browser_of, code_of, give_second_factor

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Return the firm with $1,000.00 received in January; the supervisor has a second factor."""
    give_second_factor(cast.supervisor)
    give_second_factor(cast.partner)
    cast.receive(cast.smith_matter, 100000, on=date(2026, 1, 15))
    return cast


def confirm(proposal: Proposal, person: Any, later: int = 0) -> Proposal:
    """Let somebody confirm a proposal with a code."""
    return proposals.confirm_with_code(proposal.pk, person, code_of(person, later), proposal.content_hash)


def state_of(desk: Cast, first_day: date) -> str:
    """Return the state of a month of the account."""
    return Month.objects.get(trust_account=desk.account, first_day=first_day).state


def text_of(response: Any) -> str:
    """Return the page as text."""
    assert isinstance(response, HttpResponse)
    return response.content.decode()


class TestPrepare:
    """One prepares, a trust supervisor locks."""

    def test_locks_when_a_supervisor_confirms(self, desk: Cast) -> None:
        proposal = months.prepare(desk.coordinator, desk.account, JANUARY)
        assert state_of(desk, JANUARY) == "open"
        confirm(proposal, desk.supervisor)
        month = Month.objects.get(trust_account=desk.account, first_day=JANUARY)
        assert (month.state, month.book_balance) == ("locked", money(100000))
        assert (month.prepared_by, month.locked_by) == (desk.coordinator, desk.supervisor)
        with pytest.raises(MonthLocked):
            desk.receive(desk.smith_matter, 1, on=date(2026, 1, 31))

    def test_refuses_what_cannot_be_locked_at_once(self, desk: Cast) -> None:
        with pytest.raises(EarlierMonthOpen):
            months.prepare(desk.coordinator, desk.account, FEBRUARY)
        with pytest.raises(MonthNotOver):
            months.prepare(desk.coordinator, desk.account, today().replace(day=1))
        assert not Proposal.objects.exists()

    def test_is_not_locked_by_a_partner_nor_by_its_preparer(self, desk: Cast) -> None:
        proposal = months.prepare(desk.coordinator, desk.account, JANUARY)
        with pytest.raises(NotAllowed):
            confirm(proposal, desk.partner)
        with pytest.raises(NobodyCanConfirm):
            months.prepare(desk.supervisor, desk.account, JANUARY)
        assert state_of(desk, JANUARY) == "open"

    def test_is_prepared_again_after_something_was_posted_in_it(self, desk: Cast) -> None:
        proposal = months.prepare(desk.coordinator, desk.account, JANUARY)
        desk.receive(desk.smith_matter, 500, on=date(2026, 1, 20))
        with pytest.raises(PreparedMonthChanged):
            confirm(proposal, desk.supervisor)
        assert state_of(desk, JANUARY) == "open"

    def test_is_not_done_by_those_who_only_read(self, desk: Cast) -> None:
        for person in (desk.attorney, desk.auditor, desk.partner, desk.administrator):
            with pytest.raises(NotAllowed):
                months.prepare(person, desk.account, JANUARY)


class TestReopening:
    """Two people and a reason."""

    def test_opens_the_latest_locked_month(self, desk: Cast) -> None:
        confirm(months.prepare(desk.coordinator, desk.account, JANUARY), desk.supervisor, -1)
        confirm(
            months.propose_reopening(desk.coordinator, desk.account, JANUARY, "A receipt was missed"), desk.supervisor
        )
        assert state_of(desk, JANUARY) == "open"
        desk.receive(desk.smith_matter, 1, on=date(2026, 1, 31))

    def test_refuses_a_month_before_a_locked_one(self, desk: Cast) -> None:
        confirm(months.prepare(desk.coordinator, desk.account, JANUARY), desk.supervisor, -1)
        confirm(months.prepare(desk.coordinator, desk.account, FEBRUARY), desk.supervisor)
        with pytest.raises(LaterMonthLocked):
            months.propose_reopening(desk.coordinator, desk.account, JANUARY, "Missed")


class TestPages:
    """What is shown, and to whom."""

    def test_show_how_far_each_account_is_behind(self, desk: Cast) -> None:
        (_, first), _ = queries.months_behind(books_of(desk.coordinator))
        assert (first.earliest_open, first.behind_count) == (JANUARY, today().month - 1)
        page = text_of(browser_of(desk.auditor).get("/reconciliation/"))
        assert "January 2026" in page
        assert "none yet" in page

    def test_show_the_months_with_what_moved(self, desk: Cast, django_assert_max_num_queries: Any) -> None:
        row = queries.months(desk.account)[-1]
        assert (row.first_day, row.money_in, row.money_out, row.balance) == (
            JANUARY,
            money(100000),
            money(0),
            money(100000),
        )
        browser = browser_of(desk.coordinator)
        with django_assert_max_num_queries(15):
            assert "$1,000.00" in text_of(browser.get(f"/reconciliation/{desk.account.pk}/"))

    def test_prepare_and_lead_the_supervisor_to_the_lock(self, desk: Cast) -> None:
        address = f"/reconciliation/{desk.account.pk}/2026-01/"
        browser = browser_of(desk.coordinator)
        assert "Prepare this month" in text_of(browser.get(address))
        running = text_of(browser.get(f"/reconciliation/{desk.account.pk}/{today():%Y-%m}/"))
        assert "Prepare this month" not in running
        assert "The month is not over" in running
        assert browser.post(address).status_code == 302
        assert browser.post(address).status_code == 409
        assert "Lock January 2026" in text_of(browser_of(desk.supervisor).get("/waiting/"))
        shown = text_of(browser_of(desk.supervisor).get(f"/proposals/{Proposal.objects.get().pk}/"))
        assert "Sum of the ledgers now" in shown

    def test_propose_to_re_open(self, desk: Cast) -> None:
        confirm(months.prepare(desk.coordinator, desk.account, JANUARY), desk.supervisor)
        address = f"/reconciliation/{desk.account.pk}/2026-01/re-open/"
        browser_of(desk.coordinator).post(address, {"reason": "Missed a receipt"})
        assert Proposal.objects.filter(kind=months.REOPEN).count() == 1

    def test_are_not_there_for_others_or_other_months(self, desk: Cast) -> None:
        assert browser_of(desk.attorney).get("/reconciliation/").status_code in {302, 403}
        for text in ("2026-13", "1999-01", "x"):
            assert browser_of(desk.coordinator).get(f"/reconciliation/{desk.account.pk}/{text}/").status_code == 404
