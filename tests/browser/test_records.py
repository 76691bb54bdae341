"""Clients, matters, accounts and the opening import in a browser: clean at both widths, and without a mouse."""

from typing import Any

import pytest
from playwright.sync_api import Page

from ledgers.models import OpeningImport
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast
from tests.ledgers.opening import FILES, checked, confirmed, sample

pytestmark = pytest.mark.django_db(transaction=True)


def listing(cast: Cast, name: str = "clio_trust_listing.csv") -> OpeningImport:
    """Check the listing of the tests with its items."""
    bank = {cast.account.pk: "18,425.80", cast.second_account.pk: "60.10"}
    return checked(cast, sample(name), sample("outstanding.csv"), bank=bank)


@pytest.fixture
def records(db: None, cast: Cast) -> Cast:
    """A firm with some money in it."""
    cast.receive(cast.smith_matter, 125000)
    return cast


class TestRecordsInABrowser:
    """The pages of people's records."""

    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("clients", "/clients/"),
            ("client", "/clients/{client}/"),
            ("client-new", "/clients/new/"),
            ("matters", "/matters/"),
            ("matter", "/matters/{matter}/"),
            ("matter-new", "/matters/new/"),
            ("matter-accounts", "/matters/{matter}/accounts/"),
            ("trust-accounts", "/trust-accounts/"),
            ("trust-account", "/trust-accounts/{account}/"),
            ("trust-account-new", "/trust-accounts/new/"),
            ("imports-none", "/imports/"),
            ("import-new", "/imports/new/"),
        ],
    )
    def test_are_clean(self, records: Cast, page_as: PageAs, name: str, path: str) -> None:
        places = {"client": records.smith.pk, "matter": records.smith_matter.pk, "account": records.account.pk}
        assert_clean(page_as(records.coordinator, path.format(**places), second_factor=False), name)

    def test_ask_about_a_second_client_of_one_name_without_a_mouse(self, records: Cast, page_as: PageAs) -> None:
        page = page_as(records.coordinator, "/clients/new/", second_factor=False)
        page.fill("[name=name]", "JANÉ smith")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=There is already a client named Jane Smith")
        assert_clean(page, "client-known", status=409)

    def test_show_walls_to_the_partner(self, records: Cast, page_as: PageAs) -> None:
        assert_clean(page_as(records.partner, f"/matters/{records.smith_matter.pk}/"), "matter-walls")


class TestImportInABrowser:
    """The wizard."""

    def test_maps_and_checks_without_a_mouse(self, records: Cast, page_as: PageAs) -> None:
        page: Page = page_as(records.coordinator, "/imports/new/", second_factor=False)
        page.set_input_files("input[name=balances]", FILES / "clio_trust_listing.csv")
        page.set_input_files("input[name=outstanding]", FILES / "outstanding.csv")
        page.focus("button:has-text('Upload')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/columns/")
        assert_clean(page, "import-map")
        fill: dict[str, Any] = {"cut_over_date": "2026-06-30", f"bank-{records.account.pk}": "18425.80"}
        for name, text in fill.items():
            page.fill(f"[name='{name}']", text)
        page.focus(f"[name='bank-{records.account.pk}']")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=What is wrong")
        assert_clean(page, "import-errors")

    def test_shows_progress_approval_and_proof(self, records: Cast, page_as: PageAs) -> None:
        run = listing(records)
        assert_clean(page_as(records.coordinator, f"/imports/{run.pk}/", second_factor=False), "import-checked")
        confirmed(run, records.coordinator, records.supervisor)
        assert_clean(page_as(records.coordinator, f"/imports/{run.pk}/", second_factor=False), "import-loaded")
        assert_clean(page_as(records.coordinator, f"/imports/{run.pk}/proof/", second_factor=False), "import-proof")
