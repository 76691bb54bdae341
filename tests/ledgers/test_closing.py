"""Closing and re-opening matters and trust accounts: never over money, by page, by API and against the web role."""

from datetime import timedelta
from typing import Any

import pytest

from compliance.watch import look
from disbursements.requests import request_money, withdraw
from firms import proposals
from firms.models import AuditEvent, Proposal
from firms.refusals import ChangedMeanwhile, NotAllowed
from ledgers import closing
from ledgers.accounts import close_deposit_slip, open_deposit_slip
from ledgers.authorities import Spending
from ledgers.clearing import clear_entries, undo_clearance
from ledgers.holding import hold_money
from ledgers.models import JournalEntry, Ledger, Matter, TrustAccount
from ledgers.money import money
from ledgers.refusals import AccountClosed, MatterClosed, ReasonMissing
from reconciliation.queries import months
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


def payment(ledger: Ledger, cents: int) -> Spending:
    """Return what is asked for."""
    return Spending(ledger.pk, "disbursement", "Court Clerk", money(cents), "check", "Filing fee", "1001")


def close(cast: Cast) -> Matter:
    """Let the coordinator close Smith's matter."""
    matter = Matter.objects.get(pk=cast.smith_matter.pk)
    return closing.close_matter(cast.coordinator, matter, matter.version)


def seen(cast: Cast) -> None:
    """Mark everything that Smith's matter paid out as cleared."""
    out = JournalEntry.objects.raw("SELECT id FROM outstanding_of_matter(%s) o (id)", [cast.smith_matter.pk])
    clear_entries(cast.coordinator, key(), [entry.pk for entry in out], today(), "Online bank")


class TestClosingAMatter:
    def test_is_refused_while_it_holds_money_is_asked_for_or_owed(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100000)
        with pytest.raises(closing.MatterHoldsMoney, match=r"still holds \$1,000.00 in IOLTA"):
            close(cast)
        asked = request_money(cast.coordinator, key(), payment(cast.smith_ledger, 100000))
        with pytest.raises(closing.MatterMoneyAskedFor, match=r"\$1,000.00"):
            close(cast)
        withdraw(cast.coordinator, asked.pk, 1)
        cast.pay(cast.smith_ledger, 100000)
        with pytest.raises(closing.MatterOutstanding, match="1 outstanding, the oldest is entry"):
            close(cast)
        assert Matter.objects.get(pk=cast.smith_matter.pk).status == "open"
        seen(cast)
        closed = close(cast)
        assert (closed.status, closed.closed_date) == ("closed", today())
        steps = AuditEvent.objects.filter(action__in=["matter.closing", "matter.closed"]).order_by("pk")
        assert [step.detail.after for step in steps] == [{"status": "closing"}, {"status": "closed"}]

    def test_above_nothing_takes_a_dated_hold_that_says_why(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100000)
        asked: dict[str, Any] = {"kind": "disputed", "reason": "A lien", "disputed_by": "The hospital"}
        hold_money(cast.coordinator, key(), cast.smith_ledger, amount=money(99999), until=None, **asked)
        with pytest.raises(closing.MatterHoldsMoney):
            close(cast)
        cast.receive(cast.doe_matter, 5000)
        hold_money(
            cast.coordinator, key(), cast.doe_ledger, amount=money(5000), until=today() + timedelta(days=30), **asked
        )
        doe = closing.close_matter(cast.coordinator, cast.doe_matter, 1)
        assert doe.status == "closed"

    def test_lets_nothing_be_spent_takes_a_late_receipt_and_shows_it(self, cast: Cast) -> None:
        close(cast)
        cast.receive(cast.smith_matter, 2500)
        with pytest.raises(MatterClosed):
            request_money(cast.coordinator, key(), payment(cast.smith_ledger, 100))
        look()
        page = browser_of(cast.coordinator).get("/exceptions/").content.decode()
        assert "Closed matter with money" in page

    def test_is_undone_with_a_reason_once(self, cast: Cast) -> None:
        closed = close(cast)
        with pytest.raises(ReasonMissing):
            closing.reopen_matter(cast.coordinator, closed, closed.version, " ")
        with pytest.raises(ChangedMeanwhile):
            closing.reopen_matter(cast.coordinator, closed, 1, "Late refund")
        opened = closing.reopen_matter(cast.coordinator, closed, closed.version, "Late refund")
        assert (opened.status, opened.closed_date) == ("open", None)
        with pytest.raises(closing.MatterIsThat):
            closing.reopen_matter(cast.coordinator, opened, opened.version, "Late refund")
        with pytest.raises(NotAllowed):
            closing.close_matter(cast.attorney, opened, opened.version)

    def test_over_money_is_refused_to_the_web_role_itself(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 1)
        sql = "UPDATE ledgers_matter SET status = 'closed' WHERE id = %s"
        assert refused(sql, cast.smith_matter.pk) == "matter_move_refused"
        closing.start_closing(cast.coordinator, cast.smith_matter, 1)
        assert refused(sql, cast.smith_matter.pk) == "matter_holds_money"
        cast.pay(cast.smith_ledger, 1)
        assert refused(sql, cast.smith_matter.pk) == "matter_outstanding"

    def test_is_closing_again_when_the_bank_did_not_show_it_after_all(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100)
        paid = cast.pay(cast.smith_ledger, 100)
        seen(cast)
        close(cast)
        undo_clearance(cast.coordinator, key(), JournalEntry.objects.get(pk=paid.id), "Misread")
        assert Matter.objects.get(pk=cast.smith_matter.pk).status == "closing"


