"""Exceptions open when their cause appears and close when it is gone; people work on the rest."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from compliance.models import TrustException
from compliance.rules import RULES
from compliance.watch import (
    AlreadyResolved,
    CauseStillThere,
    ReasonMissing,
    SnoozeNotAhead,
    give,
    look,
    look_if_told,
    refresh,
    resolve,
    silent_since,
    snooze,
)
from firms import outbox, permits
from firms.clock import today
from firms.models import OutboxEvent
from ledgers.calls import call
from ledgers.clearing import clear_entries
from ledgers.money import money
from ledgers.parties import edit_matter
from ledgers.posting import Share, post_firm_funds_deposit, post_receipt
from notifications.delivery import make_notices
from notifications.models import Notice
from tests.cast import Cast, key

At = Callable[[str], None]


def open_rules() -> list[str]:
    found = TrustException.objects.exclude(state="resolved").exclude(rule="month_behind")
    return sorted(found.values_list("rule", flat=True))


def the(rule: str) -> TrustException:
    return TrustException.objects.filter(rule=rule).latest("id")


@pytest.fixture
def closing(cast: Cast) -> Cast:
    """Smith's matter is closing and still holds $400.00."""
    cast.receive(cast.smith_matter, 40_000)
    cast.smith_matter.refresh_from_db()
    edit_matter(cast.smith_matter, cast.smith_matter.version, status="closing")
    return cast


class TestRefresh:
    @pytest.mark.parametrize("code", sorted(RULES))
    def test_asks_every_rule_of_an_empty_firm(self, cast: Cast, code: str) -> None:
        refresh(code)
        assert TrustException.objects.exclude(rule=code).count() == 0

    def test_opens_an_exception_once(self, closing: Cast) -> None:
        assert refresh("closed_with_money").opened == 1
        assert refresh("closed_with_money").opened == 0
        found = the("closed_with_money")
        assert (found.matter, found.amount, found.severity) == (closing.smith_matter, money(40_000), "medium")
        assert found.due_date is not None
        assert found.due_date > today()

    def test_closes_it_by_itself_when_the_money_has_gone(self, closing: Cast) -> None:
        refresh()
        closing.pay(closing.smith_ledger, 40_000)
        refresh()
        found = the("closed_with_money")
        assert (found.state, found.resolution, found.resolved_by) == ("resolved", "The cause is gone.", None)

    def test_opens_a_new_one_when_the_cause_returns(self, closing: Cast) -> None:
        refresh()
        closing.pay(closing.smith_ledger, 40_000)
        refresh()
        closing.receive(closing.smith_matter, 100)
        refresh()
        assert TrustException.objects.filter(rule="closed_with_money").count() == 2
        assert open_rules() == ["closed_with_money"]

    def test_keeps_amount_and_severity_true(self, closing: Cast) -> None:
        refresh()
        paid = closing.pay(closing.smith_ledger, 40_000)
        clear_entries(closing.coordinator, key(), [paid.id], today(), "Online bank")
        closing.smith_matter.refresh_from_db()
        edit_matter(closing.smith_matter, closing.smith_matter.version, status="closed")
        closing.receive(closing.smith_matter, 40_100)
        refresh()
        found = the("closed_with_money")
        assert (found.amount, found.severity) == (money(40_100), "high")

    def test_finds_a_month_that_is_behind(self, cast: Cast, at: At) -> None:
        at("2026-03-06 09:00-05")
        refresh("month_behind")
        found = TrustException.objects.filter(rule="month_behind", trust_account=cast.account).order_by("due_date")
        assert [(row.label, row.due_date, row.severity) for row in found] == [
            ("2 months behind, the oldest January 2026", dt.date(2026, 2, 5), "high")
        ]

    def test_finds_money_without_a_matter(self, cast: Cast) -> None:
        unidentified_receipt(cast, 7_500)
        refresh()
        found = the("unidentified")
        assert (found.amount, found.severity) == (money(7_500), "high")
        assert "A stranger" in found.label

    def test_finds_firm_money_over_its_cap(self, cast: Cast) -> None:
        post_firm_funds_deposit(
            cast.coordinator, key(), ledger=cast.special("firm_funds"), book_date=today(), amount=money(60_000),
            method="wire", reference="X", operating_account_id=cast.operating.pk,
        )  # fmt: skip
        refresh("cushion_high")
        assert the("cushion_high").amount == money(10_000)

    def test_finds_a_job_that_failed_until_it_is_done(self, cast: Cast) -> None:
        permits.take("balance-check", "firm", "2026-03-02 08:00")
        permits.failed("balance-check", "firm", "2026-03-02 08:00", "the disk is full")
        refresh()
        assert "the disk is full" in the("failed_job").label
        permits.take("balance-check", "firm", "2026-03-02 08:00")
        permits.finished("balance-check", "firm", "2026-03-02 08:00")
        refresh()
        assert "failed_job" not in open_rules()

    def test_finds_a_letter_that_was_given_up(self, cast: Cast) -> None:
        outbox.tell("request_made", None, {"to": "nonsense"}, dedupe="poison")
        make_notices()
        assert Notice.objects.get().state == "undeliverable"
        refresh()
        assert "unsent_mail" in open_rules()

    def test_tells_partner_and_supervisor_of_a_critical_one_once(self, cast: Cast) -> None:
        call("SELECT stop_disbursements(%s)", "The integrity check found: a hole")
        refresh()
        refresh()
        assert OutboxEvent.objects.filter(kind="exception.critical").count() == 1
        make_notices()
        told = set(Notice.objects.filter(kind="exception.critical").values_list("person", flat=True))
        assert told == {cast.partner.pk, cast.supervisor.pk}


