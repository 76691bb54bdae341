"""What an invoice of a matter with a minimum says of the money in trust: fixed at issue, on page, paper and API."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from billing.models import Invoice
from billing.reports import invoice_pdf
from ledgers.models import Matter
from ledgers.money import money
from tests.billing.billing import drafted, issued
from tests.cast import Cast
from tests.firms.cast import browser_of
from tests.rules.attack import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreed(cast: Cast) -> Cast:
    """Smith's agreement asks for $500.00 in trust; $1,000.00 is there."""
    Matter.objects.filter(pk=cast.smith_matter.pk).update(minimum_balance=money(50000), version=2)
    cast.receive(cast.smith_matter, 100000)
    return cast


def figures(invoice: Invoice) -> tuple[object, ...]:
    """Return the figures of the money in trust, in the order they are printed."""
    it = Invoice.objects.get(pk=invoice.pk)
    return it.trust_held, it.trust_owed_before, it.trust_left, it.trust_minimum, it.replenishment


def paper(invoice: Invoice) -> str:
    """Return the text of the invoice on paper, each space one."""
    document = PdfReader(io.BytesIO(invoice_pdf(invoice)))
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


class TestAnInvoice:
    def test_says_what_is_left_in_trust_and_what_is_to_be_replenished(self, agreed: Cast) -> None:
        first = issued(agreed, 30000)
        assert figures(first) == (money(100000), money(0), money(70000), money(50000), money(0))
        second = issued(agreed, 45000)
        assert figures(second) == (money(100000), money(30000), money(25000), money(50000), money(25000))
        third = issued(agreed, 40000)
        assert figures(third)[2:] == (money(-15000), money(50000), money(65000))

    def test_keeps_its_figures_whatever_the_books_do_later(self, agreed: Cast) -> None:
        it = issued(agreed, 60000)
        before, printed = figures(it), invoice_pdf(it)
        agreed.receive(agreed.smith_matter, 70000)
        Matter.objects.filter(pk=agreed.smith_matter.pk).update(minimum_balance=money(1), version=3)
        assert figures(it) == before
        assert invoice_pdf(Invoice.objects.get(pk=it.pk)) == printed
        assert refused(f"UPDATE billing_invoice SET trust_held = 1 WHERE id = {it.pk}") == "permission denied"

    def test_shows_it_on_page_paper_and_in_the_api(self, agreed: Cast) -> None:
        it = issued(agreed, 60000)
        text = paper(it)
        assert "Left in trust after this invoice $400.00" in text
        assert "Please replenish your money in trust by $100.00" in text
        browser = browser_of(agreed.coordinator)
        page = browser.get(f"/invoices/{it.pk}/").content.decode()
        assert ("Money in trust at issue" in page, "$100.00" in page) == (True, True)
        said = browser.get(f"/api/v1/invoices/{it.pk}").json()
        assert (said["trust_left"], said["replenishment"]) == ("400.00", "100.00")

    def test_says_nothing_on_a_draft_or_where_nothing_is_replenished(self, agreed: Cast) -> None:
        assert figures(drafted(agreed)) == (None,) * 5
        assert figures(issued(agreed, matter=agreed.doe_matter)) == (None,) * 5  # no minimum
        unlike: list[dict[str, Any]] = [{"type": "contingency"}, {"type": "hourly", "pay_invoices_from_trust": False}]
        for place, changed in enumerate(unlike):
            Matter.objects.filter(pk=agreed.smith_matter.pk).update(**changed, version=3 + place)
            assert figures(issued(agreed)) == (None,) * 5
        assert "trust" not in paper(issued(agreed)).lower().replace("trustledger", "")
