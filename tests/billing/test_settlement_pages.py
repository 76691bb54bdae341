"""The pages and the API of settlement statements, up to the one that is issued."""

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from billing.settlement_models import SettlementStatement
from ledgers.money import money
from ledgers.parties import edit_client, edit_matter
from tests.access.addresses import body_of
from tests.billing.settling import INSURER, SHARE, contingent, drafted, issued
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def typed(**changes: Any) -> dict[str, Any]:
    """Return what the form of a new statement sends."""
    said = {
        "matter": "2026-0142", "date": today().isoformat(), "gross": "100,000.00", "received_from": INSURER,
        "fee_basis": "gross", "fee_percent": "33.3333", "fee": "", "note": "", "idempotency_key": key(),
    }  # fmt: skip
    return said | changes


class TestThePages:
    def test_lead_from_the_recovery_to_an_issued_statement(self, cast: Cast) -> None:
        contingent(cast)
        browser = browser_of(cast.coordinator)
        url = browser.post("/settlements/new/", typed())["Location"]
        line = {"payee": "St. Mary’s", "description": "Lien 88", "amount": "8000", "claimed": "10000"}
        lien = {f"lien-{name}": value for name, value in line.items()} | {"idempotency_key": key()}
        assert "Lien or third party: added." in text_of(browser.post(f"{url}liens/", lien, follow=True))
        cost = {
            "cost-payee": "Metro",
            "cost-description": "Transcript",
            "cost-amount": "1200",
            "idempotency_key": key(),
        }
        assert "Cost advanced by the firm: added." in text_of(browser.post(f"{url}costs/", cost, follow=True))
        it = SettlementStatement.objects.get()
        assert it.share == money(SHARE)
        answer = browser.post(f"{url}issue/", {"version": it.version}, follow=True)
        assert f"Settlement S-{today().year}-0001: issued." in text_of(answer)
        assert "$57,466.70" in text_of(answer)
        assert "Add lien" not in text_of(answer)
        assert f"S-{today().year}-0001" in text_of(browser.get(f"/matters/{cast.smith_matter.pk}/"))

    def test_show_refusals_beside_what_was_typed(self, cast: Cast) -> None:
        draft, browser = drafted(cast), browser_of(cast.coordinator)
        url = f"/settlements/{draft.pk}/"
        wrong = {"lien-payee": "O’Hara", "lien-description": "Lien", "lien-amount": "11", "lien-claimed": "10"}
        answer = browser.post(f"{url}liens/", wrong)
        assert (answer.status_code, "at most what is claimed" in text_of(answer)) == (422, True)
        assert 'value="O’Hara"' in text_of(answer)
        for changes in ({"matter": "none"}, {"gross": "0"}, {"fee_percent": ""}, {"fee_percent": "101"}, {"fee": "5"},
                        {"fee_basis": "amount"}, {"fee_basis": "amount", "fee_percent": "", "fee": "0"}):  # fmt: skip
            assert browser.post("/settlements/new/", typed(**changes)).status_code == 422, changes
        answer = browser.post("/settlements/new/", typed(matter="2026-0143"))
        assert (answer.status_code, "a settlement statement is for contingency" in text_of(answer)) == (409, True)
        assert browser.post(f"{url}edit/", typed(version=99)).status_code == 409
        assert browser.post(f"{url}edit/", typed(version=draft.version, gross="200000")).status_code == 302
        assert browser.post(f"{url}issue/", {"version": draft.version}).status_code == 409
        assert browser.post(f"{url}void/", {"version": draft.version, "reason": ""}).status_code == 422
        assert browser.post(f"{url}void/", {"version": draft.version + 1, "reason": "Not agreed"}).status_code == 302

    def test_let_an_attorney_see_the_own_and_change_nothing(self, cast: Cast) -> None:
        it, browser = issued(cast), browser_of(cast.attorney)
        assert it.number in text_of(browser.get("/settlements/"))
        assert browser.get(f"/settlements/{it.pk}/").status_code == 200
        for step in ("issue/", "void/", "edit/", "costs/", "liens/"):
            assert browser.post(f"/settlements/{it.pk}/{step}", {}).status_code == 403
        matter = it.matter
        edit_matter(matter, matter.version, billing_attorney=None)
        assert browser_of(cast.other_attorney).get(f"/settlements/{it.pk}/").status_code == 404
        assert it.number not in text_of(browser_of(cast.other_attorney).get("/settlements/"))

    def test_give_a_pdf_to_sign_that_is_the_same_each_time(self, cast: Cast) -> None:
        edit_client(cast.smith, 1, name="Zoë O’Ångström", address="12 Łódź Street\nNew York, NY 10001")
        it, browser = issued(cast), browser_of(cast.coordinator)
        first = browser.get(f"/settlements/{it.pk}/?format=pdf").content
        assert first == browser.get(f"/settlements/{it.pk}/?format=pdf").content
        said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)
        for words in (f"Settlement statement {it.number}", "Zoë O’Ångström, client", "Maya Okafor, for",
                      it.printed_code, "$57,466.70", "33.3333 % of the gross", "St. Mary’s Hospital"):  # fmt: skip
            assert words in said

    def test_list_as_many_as_there_are_with_as_many_questions(self, cast: Cast) -> None:
        browser = browser_of(cast.coordinator)
        issued(cast)
        browser.get("/settlements/")
        with CaptureQueriesContext(
            connection,
        ) as one:
            assert "Total of 1 statement" in text_of(browser.get("/settlements/"))
        for _ in range(4):
            issued(cast)
        with CaptureQueriesContext(connection) as five:
            assert "Total of 5 statements" in text_of(browser.get("/settlements/"))
        assert len(five) == len(one)
        assert text_of(browser.get("/settlements/?sort=-gross&state=issued&text=acme")).count("tl-rowlink") == 5
        assert b"Recovered from" in body_of(browser.get("/settlements/?format=csv"))


