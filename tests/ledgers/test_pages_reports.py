"""The pages of reports, accounts and the search."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from ledgers.parties import create_matter
from ledgers.reports.writer import csv_lines
from tests.cast import Cast, today
from tests.firms.cast import browser_of, give_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Client:
    cast.receive(cast.smith_matter, 125000)
    cast.receive(cast.doe_matter, 75000, on=today() - timedelta(days=40))
    cast.pay(cast.smith_ledger, 25000)
    return browser_of(cast.coordinator)


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


class TestReports:
    @pytest.mark.parametrize(
        "name", ["trust_listing", "trial_balance", "receipts_journal", "disbursements_journal", "reports"]
    )
    def test_open_to_readers_and_not_to_others(self, cast: Cast, name: str) -> None:
        give_second_factor(cast.attorney)
        assert browser_of(cast.auditor).get(reverse(name)).status_code == 200
        assert browser_of(cast.attorney).get(reverse(name)).status_code == 403
        assert browser_of(cast.stranger).get(reverse(name)).status_code == 403

    def test_the_listing_of_a_past_day_holds_what_was_held_then(self, desk: Client) -> None:
        page = desk.get(reverse("trust_listing"), {"on_date": (today() - timedelta(days=30)).isoformat()}).text
        assert "Estate of O’Doe" in page
        assert "Smith v. Jones" not in page
        assert "$750.00" in page

    @pytest.mark.parametrize("more", [{}, {"format": "csv"}, {"format": "pdf"}])
    def test_of_a_day_that_is_none_are_refused_with_a_word_beside_it(self, cast: Cast, more: dict[str, str]) -> None:
        cast.receive(cast.smith_matter, 100)
        desk, card = browser_of(cast.coordinator), reverse("ledger_card", args=[cast.smith_ledger.pk])
        cases = [(card, {"to_date": "never"})]
        cases += [(reverse(name), {"on_date": "soon"}) for name in ("trust_listing", "trial_balance")]
        cases += [(reverse(f"{way}_journal"), {"from_date": "31.2."}) for way in ("receipts", "disbursements")]
        cases += [(reverse("receipts_journal"), {"from_date": "2026-03-02", "to_date": "2026-03-01"})]
        for url, said in cases:
            answer = desk.get(url, said | more)
            assert answer.status_code == 422, url
            assert "What was asked for cannot be read" in answer.text
            assert "Enter a valid date." in answer.text or "The period ends before it begins." in answer.text

    def test_the_listing_is_a_spreadsheet_with_numbers_as_numbers(self, desk: Client) -> None:
        answer = desk.get(reverse("trust_listing"), {"format": "xlsx"})
        rows = list(load_workbook(BytesIO(body(answer))).active.values)  # type: ignore[union-attr]
        assert rows[0][:5] == ("Trust account", "Client", "Matter", "Description", "Balance")
        assert ("IOLTA", "Jane Smith", "2026-0142", "Smith v. Jones", 1000, 0) in rows

    def test_the_listing_and_the_card_are_documents(self, cast: Cast, desk: Client) -> None:
        listing = desk.get(reverse("trust_listing"), {"format": "pdf"})
        assert "Jane Smith" in PdfReader(BytesIO(listing.content)).pages[0].extract_text()
        card = desk.get(reverse("ledger_card", args=[cast.smith_ledger.pk]), {"format": "pdf"})
        text = PdfReader(BytesIO(card.content)).pages[0].extract_text()
        for shown in ("Smith v. Jones", "Court Clerk", "$1,250.00", "$1,000.00", "Balance brought forward"):
            assert shown in text

    def test_text_that_begins_like_a_formula_is_only_text(self, cast: Cast, desk: Client) -> None:
        evil = create_matter(
            number="=1+1", client=cast.smith, accounts=[cast.account], description="@SUM(A1)",
            responsible_attorney=cast.attorney, opened_date=cast.start,
        )  # fmt: skip
        cast.receive(evil, 100)
        lines = body(desk.get(reverse("client_ledgers"), {"format": "csv"})).decode("utf-8-sig")
        assert "'=1+1,'@SUM(A1)," in lines
        cells = load_workbook(BytesIO(body(desk.get(reverse("client_ledgers"), {"format": "xlsx"})))).active
        assert not [c for row in cells.iter_rows() for c in row if c.data_type == "f"]  # type: ignore[union-attr]

    def test_the_journal_shows_the_proof(self, desk: Client) -> None:
        page = desk.get(reverse("receipts_journal"), {"from_date": today().replace(day=1).isoformat()}).text
        assert "Columns cross-foot" in page
        assert "$1,250.00" in page


class TestTrustAccounts:
    def test_list_and_page_show_the_book_and_what_it_is_made_of(self, cast: Cast, desk: Client) -> None:
        for page in (
            desk.get(reverse("trust_accounts")).text,
            desk.get(reverse("trust_account", args=[cast.account.pk])).text,
        ):
            assert "$1,750.00" in page
            assert "100200304471" not in page
            assert "4471" in page


class TestSearch:
    @pytest.mark.parametrize("typed", ["smith", "2026-0142", "court clerk", "1001", "250.00", "$250"])
    def test_finds_by_matter_payee_check_number_and_amount(self, desk: Client, typed: str) -> None:
        page = desk.get(reverse("search"), {"q": typed}).text
        assert "Smith v. Jones" in page or "Court Clerk" in page

    @pytest.mark.parametrize("typed", ["ourt cl", "001", "00"])
    def test_finds_by_any_part_of_payee_and_reference(self, desk: Client, typed: str) -> None:
        assert "Court Clerk" in desk.get(reverse("search"), {"q": typed}).text

    def test_takes_percent_signs_for_what_they_are(self, desk: Client) -> None:
        assert "Nothing found" in desk.get(reverse("search"), {"q": "10%1"}).text

    def test_has_an_index_for_any_part(self, desk: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                "EXPLAIN SELECT entry_id FROM ledgers_entrytext WHERE party ILIKE '%lerk%' OR reference ILIKE '%lerk%'"
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert plan.count("Bitmap Index Scan on entry_text_anywhere") == 2

    def test_says_when_nothing_is_found(self, desk: Client) -> None:
        assert "Nothing found" in desk.get(reverse("search"), {"q": "zzz'; DROP"}).text


def test_a_large_file_is_written_in_pieces() -> None:
    from ledgers.reports.writer import Column, Sheet

    sheet: Sheet[int] = Sheet("n", "n", (Column("Number", lambda n: n),))
    pieces = list(csv_lines(sheet, range(5000)))
    assert len(pieces) > 5
    assert "".join(pieces).count("\n") == 5001
