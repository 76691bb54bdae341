"""The pages and the API of time."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import TimeEntry
from ledgers.money import money
from tests.billing.working import csv_of, row, worked
from tests.cast import Cast, key, today
from tests.firms.cast import browser_of

pytestmark = pytest.mark.django_db


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Return what the form of a time entry sends."""
    said = {
        "matter": "2026-0142", "person": cast.attorney.pk, "date": today().isoformat(), "hours": "1.5",
        "rate": "300", "narrative": "Call with O’Hara", "is_billable": "on", "idempotency_key": key(),
    }  # fmt: skip
    return said | changes


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


class TestRecording:
    def test_goes_on_with_the_next_entry_of_the_same_person(self, cast: Cast) -> None:
        answer = browser_of(cast.coordinator).post("/time/new/", typed(cast), follow=True)
        assert "1.50 hours of Maya Okafor for 2026-0142 recorded: $450.00." in text_of(answer)
        assert 'value="300.00"' in text_of(answer)
        assert TimeEntry.objects.get().amount == money(45000)

    def test_counts_a_form_that_is_sent_twice_once(self, cast: Cast) -> None:
        browser, said = browser_of(cast.coordinator), typed(cast)
        assert [browser.post("/time/new/", said).status_code for _ in range(2)] == [302, 302]
        assert TimeEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("hours", "1:30", "Enter a number"),
            ("hours", "0", "greater than or equal to 0.01"),
            ("hours", "1.234", "2 decimal places"),
            ("rate", "-3", "cannot be negative"),
            ("matter", "nine", "There is no matter “nine”"),
            ("person", "999999", "Select a valid choice"),
        ],
    )
    def test_says_what_cannot_be_read(self, cast: Cast, field: str, value: str, said: str) -> None:
        answer = browser_of(cast.coordinator).post("/time/new/", typed(cast, **{field: value}))
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert "Call with O’Hara" in text_of(answer)

    def test_shows_a_refusal_beside_what_was_typed(self, cast: Cast) -> None:
        worked(cast, "23")
        answer = browser_of(cast.coordinator).post("/time/new/", typed(cast))
        assert answer.status_code == 409
        assert "Maya Okafor would have 24.50 hours" in text_of(answer)

    def test_offers_an_attorney_only_the_own_time(self, cast: Cast) -> None:
        browser = browser_of(cast.attorney)
        assert "Ann Whitfield" not in text_of(browser.get("/time/new/"))
        assert browser.post("/time/new/", typed(cast, person=cast.other_attorney.pk)).status_code == 422
        assert browser.post("/time/new/", typed(cast)).status_code == 302


class TestOneEntry:
    def test_is_changed_and_taken_out(self, cast: Cast) -> None:
        entry, browser = worked(cast), browser_of(cast.coordinator)
        assert "Call with O’Hara" in text_of(browser.get(f"/time/{entry.pk}/edit/"))
        assert browser.post(f"/time/{entry.pk}/edit/", typed(cast, hours="2", version=1)).status_code == 302
        assert browser.post(f"/time/{entry.pk}/edit/", typed(cast, hours="3", version=1)).status_code == 409
        assert browser.post(f"/time/{entry.pk}/remove/", {"version": 2, "reason": ""}).status_code == 422
        assert browser.post(f"/time/{entry.pk}/remove/", {"version": 2, "reason": "Not ours"}).status_code == 302
        page = text_of(browser.get(f"/time/{entry.pk}/"))
        assert "Not ours" in page
        assert "Take out…" not in page
        assert browser.post(f"/time/{entry.pk}/remove/", {"version": 3, "reason": "Again"}).status_code == 409

    def test_does_not_exist_for_an_attorney_of_other_matters(self, cast: Cast) -> None:
        from ledgers.parties import edit_matter

        entry = worked(cast)
        edit_matter(cast.smith_matter, 1, billing_attorney=None)
        browser = browser_of(cast.other_attorney)
        for path in ("", "edit/", "remove/"):
            assert browser.get(f"/time/{entry.pk}/{path}").status_code == 404


