"""Tables on a telephone: what counts is on the screen, nothing has to be pushed sideways."""

import pytest

from compliance.watch import look
from ledgers.parties import edit_matter
from tests.browser.conftest import PageAs
from tests.browser.harness import assert_clean
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


class TestTablesOnATelephone:
    def test_are_not_wider_than_the_screen(self, cast: Cast, page_as: PageAs) -> None:
        cast.receive(cast.smith_matter, 12345678)
        cast.pay(cast.smith_ledger, 1234567)
        edit_matter(cast.smith_matter, 1, status="closing")
        look()
        for name, path in {
            "exceptions-narrow": "/exceptions/",
            "receipts-journal-narrow": "/reports/receipts-journal/?from_date=2026-01-01",
            "disbursements-journal-narrow": "/reports/disbursements-journal/?from_date=2026-01-01",
        }.items():
            page = page_as(cast.coordinator, path, second_factor=False)
            assert_clean(page, name)
            assert page.locator("tbody tr").count() > 0
