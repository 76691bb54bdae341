"""Checks on paper: the amount in words, the MICR line, nothing that runs over, each opening written down."""

import io

import pytest
from pypdf import PdfReader

from disbursements import micr
from disbursements.amount_words import amount_in_words
from disbursements.check_paper import check_pdf, size_of
from disbursements.check_refusals import NothingToPrint
from disbursements.checks import issue_checks, spoil_check
from disbursements.models import CheckBatch
from disbursements.payees import record_payee
from firms.models import AuditEvent
from firms.refusals import NotAllowed
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.parties import raise_wall
from ledgers.posting import post_disbursement
from tests.cast import Cast, key, today
from tests.disbursements.checking import issued, numbered, paid, printed
from tests.firms.cast import browser_of

LONGEST = "The Honorable Commissioner of the Department of Environmental Conservation " * 2 + "of the State of New York"


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (1, "Zero and 01/100"),
        (99, "Zero and 99/100"),
        (100, "One and 00/100"),
        (1110, "Eleven and 10/100"),
        (1999, "Nineteen and 99/100"),
        (2100, "Twenty-one and 00/100"),
        (11010, "One hundred ten and 10/100"),
        (90000, "Nine hundred and 00/100"),
        (100000, "One thousand and 00/100"),
        (100001, "One thousand and 01/100"),
        (123456, "One thousand two hundred thirty-four and 56/100"),
        (1_200_005, "Twelve thousand and 05/100"),
        (100_000_000, "One million and 00/100"),
        (100_000_100, "One million one and 00/100"),
        (99_900_099_999, "Nine hundred ninety-nine million nine hundred ninety-nine and 99/100"),
        (1_000_000_000_000_000, "Ten trillion and 00/100"),
    ],
)  # fmt: skip
def test_an_amount_is_written_out(cents: int, words: str) -> None:
    assert amount_in_words(money(cents)) == words


class TestTheMicrLine:
    def test_has_each_field_in_its_place(self) -> None:
        line = micr.placed(1234, "021000021", "12345678901234567")
        assert "".join(line[place] for place in range(43, 32, -1)) == "t021000021t"
        assert "".join(line[place] for place in range(31, 13, -1)) == "12345678901234567u"
        assert "".join(line[place] for place in range(52, 44, -1)) == "u001234u"
        assert 32 not in line
        assert 44 not in line

    @pytest.mark.parametrize("number", [1, 9_999_999_999])
    def test_stays_on_the_check_and_out_of_the_amount_field(self, number: int) -> None:
        places = micr.placed(number, "021000021", "1234")
        assert 13 <= min(places) < max(places) <= micr.LAST_POSITION

    def test_draws_every_glyph_within_its_grid(self) -> None:
        for sign, grid in micr.GLYPHS.items():
            rows = grid.split()
            assert [len(row) for row in rows] == [micr.WIDE] * micr.HIGH
            points = [point for loop in micr.outlines(sign) for point in loop]
            assert {x for x, _ in points} <= set(range(8))
            assert {y for _, y in points} <= set(range(10))
            assert max(x for x, _ in points) == micr.WIDE  # the leading edge is the right one

    def test_outlines_enclose_what_the_grid_fills(self) -> None:
        for sign, grid in micr.GLYPHS.items():
            area = 0
            for loop in micr.outlines(sign):
                around = zip(loop, loop[1:] + loop[:1], strict=True)
                area += sum(x * v - u * y for (x, y), (u, v) in around)
            assert area == 2 * grid.count("#"), sign

    def test_draws_no_two_signs_alike(self) -> None:
        assert len(set(micr.GLYPHS.values())) == len(micr.GLYPHS) == 14


