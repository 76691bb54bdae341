"""Time and invoices in the browser, clean at both widths."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from billing.timekeeping import remove_time
from tests.billing.billing import issued
from tests.billing.working import csv_of, row, worked
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast, today

WORK = (
    ("0.4", "Telephone conference with opposing counsel re discovery schedule"),
    ("2.75", "Draft motion to compel; research on Rule 37 sanctions and the meet-and-confer requirement"),
    ("1.2", "Review of 210 documents produced by Jones on March 3"),
    ("6.5", "Deposition of J. Muñoz, with travel from the court in White Plains"),
    ("0.1", "E-mail to client"),
)


@pytest.fixture
def busy(transactional_db: None, cast: Cast) -> Cast:
    """Two matters with the time of two attorneys."""
    for back, (hours, narrative) in enumerate(WORK):
        person = cast.attorney if back % 2 else cast.other_attorney
        worked(cast, hours, 37500 if back % 2 else 42000, narrative=narrative, person=person,
               date=today() - timedelta(days=back * 3))  # fmt: skip
    worked(cast, "0.8", 42000, matter=cast.doe_matter, narrative="Probate petition", person=cast.other_attorney)
    worked(cast, "0.3", 42000, matter=cast.doe_matter, narrative="Office meeting", is_billable=False)
    remove_time(cast.coordinator, worked(cast, "3", narrative="Typed twice"), 1, "Typed twice")
    cast.receive(cast.smith_matter, 250000)
    return cast


class TestTime:
    def test_is_recorded_by_keyboard(self, page_as: PageAs, busy: Cast) -> None:
        page = page_as(busy.coordinator, "/time/", second_factor=False)
        assert_clean(page, "time")
        page.keyboard.press("n")
        expect(page.get_by_role("heading", level=1)).to_have_text("Record time")
        assert_clean(page, "time-new")
        page.get_by_role("combobox", name="Matter").fill("2026-0142")
        page.get_by_label("Who worked").select_option(label="Maya Okafor")
        page.get_by_label("Hours").fill("0.5")
        page.get_by_label("Rate for an hour").fill("300")
        page.get_by_label("What was done").fill("Call with O’Hara")
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text("0.50 hours of Maya Okafor for 2026-0142 recorded: $150.00.")).to_be_visible()
        expect(page.get_by_label("Rate for an hour")).to_have_value("300.00")

    def test_is_imported_or_each_row_named(self, page_as: PageAs, busy: Cast) -> None:
        page = page_as(busy.coordinator, "/time/import/", second_factor=False)
        assert_clean(page, "time-import")
        wrong = csv_of(row(today(), "30"), row(today(), matter="2026-9999"), row(today(), person="O’Nobody"))
        page.get_by_label("CSV file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": wrong})
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text("There is no matter “2026-9999”.")).to_be_visible()
        assert_clean(page, "time-import-refused", status=409)
        right = ContentFile(csv_of(row(today() - timedelta(days=90), "1.1"))).read()
        page.get_by_label("CSV file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": right})
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text("Time entries imported from t.csv: 1.")).to_be_visible()

    def test_of_an_attorney_is_clean(self, page_as: PageAs, busy: Cast) -> None:
        entry = worked(busy, "0.2", narrative="Own note", by=busy.attorney)
        page = page_as(busy.attorney, f"/time/{entry.pk}/")
        for path, name in (
            (f"/time/{entry.pk}/", "time-entry"), (f"/time/{entry.pk}/edit/", "time-edit"),
            (f"/time/{entry.pk}/remove/", "time-remove"), ("/time/?state=removed", "time-removed"),
        ):  # fmt: skip
            page.goto(path)
            assert_clean(page, name)


class TestInvoices:
    def test_are_drafted_issued_and_clean(self, page_as: PageAs, busy: Cast) -> None:
        page = page_as(busy.coordinator, "/invoices/", second_factor=False)
        assert_clean(page, "invoices-empty")
        page.goto("/invoices/new/?matter=2026-0142")
        assert_clean(page, "invoice-new")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")
        worked(busy, "0.9", 42000, narrative="Follow-up call with the expert", person=busy.other_attorney)
        page.get_by_label("Description").fill("Court reporter, transcript of the deposition of J. Muñoz")
        page.get_by_label("Amount").fill("612.50")
        page.get_by_role("button", name="Add line").click()
        expect(page.get_by_text("Line added.")).to_be_visible()
        assert_clean(page, "invoice-draft")
        page.get_by_role("button", name="Add the ticked time").click()
        expect(page.get_by_text("Time entries added: 1.")).to_be_visible()
        page.keyboard.press("i")
        expect(page.get_by_role("heading", name="Issue this invoice?")).to_be_visible()
        assert_clean(page, "invoice-issue")
        page.get_by_role("button", name="Issue", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Issued")
        assert_clean(page, "invoice-issued")
        shown = page.url
        page.goto("/invoices/")
        assert_clean(page, "invoices")
        page.goto(f"/matters/{busy.smith_matter.pk}/")
        assert_clean(page, "matter-billing")
        page.goto(f"{shown}void/")
        assert_clean(page, "invoice-void")

    def test_of_an_attorney_are_clean(self, page_as: PageAs, busy: Cast) -> None:
        bill = issued(busy, until=today())
        page = page_as(busy.attorney, f"/invoices/{bill.pk}/")
        assert_clean(page, "invoice-attorney")
        page.goto("/invoices/")
        assert_clean(page, "invoices-attorney")
