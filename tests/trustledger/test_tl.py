"""What every page says the same way."""

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.forms import CharField, DecimalField, Form
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone
from moneyed import Money

from trustledger.templatetags import tl


def render(source: str, query: str = "", **context: Any) -> str:
    request = RequestFactory().get(f"/ledgers/{query}")
    template = engines["django"].from_string("{% load tl %}" + source)
    return template.render({**context, "request": request})


class Payment(Form):
    """An amount and a name."""

    amount = DecimalField(max_digits=12, decimal_places=2)
    payee = CharField(help_text="As on the check")


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            (Money("1250.00", "USD"), "$1,250.00"),
            (Money("-2310.55", "USD"), "($2,310.55)"),
            (-231055, "($2,310.55)"),
            (0, "$0.00"),
            (5, "$0.05"),
            (Money("12", "CAD"), "CAD 12.00"),
            (Money("123456789012.34", "USD"), "$123,456,789,012.34"),
            (None, ""),
        ],
    )
    def test_is_shown_with_currency_and_with_parentheses_below_zero(self, amount: Any, text: str) -> None:
        assert tl.money_text(amount) == text

    def test_is_marked_below_zero_and_only_there(self) -> None:
        assert "tl-neg" in tl.money(-1)
        assert "tl-neg" not in tl.money(1)


class TestDates:
    def test_an_instant_shows_the_firms_zone_and_its_date_there(self) -> None:
        instant = dt.datetime(2026, 3, 1, 3, 30, tzinfo=dt.UTC)
        with timezone.override(zoneinfo.ZoneInfo("America/Chicago")):
            assert "Feb 28, 2026 9:30 PM CST" in tl.moment(instant)
            assert "Feb 28, 2026" in tl.day(instant)

    def test_a_date_is_the_same_in_every_zone(self) -> None:
        with timezone.override(zoneinfo.ZoneInfo("Pacific/Honolulu")):
            assert ">Mar 1, 2026<" in tl.day(dt.date(2026, 3, 1))


class TestTables:
    def test_a_column_sorts_up_then_down_and_begins_at_the_first_page(self) -> None:
        up = render('{% column "Date" "date" %}', "?state=open&page=3")
        assert 'href="?state=open&amp;sort=date"' in up
        assert "aria-sort" not in up
        down = render('{% column "Date" "date" %}', "?sort=date")
        assert 'href="?sort=-date"' in down
        assert 'aria-sort="ascending"' in down

    def test_pages_keep_the_filter(self) -> None:
        page = Paginator(range(120), 50).get_page(2)
        shown = render('{% pagination page noun="ledgers" %}', "?q=smith&page=2", page=page)
        assert "51–100 of 120 ledgers" in shown
        assert 'href="?q=smith&amp;page=3" rel="next"' in shown

    def test_exports_keep_filter_and_order_but_not_the_page(self) -> None:
        assert 'href="?q=smith&amp;format=csv"' in render('{% export_links "csv" %}', "?q=smith&page=2")

    def test_a_filter_cannot_break_out_of_the_address(self) -> None:
        assert "<script>" not in render('{% column "Date" "date" %}', "?q=%22%3E%3Cscript%3E")


class TestForms:
    def test_a_refused_form_keeps_its_key_and_a_new_one_gets_its_own(self) -> None:
        sent = Payment({"idempotency_key": "k-1", "amount": "1,2x"})
        assert 'value="k-1"' in tl.idempotency_key(sent)
        assert tl.idempotency_key(Payment()) != tl.idempotency_key(Payment())

    def test_an_amount_is_kept_as_typed_and_tied_to_its_error(self) -> None:
        form = Payment({"amount": "1,2x", "payee": ""})
        field = form["amount"].as_field_group()
        assert 'value="1,2x"' in field
        assert 'type="text"' in field
        assert 'inputmode="decimal"' in field
        assert 'aria-describedby="id_amount_error"' in field
        assert 'id="id_amount_error"' in field
        assert "is-invalid" in field

    def test_help_and_error_are_both_read_aloud(self) -> None:
        form = Payment({"amount": "1", "payee": ""})
        assert 'aria-describedby="id_payee_helptext id_payee_error"' in form["payee"].as_field_group()


class TestLetters:
    def test_a_text_letter_is_not_escaped_and_an_html_letter_is(self) -> None:
        child = "{{% extends 'email/base.{kind}' %}}{{% block content %}}{{{{ name }}}}{{% endblock %}}"
        facts = {"name": "O'Brien & Co <x>", "person_name": "Dana", "firm_name": "W & M", "base_url": "http://l"}
        text, html = (engines["django"].from_string(child.format(kind=kind)).render(facts) for kind in ("txt", "html"))
        assert "O'Brien & Co <x>" in text
        assert "W & M, client trust accounting" in text
        assert "O&#x27;Brien &amp; Co &lt;x&gt;" in html


class TestPills:
    def test_a_state_has_its_tone_and_an_unknown_one_a_quiet_tone(self) -> None:
        assert "tl-bad-pill" in tl.pill("critical")
        assert "tl-ok-pill" in tl.pill("posted")
        assert "tl-mute-pill" in tl.pill("withdrawn")
        assert ">Partly paid<" in tl.pill("partly_paid")


class TestFactsShown:
    """The facts of a refusal, on a page."""

    def test_leaves_out_row_numbers_that_say_nothing_to_a_person(self) -> None:
        facts = {"ledger": 41, "account": "IOLTA", "asked": Money("5.00", "USD"), "days": 3}
        assert tl.facts_shown(facts) == [("account", "IOLTA"), ("asked", Money("5.00", "USD")), ("days", 3)]

    def test_says_codes_yes_and_no_in_words(self) -> None:
        assert tl.facts_shown({"kind": "returned_receipt", "payee": "van der Berg"}) == [
            ("kind", "Returned receipt"),
            ("payee", "van der Berg"),
        ]
        assert (tl.fact(True), tl.fact(False), tl.fact(0)) == ("Yes", "No", 0)