@pytest.mark.django_db
class TestCheckPdf:
    def pages(self, desk: Cast, batch: CheckBatch) -> list[str]:
        """Return what can be read on each page, in one line."""
        reader = PdfReader(io.BytesIO(check_pdf(desk.coordinator, batch)))
        assert [tuple(map(float, page.mediabox[2:])) for page in reader.pages] == [(612, 792)] * len(reader.pages)
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    def test_says_on_the_check_and_both_stubs_what_is_paid(self, desk: Cast) -> None:
        numbered(desk)
        (check,) = issued(desk, paid(desk, 12345, payee="Kings County Clerk"))
        assert check.batch is not None
        (page,) = self.pages(desk, check.batch)
        for said in (
            "Whitfield & Marsh LLP IOLTA Trust Account IOLTA", "First National", "One hundred twenty-three and 45/100",
            "$ **123.45", "Jane Smith / 2026-0142 Smith v. Jones · Filing fee · 1001",
        ):  # fmt: skip
            assert said in page, said
        assert page.count("Kings County Clerk") == 4
        assert page.count("Check 1001") == 2
        assert "021000021" not in page
        assert "100200304471" not in page

    def test_fits_the_longest_payee(self, desk: Cast) -> None:
        assert 150 < len(LONGEST) <= 200
        numbered(desk)
        payee = record_payee(desk.coordinator, name=LONGEST)
        checks = issued(desk, paid(desk, 100, payee=payee.name), paid(desk, 200, payee="W" * 120))
        assert checks[0].batch is not None
        pages = self.pages(desk, checks[0].batch)
        assert len(pages) == 2
        assert pages[0].count(LONGEST) == 4
        assert [size_of(name) for name in ("Court Clerk", "W" * 60, LONGEST)] == ["normal", "small", "tiny"]

    def test_leaves_out_what_is_void_and_ends_when_all_is(self, desk: Cast) -> None:
        numbered(desk)
        first, second = issued(desk, paid(desk, 100), paid(desk, 200))
        batch = CheckBatch.objects.get()
        spoil_check(desk.coordinator, key(), first, "Jam")
        (page,) = self.pages(desk, batch)
        assert "Check 1002" in page
        spoil_check(desk.coordinator, key(), second, "Jam")
        with pytest.raises(NothingToPrint):
            check_pdf(desk.coordinator, batch)
        answer = browser_of(desk.coordinator).get(f"/checks/batches/{batch.pk}/paper/", follow=True)
        assert b"is void or stopped" in answer.content

    def test_is_recorded_each_time_and_for_the_coordinator_alone(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk)
        batch = CheckBatch.objects.get()
        for person in (desk.attorney, desk.partner, desk.auditor):
            with pytest.raises(NotAllowed):
                check_pdf(person, batch)
        for _ in range(2):
            answer = browser_of(desk.coordinator).get(f"/checks/batches/{batch.pk}/paper/")
            assert answer.headers["Content-Type"] == "application/pdf"
        told = AuditEvent.objects.filter(action="export", subject_type="disbursements_checkbatch")
        assert [(event.detail.after or {})["numbers"] for event in told] == [[1001], [1001]]
        assert [event.actor for event in told] == [desk.coordinator] * 2

    def test_is_the_same_by_the_api(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        path = f"/api/v1/check-batches/{check.batch_id}/paper"
        assert browser_of(desk.coordinator).get(path).content.startswith(b"%PDF")
        assert browser_of(desk.auditor).get(path).status_code == 403

    def test_holds_nothing_from_behind_a_wall(self, desk: Cast) -> None:
        numbered(desk)
        desk.receive(desk.doe_matter, 50000)
        mine, walled = paid(desk, 100), paid_out_of_doe(desk)
        batch = issue_checks(desk.coordinator, key(), desk.account, [mine.pk, walled.pk])
        raise_wall(desk.doe_matter, desk.coordinator, desk.partner, "Conflict")
        (page,) = self.pages(desk, batch)
        assert "Hidden Payee" not in page


def paid_out_of_doe(desk: Cast) -> JournalEntry:
    """Post a payment by check out of the other client's ledger."""
    authority = desk.authority(desk.doe_ledger, 300, payee="Hidden Payee")
    posted = post_disbursement(desk.coordinator, key(), authority=authority, book_date=today())
    return JournalEntry.objects.get(pk=posted.id)
