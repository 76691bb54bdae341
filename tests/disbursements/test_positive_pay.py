"""The issue file of positive pay, held against files that were written by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from disbursements.check_refusals import NothingToSend, PositivePayHidden, PositivePayTooLong
from disbursements.checks import issue_checks, set_numbering, spoil_blank, spoil_check
from disbursements.models import Check
from disbursements.positive_pay import layouts, plain_text, positive_pay_file
from firms.models import AuditEvent
from firms.refusals import NotAllowed
from ledgers.accounts import open_trust_account
from ledgers.models import JournalEntry, Ledger, TrustAccount
from ledgers.parties import create_matter, raise_wall
from ledgers.posting import post_disbursement
from tests.cast import Cast, assemble, key, today
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"
FIRST, LAST = date(2026, 3, 5), date(2026, 3, 6)


@pytest.fixture
def desk(at: Any) -> Cast:
    """Return the firm on March 5, 2026."""
    at("2026-03-05 10:00-05")
    return assemble()


@pytest.fixture
def account(desk: Cast) -> TrustAccount:
    """Open an account with a number of eleven digits, and a matter with money in it."""
    opened = open_trust_account(
        name="IOLTA Eleven", kind="pooled", title="Whitfield & Marsh LLP IOLTA Trust Account", state="NY",
        account_number="40091724471", bank_name="First National", routing_number="021000021", opened_date=desk.start,
    )  # fmt: skip
    matter = create_matter(
        number="2026-0300", client=desk.smith, description="Smith estate", accounts=[opened],
        responsible_attorney=desk.attorney, coordinator=desk.coordinator, opened_date=desk.start,
    )  # fmt: skip
    desk.receive(matter, 1_000_000_000_000, account=opened)
    set_numbering(desk.coordinator, opened, 1001, desk.start)
    return opened


def paid(desk: Cast, account: TrustAccount, cents: int, payee: str) -> JournalEntry:
    """Post a payment by check out of the account."""
    ledger = Ledger.objects.select_related("trust_account").get(trust_account=account, kind="client")
    authority = desk.authority(ledger, cents, payee=payee)
    posted = post_disbursement(desk.coordinator, key(), authority=authority, book_date=today())
    return JournalEntry.objects.get(pk=posted.id)


def printed(desk: Cast, account: TrustAccount, entry: JournalEntry) -> Check:
    """Number a payment's check."""
    return issue_checks(desk.coordinator, key(), account, [entry.pk]).checks.get()


@pytest.fixture
def issued(desk: Cast, account: TrustAccount, at: Any) -> TrustAccount:
    """Issue what the files tell: 1001, 1002 spoiled and replaced by 1003, the next day 1004 and a spoiled blank."""
    printed(desk, account, paid(desk, account, 123456, "Kings County Clerk"))
    reporter = paid(desk, account, 40000, "Metro Court Reporting, Inc.")
    spoil_check(desk.coordinator, key(), printed(desk, account, reporter), "Jam")
    printed(desk, account, reporter)
    at("2026-03-06 10:00-05")
    printed(desk, account, paid(desk, account, 7, "Café Müller & Söhne’s Restaurant and Catering Company"))
    spoil_blank(desk.coordinator, key(), account, None, "Test print")
    return account