class TestTheApi:
    def asked(self, browser: Any, url: str, said: dict[str, Any]) -> Any:
        return browser.post(f"/api/v1/{url}", said, "application/json", headers={"Idempotency-Key": key()})

    def test_does_the_same(self, cast: Cast) -> None:
        matter, browser = contingent(cast), browser_of(cast.coordinator)
        said: dict[str, Any] = {
            "matter": matter.pk, "date": today().isoformat(), "gross": "100000.00", "received_from": INSURER,
            "fee_basis": "gross", "fee_percent": "33.3333",
        }  # fmt: skip
        made = self.asked(browser, "settlements", said).json()
        assert (made["fee"], made["share"]) == ("33333.30", "66666.70")
        url = f"settlements/{made['id']}"
        line = {
            "kind": "lien",
            "payee": "St. Mary’s",
            "description": "Lien",
            "amount": "8000.00",
            "claimed": "10000.00",
        }
        added = self.asked(browser, f"{url}/lines", line).json()
        assert added["liens"] == "8000.00"
        off = self.asked(browser, f"{url}/lines/{added['lines'][0]['id']}/remove", {}).json()
        assert (off["liens"], off["lines"]) == ("0.00", [])
        put = {**said, "gross": "90000.00", "version": off["version"]}
        changed = browser.put(f"/api/v1/{url}", put, "application/json").json()
        assert changed["fee"] == "29999.97"
        done = self.asked(browser, f"{url}/issue", {"version": changed["version"]}).json()
        assert (done["state"], done["number"]) == ("issued", f"S-{today().year}-0001")
        assert browser.get(f"/api/v1/{url}/pdf").content.startswith(b"%PDF")
        void = self.asked(browser, f"{url}/void", {"version": done["version"], "reason": "New offer"}).json()
        assert void["state"] == "void"
        assert browser.get("/api/v1/settlements").json()["results"] == []

    def test_refuses_what_the_books_refuse(self, cast: Cast) -> None:
        draft, browser = drafted(cast), browser_of(cast.coordinator)
        url = f"settlements/{draft.pk}"
        wrong = {"kind": "cost", "payee": "x", "description": "y", "amount": "0.00"}
        assert self.asked(browser, f"{url}/lines", wrong).json()["code"] == "settlement_line_wrong"
        assert self.asked(browser, f"{url}/issue", {"version": 1}).json()["code"] == "changed_meanwhile"
        both = {"fee_basis": "amount", "fee_percent": "3", "fee": "1.00", "gross": "1.00", "date": "2026-01-05"}
        assert self.asked(browser, "settlements", {**both, "matter": 1, "received_from": "x"}).status_code == 400
        assert self.asked(browser_of(cast.attorney), f"{url}/issue", {"version": 1}).status_code == 403
        assert browser.get("/api/v1/settlements/987654321").status_code == 404