class TestTheList:
    def test_filters_sorts_and_adds_up(self, cast: Cast) -> None:
        worked(cast, "1", 30000, narrative="Alpha brief")
        worked(cast, "2", 20000, narrative="Beta call", person=cast.other_attorney, matter=cast.doe_matter)
        worked(cast, "0.5", 10000, narrative="Gamma", is_billable=False, date=today() - timedelta(days=40))
        browser = browser_of(cast.coordinator)
        everything = text_of(browser.get("/time/?sort=-amount"))
        assert everything.index("Beta call") < everything.index("Alpha brief") < everything.index("Gamma")
        assert "$700.00" in everything
        for asked, found in (
            ("text=beta", "Beta call"), ("matter=2026-0142&state=unbilled", "Alpha brief"),
            (f"person={cast.other_attorney.pk}", "Beta call"), ("state=not_billable", "Gamma"),
            (f"to_date={today() - timedelta(days=30)}", "Gamma"),
        ):  # fmt: skip
            page = text_of(browser.get(f"/time/?{asked}"))
            assert found in page
            assert sum(word in page for word in ("Alpha brief", "Beta call", "Gamma")) == 1, asked
        assert browser.get("/time/?from_date=nonsense").status_code == 422

    def test_costs_the_same_queries_with_ten_thousand_entries(
        self, cast: Cast, django_assert_max_num_queries: Any
    ) -> None:
        browser = browser_of(cast.coordinator)
        for part in range(2):
            rows = [row(today() - timedelta(days=day), "0.1", narrative=f"Part {part}") for day in range(5000)]
            file = SimpleUploadedFile("t.csv", csv_of(*rows))
            assert browser.post("/time/import/", {"file": file, "idempotency_key": key()}).status_code == 302
        with django_assert_max_num_queries(14):
            page = text_of(browser.get("/time/?page=3"))
        assert "101–150 of 10,000 entries" in page
        assert "$300,000.00" in page

    def test_becomes_a_file_without_formulas(self, cast: Cast) -> None:
        worked(cast, narrative="=1+1")
        answer = browser_of(cast.coordinator).get("/time/?format=csv")
        said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert "Maya Okafor,2026-0142" in said
        assert "'=1+1" in said


class TestTheFile:
    def test_is_taken_in_by_the_page_or_each_row_named(self, cast: Cast) -> None:
        browser = browser_of(cast.coordinator)
        wrong = SimpleUploadedFile("time.csv", csv_of(row(today(), matter="O’9")))
        answer = browser.post("/time/import/", {"file": wrong, "idempotency_key": key()})
        assert answer.status_code == 409
        assert "There is no matter “O’9”." in text_of(answer)
        assert browser.post("/time/import/", {"idempotency_key": key()}).status_code == 422
        assert browser_of(cast.attorney).get("/time/import/").status_code in {302, 403}


class TestTheApi:
    def sent(self, cast: Cast, **changes: Any) -> dict[str, Any]:
        return {
            "person": cast.attorney.pk, "matter": cast.smith_matter.pk, "date": today().isoformat(), "hours": "0.40",
            "rate": "325.00", "narrative": "Call",
        } | changes  # fmt: skip

    def test_records_changes_and_takes_out(self, cast: Cast) -> None:
        browser = browser_of(cast.coordinator)
        headers = {"Idempotency-Key": key()}
        made = browser.post("/api/v1/time-entries", self.sent(cast), "application/json", headers=headers)
        assert (made.status_code, made.json()["amount"]) == (201, "130.00")
        again = browser.post("/api/v1/time-entries", self.sent(cast), "application/json", headers=headers)
        assert again.json()["id"] == made.json()["id"]
        url = f"/api/v1/time-entries/{made.json()['id']}"
        changed = browser.patch(url, {"version": 1, "hours": "1.00"}, "application/json")
        assert changed.json()["amount"] == "325.00"
        assert browser.patch(url, {"hours": "1.00"}, "application/json").status_code == 400
        gone = browser.post(f"{url}/remove", {"version": 2, "reason": "Typed twice"}, "application/json")
        assert gone.json()["remove_reason"] == "Typed twice"
        assert browser.get("/api/v1/time-entries").json()["count"] == 0
        assert browser.get("/api/v1/time-entries?state=removed").json()["count"] == 1

    def test_takes_in_a_file(self, cast: Cast) -> None:
        browser = browser_of(cast.coordinator)
        file = SimpleUploadedFile("t.csv", csv_of(row(today())))
        answer = browser.post("/api/v1/time-entries/import", {"file": file}, headers={"Idempotency-Key": key()})
        assert (answer.status_code, answer.json()["row_count"]) == (201, 1)
        wrong = SimpleUploadedFile("t.csv", csv_of(row(today(), "99")))
        answer = browser.post("/api/v1/time-entries/import", {"file": wrong}, headers={"Idempotency-Key": key()})
        assert answer.status_code == 409
        assert answer.json()["facts"]["problems"][0]["line"] == 2

    def test_knows_no_matter_and_nobody_that_the_caller_does_not(self, cast: Cast) -> None:
        browser = browser_of(cast.attorney)
        for name, value in (("matter", 987654), ("person", cast.other_attorney.pk)):
            answer = browser.post(
                "/api/v1/time-entries", self.sent(cast, **{name: value}), "application/json",
                headers={"Idempotency-Key": key()},
            )  # fmt: skip
            assert (answer.status_code, list(answer.json()["facts"])) == (400, [name])
        assert [row["full_name"] for row in browser.get("/api/v1/timekeepers").json()] == ["Maya Okafor"]
