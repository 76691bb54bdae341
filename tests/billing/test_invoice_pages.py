"""The pages and the API of invoices."""

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from billing.models import Invoice, InvoiceState
from ledgers.money import money
from ledgers.parties import edit_client, edit_matter
from tests.billing.billing import drafted, issued
from tests.billing.working import worked
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def typed(**changes: Any) -> dict[str, Any]:
    """Return what the form of a new invoice sends."""
    said = {
        "matter": "2026-0142", "date": today().isoformat(), "due_date": (today() + timedelta(days=30)).isoformat(),
        "time_until": today().isoformat(), "note": "", "idempotency_key": key(),
    }  # fmt: skip
    return said | changes


class TestThePages:
    def test_lead_from_time_to_an_issued_invoice(self, cast: Cast) -> None:
        worked(cast, "2")
        browser = browser_of(cast.coordinator)
        url = browser.post("/invoices/new/", typed())["Location"]
        later = worked(cast, "1", narrative="Later call")
        assert "Later call" in text_of(browser.get(url))
        browser.post(f"{url}time/", {"time": [str(later.pk), "x", "9" * 30]})
        line = {"kind": "expense", "date": today().isoformat(), "description": "Court fee", "amount": "45.50"}
        browser.post(f"{url}lines/", line | {"idempotency_key": key()})
        invoice = Invoice.objects.get()
        assert invoice.total == money(94550)
        first = invoice.lines.order_by("pk")[0]
        browser.post(f"{url}lines/{first.pk}/remove/")
        invoice.refresh_from_db()
        answer = browser.post(f"{url}issue/", {"version": invoice.version, "number": ""}, follow=True)
        assert f"Invoice {today().year}-0001: issued." in text_of(answer)
        assert "$345.50" in text_of(answer)
        assert "Add line" not in text_of(answer)

    def test_show_refusals_beside_what_was_typed(self, cast: Cast) -> None:
        draft, browser = drafted(cast, 0), browser_of(cast.coordinator)
        url = f"/invoices/{draft.pk}/"
        answer = browser.post(f"{url}issue/", {"version": draft.version, "number": "A’1"})
        assert (answer.status_code, "has nothing to pay yet" in text_of(answer)) == (409, True)
        assert 'value="A’1"' in text_of(answer)
        wrong = {"kind": "fee", "date": today().isoformat(), "description": "O’Hara", "amount": "-1"}
        answer = browser.post(f"{url}lines/", wrong)
        assert (answer.status_code, "O’Hara" in text_of(answer)) == (422, True)
        assert browser.post("/invoices/new/", typed(due_date="2020-01-01")).status_code == 422
        assert browser.post("/invoices/new/", typed(matter="none")).status_code == 422
        assert browser.post(f"{url}edit/", typed(version=99)).status_code == 409
        assert browser.post(f"{url}void/", {"version": draft.version, "reason": ""}).status_code == 422
        assert browser.post(f"{url}void/", {"version": draft.version, "reason": "Not billed"}).status_code == 302
        assert Invoice.objects.get().state == InvoiceState.VOID

    def test_let_an_attorney_see_the_own_and_change_nothing(self, cast: Cast) -> None:
        bill, browser = issued(cast), browser_of(cast.attorney)
        assert bill.number in text_of(browser.get("/invoices/"))
        assert browser.get(f"/invoices/{bill.pk}/").status_code == 200
        for step in ("issue/", "void/", "edit/", "time/", "lines/"):
            assert browser.post(f"/invoices/{bill.pk}/{step}", {}).status_code == 403
        edit_matter(cast.smith_matter, 1, billing_attorney=None)
        assert browser_of(cast.other_attorney).get(f"/invoices/{bill.pk}/").status_code == 404

    def test_give_a_pdf_that_is_the_same_each_time(self, cast: Cast) -> None:
        edit_client(cast.smith, 1, name="Zoë O’Ångström", address="12 Łódź Street\nNew York, NY 10001")
        worked(cast, "2.75", narrative="Draft motion — § 37")
        bill, browser = issued(cast, until=today()), browser_of(cast.coordinator)
        first, second = (browser.get(f"/invoices/{bill.pk}/?format=pdf").content for _ in range(2))
        assert first == second
        text = PdfReader(io.BytesIO(first)).pages[0].extract_text()
        for said in (f"Invoice {bill.number}", "Zoë O’Ångström", "12 Łódź Street", "Draft motion — § 37", "$1,075.00"):
            assert said in text, said

    def test_list_filter_and_add_up(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for cents in range(1000, 4000, 100):
            issued(cast, cents)
        drafted(cast, 77700, matter=cast.doe_matter)
        browser = browser_of(cast.coordinator)
        with django_assert_max_num_queries(16):
            page = text_of(browser.get("/invoices/?sort=-total"))
        assert "Total of 31 invoices" in page
        assert "$735.00" in page
        assert "$777.00" in text_of(browser.get("/invoices/?state=draft&matter=2026-0143"))
        assert "No invoices here" in text_of(browser.get("/invoices/?state=overdue"))
        csv = b"".join(browser.get("/invoices/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert csv.count("2026-0142") == 30

    def test_show_what_a_matter_owes(self, cast: Cast) -> None:
        cast.receive(cast.smith_matter, 123400)
        bill = issued(cast, 31100)
        worked(cast, "1")
        page = text_of(browser_of(cast.attorney).get(f"/matters/{cast.smith_matter.pk}/"))
        for said in ("$1,234.00", "$311.00", "$300.00", bill.number, "1.00 hours in 1 entry"):
            assert said in page, said


class TestTheApi:
    def post(self, browser: Any, path: str, body: dict[str, Any], keyed: bool = True) -> Any:
        headers = {"Idempotency-Key": key()} if keyed else {}
        return browser.post(f"/api/v1/{path}", body, "application/json", headers=headers)

    def test_drafts_issues_and_makes_void(self, cast: Cast) -> None:
        entry, browser = worked(cast), browser_of(cast.coordinator)
        said = {"matter": cast.smith_matter.pk, "date": today().isoformat(), "due_date": today().isoformat()}
        made = self.post(browser, "invoices", said | {"time_until": today().isoformat()})
        assert (made.status_code, made.json()["total"]) == (201, "450.00")
        url = f"invoices/{made.json()['id']}"
        line = made.json()["lines"][0]
        assert (line["time_entry"], line["hours"], line["rate"]) == (entry.pk, "1.50", "300.00")
        gone = self.post(browser, f"{url}/lines/{line['id']}/remove", {})
        assert gone.json()["total"] == "0.00"
        own = {"kind": "fee", "date": today().isoformat(), "description": "Flat fee", "amount": "99.00"}
        assert self.post(browser, f"{url}/lines", own).json()["total"] == "99.00"
        now = self.post(browser, f"{url}/time", {"entries": [entry.pk]}).json()
        changed = browser.patch(f"/api/v1/{url}", {"version": now["version"], "note": "Net 30"}, "application/json")
        assert changed.json()["note"] == "Net 30"
        stale = self.post(browser, f"{url}/issue", {"version": now["version"]})
        assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
        bill = self.post(browser, f"{url}/issue", {"version": changed.json()["version"]}).json()
        assert (bill["state"], bill["number"], bill["open_amount"]) == ("issued", f"{today().year}-0001", "549.00")
        owed = browser.get(f"/api/v1/matters/{cast.smith_matter.pk}/billing").json()
        assert (owed["unpaid"], owed["unbilled_count"]) == ("549.00", 0)
        void = self.post(browser, f"{url}/void", {"version": bill["version"], "reason": "Wrong"}).json()
        assert void["state"] == "void"
        assert browser.get("/api/v1/invoices").json()["count"] == 0
        assert browser.get("/api/v1/invoices?state=void").json()["results"][0]["void_reason"] == "Wrong"

    def test_refuses_with_code_and_facts(self, cast: Cast) -> None:
        bill, browser = issued(cast), browser_of(cast.coordinator)
        own = {"kind": "fee", "date": today().isoformat(), "description": "More", "amount": "1.00"}
        answer = self.post(browser, f"invoices/{bill.pk}/lines", own)
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice_content_fixed")
        assert self.post(browser, f"invoices/{bill.pk}/lines", own, keyed=False).status_code == 400
        assert self.post(browser_of(cast.attorney), f"invoices/{bill.pk}/issue", {"version": 1}).status_code == 403