class TestLook:
    def test_takes_its_events_and_leaves_a_pulse(self, closing: Cast, at: At) -> None:
        outbox.tell("anything", None, {}, dedupe="x")
        assert look_if_told() is True
        assert look_if_told() is False
        assert open_rules() == ["closed_with_money"]
        assert silent_since() is None

    def test_is_missed_after_a_quarter_of_an_hour(self, cast: Cast, at: At) -> None:
        at("2027-03-02 08:00-05")
        look()
        at("2027-03-02 08:15-05")
        assert silent_since() is None
        at("2027-03-02 08:15:01-05")
        assert silent_since() is not None

    def test_wakes_what_was_snoozed_until_today(self, closing: Cast, at: At) -> None:
        at("2027-03-01 08:00-05")
        look()
        snooze(closing.coordinator, the("closed_with_money"), dt.date(2027, 3, 3), "The client is abroad")
        at("2027-03-02 23:59-05")
        look()
        assert the("closed_with_money").state == "snoozed"
        at("2027-03-03 00:01-05")
        look()
        assert the("closed_with_money").state == "open"


class TestResolve:
    def test_refuses_while_the_cause_is_there(self, closing: Cast) -> None:
        refresh()
        with pytest.raises(CauseStillThere, match="still there"):
            resolve(closing.coordinator, the("closed_with_money"), "Done")
        assert the("closed_with_money").state == "open"

    def test_settles_a_fact_that_stays_true_for_good(self, cast: Cast) -> None:
        outbox.tell("request_made", None, {"to": "nonsense"}, dedupe="poison")
        make_notices()
        refresh()
        resolve(cast.coordinator, the("unsent_mail"), "Told the attorney by telephone")
        refresh()
        assert open_rules() == []
        settled = the("unsent_mail")
        assert (settled.resolved_by, settled.resolution) == (cast.coordinator, "Told the attorney by telephone")

    def test_asks_for_a_reason(self, cast: Cast, closing: Cast) -> None:
        refresh()
        with pytest.raises(ReasonMissing):
            resolve(closing.coordinator, the("closed_with_money"), "  ")

    def test_does_not_change_what_is_resolved(self, closing: Cast) -> None:
        refresh()
        exception = the("closed_with_money")
        closing.pay(closing.smith_ledger, 40_000)
        refresh()
        with pytest.raises(AlreadyResolved):
            give(closing.coordinator, exception, closing.partner)


class TestSnooze:
    @pytest.mark.parametrize("days", [0, -1, 31])
    def test_is_until_a_day_that_comes_soon(self, closing: Cast, days: int) -> None:
        refresh()
        with pytest.raises(SnoozeNotAhead):
            snooze(closing.coordinator, the("closed_with_money"), today() + dt.timedelta(days=days), "Later")

    def test_records_who_and_why(self, closing: Cast) -> None:
        refresh()
        snoozed = snooze(
            closing.coordinator, the("closed_with_money"), today() + dt.timedelta(days=3), "The client is abroad"
        )
        assert (snoozed.state, snoozed.snoozed_by, snoozed.snooze_reason) == (
            "snoozed", closing.coordinator, "The client is abroad",
        )  # fmt: skip


def unidentified_receipt(cast: Cast, cents: int) -> Any:
    return post_receipt(
        cast.coordinator, key(), account=cast.account, book_date=today(), method="wire",
        shares=[Share(cast.special("unidentified"), money(cents))], payer="A stranger", reference="W-9",
    )  # fmt: skip