class TestTheFile:
    @pytest.mark.parametrize(("layout", "name"), [("csv", "positive-pay.csv"), ("fixed-79", "positive-pay.txt")])
    def test_equals_what_was_written_by_hand(self, desk: Cast, issued: TrustAccount, layout: str, name: str) -> None:
        expected = (FILES / name).read_bytes()
        assert positive_pay_file(desk.coordinator, issued, layouts()[layout], FIRST, LAST) == expected

    def test_tells_of_a_later_end_when_it_comes(self, desk: Cast, issued: TrustAccount, at: Any) -> None:
        at("2026-03-20 10:00-04")
        spoil_check(desk.coordinator, key(), Check.objects.get(number=1001), "Came back unused")
        day = date(2026, 3, 20)
        told = positive_pay_file(desk.coordinator, issued, layouts()["csv"], day, day)
        assert told == b"V,40091724471,1001,030526,1234.56,Kings County Clerk\r\n"
        again = positive_pay_file(desk.coordinator, issued, layouts()["csv"], FIRST, LAST)
        assert again == (FILES / "positive-pay.csv").read_bytes()

    def test_is_never_empty(self, desk: Cast, issued: TrustAccount) -> None:
        with pytest.raises(NothingToSend):
            positive_pay_file(desk.coordinator, issued, layouts()["csv"], date(2026, 3, 1), date(2026, 3, 4))

    def test_refuses_what_its_layout_has_no_room_for(self, desk: Cast, account: TrustAccount) -> None:
        printed(desk, account, paid(desk, account, 10_000_000_000, "Court"))
        with pytest.raises(PositivePayTooLong) as refused:
            positive_pay_file(desk.coordinator, account, layouts()["fixed-79"], FIRST, LAST)
        assert (refused.value.facts["field"], refused.value.facts["longest"]) == ("amount", 10)
        assert positive_pay_file(desk.coordinator, account, layouts()["csv"], FIRST, LAST)

    def test_is_whole_or_not_made(self, desk: Cast, issued: TrustAccount) -> None:
        matter = Ledger.objects.get(trust_account=issued, kind="client").matter
        assert matter is not None
        raise_wall(matter, desk.coordinator, desk.partner, "Conflict")
        with pytest.raises(PositivePayHidden) as refused:
            positive_pay_file(desk.coordinator, issued, layouts()["csv"], FIRST, LAST)
        assert refused.value.facts["count"] == 4

    def test_is_made_by_the_coordinator_and_recorded(self, desk: Cast, issued: TrustAccount) -> None:
        for person in (desk.partner, desk.auditor, desk.attorney):
            with pytest.raises(NotAllowed):
                positive_pay_file(person, issued, layouts()["csv"], FIRST, LAST)
        positive_pay_file(desk.coordinator, issued, layouts()["csv"], FIRST, LAST)
        told = AuditEvent.objects.filter(action="export", subject_type="ledgers_trustaccount").latest("pk").detail.after
        assert (told or {}) == {
            "report": "positive-pay", "format": "csv", "first": "2026-03-05", "last": "2026-03-06", "checks": 5,
        }  # fmt: skip
        assert "40091724471" not in json.dumps(told)


class TestPagesAndApi:
    def test_show_it_and_give_it(self, desk: Cast, issued: TrustAccount) -> None:
        browser, expected = browser_of(desk.coordinator), (FILES / "positive-pay.csv").read_bytes()
        asked = f"account={issued.pk}&from_date={FIRST}&to_date={LAST}&layout=csv"
        page = browser.get(f"/checks/positive-pay/?{asked}").content.decode()
        assert "Metro Court Reporting, Inc." in page
        assert "40091724471" not in page
        file = browser.get(f"/checks/positive-pay/?{asked}&format=file")
        assert file.content == expected
        assert file.headers["Content-Disposition"] == (
            'attachment; filename="positive-pay-4471-2026-03-05-to-2026-03-06.csv"'
        )
        api = browser.get(f"/api/v1/positive-pay?trust_{asked}")
        assert api.content == expected
        for path in ("/checks/positive-pay/", f"/api/v1/positive-pay?trust_{asked}"):
            assert browser_of(desk.auditor).get(path).status_code == 403

    def test_ask_the_same_however_long_it_is(self, desk: Cast, issued: TrustAccount) -> None:
        browser, counts = browser_of(desk.coordinator), []
        path = f"/checks/positive-pay/?account={issued.pk}&from_date={FIRST}&to_date={LAST}"
        browser.get(path)
        for _ in range(2):
            for _ in range(3):
                spoil_blank(desk.coordinator, key(), issued, None, "Jam")
            with CaptureQueriesContext(connection) as asked:
                browser.get(path)
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 20

    def test_say_what_is_wrong(self, desk: Cast, issued: TrustAccount) -> None:
        browser = browser_of(desk.coordinator)
        path = f"/checks/positive-pay/?account={issued.pk}&layout=csv"
        assert browser.get(f"{path}&from_date=2026-03-06&to_date=2026-03-05").status_code == 422
        assert browser.get("/checks/positive-pay/?layout=none").status_code == 422
        empty = browser.get(f"{path}&from_date=2026-03-01&to_date=2026-03-02&format=file")
        assert empty.status_code == 409
        assert "No check of this account" in empty.content.decode()


class TestLayouts:
    def test_are_data(self) -> None:
        assert [(layout.code, len(layout.fields)) for layout in layouts().values()] == [("csv", 6), ("fixed-79", 6)]
        assert sum(field.width for field in layouts()["fixed-79"].fields) == 79

    @pytest.mark.parametrize(
        ("name", "plain"),
        [
            ("Zoë’s  “Bar”", 'Zoe\'s "Bar"'),
            ("Łódź – Straße", "?odz - Strasse"),
            ("株式会社", "????"),
            ("½ Acre", "1?2 Acre"),
        ],
    )
    def test_write_names_in_plain_signs(self, name: str, plain: str) -> None:
        assert plain_text(name) == plain
