"""How a refusal tells its facts."""

from datetime import date

import pytest

from disbursements.requests import RequestMoveRefused
from firms.refusals import Refusal
from ledgers.refusals import DatedInFuture, MonthNotOver


class TestSentence:
    @pytest.mark.parametrize("day", [date(2026, 3, 2), "2026-03-02"])
    def test_writes_a_day_as_the_pages_do(self, day: object) -> None:
        refused = DatedInFuture(date=day, today=date(2026, 3, 1))
        assert str(refused) == "The date Mar 2, 2026 is after today (Mar 1, 2026). Use today's date or an earlier one."
        assert refused.facts["date"] == day

    def test_names_a_month_and_puts_codes_in_words(self) -> None:
        assert str(MonthNotOver(month="2026-03-01")) == "The month March 2026 is not over yet."
        moved = RequestMoveRefused(state="approved_unfunded", asked="rejected")
        assert str(moved) == "A request that is approved unfunded cannot become rejected."

    def test_leaves_other_words_as_they_are(self) -> None:
        class Named(Refusal):
            sentence = "{payee} on {number}"

        assert str(Named(payee="a_b", number="2026-0142")) == "a_b on 2026-0142"