class TestMatterPages:
    def test_lead_from_start_to_close_and_back(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100000)
        browser, matter = browser_of(cast.coordinator), f"/matters/{cast.smith_matter.pk}/"
        page = browser.get(f"{matter}close/").content.decode()
        assert f"/disbursements/new/?matter={cast.smith_matter.number}&amp;kind=return" in page
        refused_page = browser.post(f"{matter}close/", {"version": 1})
        assert refused_page.status_code == 409
        assert "Return it to the client first" in refused_page.content.decode()
        browser.post(f"{matter}start-closing/", {"version": 1})
        assert Matter.objects.get(pk=cast.smith_matter.pk).status == "closing"
        assert "Start closing" not in browser.get(f"{matter}close/").content.decode()
        cast.pay(cast.smith_ledger, 100000)
        seen(cast)
        assert browser.post(f"{matter}close/", {"version": 2}).status_code == 302
        assert "Re-open" in browser.get(matter).content.decode()
        assert browser.post(f"{matter}re-open/", {"version": 3, "reason": "Refund"}).status_code == 302
        assert Matter.objects.get(pk=cast.smith_matter.pk).status == "open"

    def test_do_the_same_through_the_api(self, cast: Cast) -> None:
        browser, matter = browser_of(cast.coordinator), f"/api/v1/matters/{cast.smith_matter.pk}/"
        steps = [
            ("start-closing", {"version": 1}, 200, "closing"),
            ("close", {"version": 1}, 409, "changed_meanwhile"),
            ("close", {"version": 2}, 200, "closed"),
            ("re-open", {"version": 3, "reason": "Refund"}, 200, "open"),
            ("re-open", {"version": 4}, 400, "malformed"),
        ]
        for path, said, status, came in steps:
            answer = browser.post(f"{matter}{path}", said, "application/json")
            assert (answer.status_code, answer.json().get("status", answer.json().get("code"))) == (status, came)


class TestClosingATrustAccount:
    def close(self, cast: Cast, **changes: Any) -> TrustAccount:
        """Let the coordinator close the second account."""
        said: dict[str, Any] = {"closed_date": today(), "evidence": "Letter of First National"} | changes
        account = TrustAccount.objects.get(pk=cast.second_account.pk)
        return closing.close_account(cast.coordinator, account, account.version, **said)

    def test_takes_an_empty_account_on_or_after_its_last_day(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 100000, account=cast.second_account)
        with pytest.raises(closing.AccountHoldsMoney, match="1 of its ledgers"):
            self.close(cast)
        cast.pay(cast.ledger(cast.smith_matter, cast.second_account), 100000)
        slip = open_deposit_slip(cast.coordinator.pk, cast.second_account, today())
        with pytest.raises(closing.AccountHasOpenItems, match="1 deposit slips"):
            self.close(cast)
        close_deposit_slip(slip, today())
        with pytest.raises(closing.AccountMovedLater):
            self.close(cast, closed_date=today() - timedelta(days=1))
        with pytest.raises(closing.ClosingEvidenceMissing):
            self.close(cast, evidence="")
        assert self.close(cast).closed_date == today()
        with pytest.raises(closing.AccountIsThat):
            self.close(cast)
        for day in (today(), today() - timedelta(days=1)):
            with pytest.raises(AccountClosed):
                cast.receive(cast.smith_matter, 100, account=cast.second_account, on=day)

    def test_ends_its_months_and_what_is_behind(self, cast: Cast) -> None:
        self.close(cast, closed_date=cast.start)
        account = TrustAccount.objects.get(pk=cast.second_account.pk)
        assert [row.first_day for row in months(account)] == [cast.start.replace(day=1)]

    def test_is_undone_by_two_people_only(self, cast: Cast) -> None:
        closed = self.close(cast)
        sql = "UPDATE ledgers_trustaccount SET closed_date = NULL WHERE id = %s"
        assert refused(sql, closed.pk) == "second_person_needed"
        asked = closing.propose_reopening(cast.coordinator, closed, "The bank re-opened it")
        give_second_factor(cast.partner)
        proposals.confirm_with_code(asked.pk, cast.partner, code_of(cast.partner), asked.content_hash)
        assert TrustAccount.objects.get(pk=closed.pk).closed_date is None
        cast.receive(cast.smith_matter, 100, account=cast.second_account)

    def test_has_pages_and_an_api(self, cast: Cast) -> None:
        browser, path = browser_of(cast.coordinator), f"trust-accounts/{cast.second_account.pk}/"
        said = {"version": 1, "closed_date": f"{today()}", "evidence": "Letter"}
        cast.receive(cast.smith_matter, 100, account=cast.second_account)
        answer = browser.post(f"/api/v1/{path}close", said, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "account_holds_money")
        cast.pay(cast.ledger(cast.smith_matter, cast.second_account), 100)
        assert browser.post(f"/{path}close/", said).status_code == 302
        assert "Re-open" in browser.get(f"/{path}").content.decode()
        assert browser.post(f"/{path}re-open/", {"reason": "Mistake of the bank"}).status_code == 302
        give_second_factor(cast.supervisor)
        page = browser_of(cast.supervisor).get(f"/proposals/{Proposal.objects.get().pk}/")
        assert "Mistake of the bank" in page.content.decode()
        again = browser.post(f"/api/v1/{path}re-open", {"reason": "Mistake of the bank"}, "application/json")
        assert (again.status_code, again.json()["code"]) == (409, "already_proposed")
