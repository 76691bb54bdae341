"""The pages and the API of checks."""

from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from disbursements.approval import approve
from disbursements.checks import spoil_check
from disbursements.models import Check
from disbursements.payees import record_payee
from ledgers.parties import raise_wall
from tests.cast import Cast, key
from tests.disbursements.checking import issued, numbered, paid, printed
from tests.disbursements.outstanding import opening_check
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    """Return what a page says."""
    return unescape(answer.content.decode())


def sent(browser: Client, path: str, **typed: Any) -> Any:
    """Send a form with a key of its own."""
    return browser.post(path, {"idempotency_key": key(), **typed}, follow=True)


class TestTheQueue:
    def test_asks_for_the_first_number(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        assert "The first check number is not set" in text_of(browser.get("/checks/"))
        typed = {"first_number": "1001", "since_date": desk.start.isoformat()}
        answer = sent(browser, f"/checks/accounts/{desk.account.pk}/numbering/", **typed)
        assert "The next check printed is 1001." in text_of(answer)
        assert "No check waits for the printer" in text_of(browser.get("/checks/"))

    def test_numbers_what_is_ticked(self, desk: Cast) -> None:
        numbered(desk)
        first, second = paid(desk, 123456 // 10), paid(desk, 100)
        browser = browser_of(desk.coordinator)
        page = text_of(browser.get(f"/checks/?account={desk.account.pk}"))
        assert "Court Clerk" in page
        assert "$123.45" in page
        assert "2026-0142 Smith v. Jones, Jane Smith" in page
        answer = sent(browser, f"/checks/accounts/{desk.account.pk}/print/", entry=[second.pk])
        assert "Batch" in text_of(answer)
        assert Check.objects.get().entry_id == second.pk
        assert f'value="{first.pk}"' in text_of(browser.get("/checks/"))

    def test_shows_a_refusal_above_the_list(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        browser = browser_of(desk.coordinator)
        answer = sent(browser, f"/checks/accounts/{desk.account.pk}/print/", entry=[check.entry_id])
        assert answer.status_code == 409
        assert "Check 1001 of this payment is out" in text_of(answer)
        for typed in ({}, {"entry": ["x"]}, {"entry": ["99999999999999999999"]}):
            answer = sent(browser, f"/checks/accounts/{desk.account.pk}/print/", **typed)
            assert "No payment is chosen" in text_of(answer)

    def test_is_for_whoever_sees_all(self, desk: Cast) -> None:
        numbered(desk)
        paid(desk)
        for person, status in ((desk.auditor, 200), (desk.partner, 200), (desk.attorney, 403)):
            assert browser_of(person).get("/checks/").status_code == status
        assert "Number the ticked checks" not in text_of(browser_of(desk.auditor).get("/checks/"))

    def test_asks_the_same_however_long_it_is(self, desk: Cast) -> None:
        numbered(desk)
        browser, counts = browser_of(desk.coordinator), []
        browser.get("/checks/")
        for _ in range(2):
            for _ in range(4):
                paid(desk, 10)
            with CaptureQueriesContext(connection) as asked:
                browser.get("/checks/")
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 30


class TestACheck:
    def test_is_spoiled_with_a_reason(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        browser = browser_of(desk.coordinator)
        assert sent(browser, f"/checks/{check.pk}/spoil/", reason="").status_code == 422
        page = text_of(sent(browser, f"/checks/{check.pk}/spoil/", reason="The printer ate it"))
        assert "Check 1001 is void" in page
        assert "The printer ate it" in page
        assert sent(browser, f"/checks/{check.pk}/spoil/", reason="Again").status_code == 409
        assert "check 1001 not in force" in text_of(browser.get("/checks/"))

    def test_is_seen_by_its_attorney_and_nobody_behind_a_wall(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        assert "Court Clerk" in text_of(browser_of(desk.attorney).get(f"/checks/{check.pk}/"))
        raise_wall(desk.smith_matter, desk.coordinator, desk.partner, "Conflict")
        browser = browser_of(desk.coordinator)
        for path in (f"/checks/{check.pk}/", f"/checks/{check.pk}/spoil/", f"/checks/batches/{check.batch_id}/"):
            assert browser.get(path).status_code == 404

    def test_is_recorded_when_written_by_hand(self, desk: Cast) -> None:
        numbered(desk)
        entry, browser = paid(desk), browser_of(desk.coordinator)
        path, day = f"/checks/payments/{entry.pk}/written/", entry.book_date.isoformat()
        far = sent(browser, path, number="9001", on_date=day)
        assert far.status_code == 409
        assert "far from every known number" in text_of(far)
        page = text_of(sent(browser, path, number="1002", on_date=day))
        assert "Check 1002 recorded." in page
        numbers = text_of(browser.get("/checks/numbers/"))
        assert "None: every number" in numbers

    def test_is_told_by_its_request_and_its_entry(self, desk: Cast) -> None:
        numbered(desk)
        address = "60 Centre Street\nNew York, NY 10007"
        payee = record_payee(desk.coordinator, name="Kings County Clerk", address=address)
        asked = ask(desk, 4000, payee=payee.name, record=payee)
        done = approve(desk.attorney, asked.pk, asked.version, asked.content_hash, code_of(desk.attorney))
        assert done.entry is not None
        (check,) = issued(desk, done.entry)
        assert (check.payee, check.payee_address) == ("Kings County Clerk", address)
        spoil_check(desk.coordinator, key(), check, "The printer ate it")
        browser = browser_of(desk.auditor)
        told = text_of(browser.get(f"/disbursements/{asked.pk}/"))
        assert told.index("Check 1001 numbered for the printer") < told.index("Check 1001 void")
        shown = text_of(browser.get(reverse("entry", args=[done.entry.pk])))
        assert f'href="/checks/{check.pk}/"' in shown


class TestTheNumbers:
    def test_name_what_is_missing(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk)
        browser = browser_of(desk.coordinator)
        blank = f"/checks/accounts/{desk.account.pk}/blank/"
        sent(browser, blank, number="1004", reason="Torn out")
        page = text_of(browser.get("/checks/numbers/"))
        assert "1002 to 1003" in page
        assert "2 missing" in page
        assert "Torn out" in page
        assert "Check 1002 recorded as void" in text_of(sent(browser, blank, number="", reason="Jam"))

    def test_refuse_to_go_back(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk)
        typed = {"first_number": "1001", "since_date": desk.start.isoformat()}
        answer = sent(browser_of(desk.coordinator), f"/checks/accounts/{desk.account.pk}/numbering/", **typed)
        assert answer.status_code == 409
        assert "Check 1001 was the last one printed" in text_of(answer)


class TestTheApi:
    def test_numbers_spoils_and_lists(self, desk: Cast) -> None:
        numbered(desk)
        entry, browser = paid(desk), browser_of(desk.coordinator)
        waits = browser.get(f"/api/v1/checks/to-print?trust_account={desk.account.pk}").json()["results"]
        assert [(row["entry"], row["bank_amount"]) for row in waits] == [(entry.pk, "-40.00")]
        asked = {"trust_account": desk.account.pk, "entries": [entry.pk]}
        headers = {"Idempotency-Key": "k1"}
        made = [browser.post("/api/v1/checks", asked, "application/json", headers=headers).json() for _ in range(2)]
        assert made[0] == made[1]
        (check,) = made[0]["checks"]
        assert (check["number"], check["amount"], check["state"]) == (1001, "40.00", "issued")
        headers = {"Idempotency-Key": "k2"}
        path = f"/api/v1/checks/{check['id']}/spoil"
        assert browser.post(path, {"reason": "Jam"}, "application/json", headers=headers).json()["state"] == "void"
        again = browser.post(path, {"reason": "Jam"}, "application/json", headers={"Idempotency-Key": "k3"})
        assert (again.status_code, again.json()["code"]) == (409, "check_ended")
        found = browser.get("/api/v1/checks?text=1001&state=void").json()["results"]
        assert [row["id"] for row in found] == [check["id"]]

    def test_sets_and_tells_the_numbers(self, desk: Cast) -> None:
        browser, path = browser_of(desk.coordinator), f"/api/v1/trust-accounts/{desk.account.pk}/check-numbers"
        assert browser.get(path).json()["next_number"] is None
        said = browser.put(path, {"first_number": 501, "since_date": "2026-01-02"}, "application/json").json()
        assert (said["next_number"], said["gaps"], said["duplicates"]) == (501, [], [])
        blank = {"trust_account": desk.account.pk, "reason": "Test print"}
        made = browser.post("/api/v1/checks/blanks", blank, "application/json", headers={"Idempotency-Key": "b"})
        assert made.json()["number"] == 501
        written = {"payment": paid(desk).pk, "number": 510, "check_date": made.json()["check_date"]}
        answer = browser.post("/api/v1/checks/written", written, "application/json", headers={"Idempotency-Key": "w"})
        assert answer.status_code == 201
        assert browser.get(path).json()["gaps"] == [{"first": 502, "last": 509, "count": 8}]

    def test_is_for_coordinators(self, desk: Cast) -> None:
        numbered(desk)
        entry = paid(desk)
        asked = {"trust_account": desk.account.pk, "entries": [entry.pk]}
        for person in (desk.attorney, desk.partner, desk.auditor):
            answer = browser_of(person).post(
                "/api/v1/checks", asked, "application/json", headers={"Idempotency-Key": "k"}
            )
            assert answer.status_code == 403
        assert issued(desk, entry)[0].number == 1001

    def test_stops_undoes_and_takes_up(self, desk: Cast) -> None:
        numbered(desk)
        lost, wrong, old = printed(desk, 100), printed(desk, 200), opening_check(desk, "981")
        browser = browser_of(desk.coordinator)

        def post(path: str, **body: str) -> Any:
            return browser.post(f"/api/v1/{path}", body, "application/json", headers={"Idempotency-Key": key()})

        stopped = post(f"checks/{lost.pk}/stop", reason="Lost", bank_reference="SP-1").json()
        assert (stopped["state"], stopped["bank_reference"]) == ("stopped", "SP-1")
        undone = post(f"checks/{wrong.pk}/undo", book_date=wrong.check_date.isoformat(), reason="Never cashed")
        assert (undone.status_code, undone.json()["repeated"]) == (201, False)
        taken = post(f"journal-entries/{old.pk}/take-up").json()
        assert (taken["number"], taken["origin"]) == (981, "opening")
        assert post(f"journal-entries/{lost.entry_id}/take-up").json()["code"] == "not_paid_by_check"
        asked = f"trust_account={desk.account.pk}"
        told = browser.get(f"/api/v1/reports/check-register?{asked}").json()
        assert [row["state"] for row in told["results"]] == ["again", "void", "undone"]
        assert told["totals"]["paid"] == "3.00"
        aged = browser.get(f"/api/v1/reports/outstanding-checks?{asked}").json()
        assert [row["number"] for row in aged["results"]] == ["981"]
        for report in ("check-register", "outstanding-checks"):
            assert browser_of(desk.attorney).get(f"/api/v1/reports/{report}?{asked}").status_code == 403


class TestEnding:
    def test_stops_and_issues_anew(self, desk: Cast) -> None:
        numbered(desk)
        check, browser = printed(desk), browser_of(desk.coordinator)
        page = text_of(sent(browser, f"/checks/{check.pk}/stop/", reason="Lost in the mail", bank_reference="SP-7"))
        assert "Check 1001 is stopped" in page
        assert "the bank’s confirmation: SP-7" in page
        assert "without a check in force" in page
        sent(browser, f"/checks/accounts/{desk.account.pk}/print/", entry=[check.entry_id])
        assert "Check 1002, which replaces it" in text_of(browser.get(f"/checks/{check.pk}/"))

    def test_undoes_the_payment(self, desk: Cast) -> None:
        numbered(desk)
        check, browser = printed(desk), browser_of(desk.coordinator)
        path, day = f"/checks/{check.pk}/undo/", check.check_date.isoformat()
        assert sent(browser, path, book_date=day, reason="").status_code == 422
        page = text_of(sent(browser, path, book_date=day, reason="Never cashed"))
        assert "Its payment was undone by" in page
        refused = sent(browser, path, book_date=day, reason="Never cashed")
        assert refused.status_code == 409
        assert "is reversed already" in text_of(refused)

    def test_takes_up_an_opening_check(self, desk: Cast) -> None:
        old, browser = opening_check(desk, "981"), browser_of(desk.coordinator)
        page = text_of(browser.get("/checks/outstanding/"))
        assert f"/checks/payments/{old.pk}/take-up/" in page
        assert "Check 981 is among the checks." in text_of(sent(browser, f"/checks/payments/{old.pk}/take-up/"))


class TestRegisterAndAges:
    def test_tell_the_balance_and_become_files(self, desk: Cast) -> None:
        numbered(desk)
        printed(desk, 12345)
        browser = browser_of(desk.auditor)
        page = text_of(browser.get("/checks/register/"))
        for said in ("1001", "Court Clerk", "($123.45)", "$876.55", "Brought forward"):
            assert said in page, said
        file = b"".join(browser.get("/checks/register/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert file.splitlines()[1].endswith("Printed,,123.45,-123.45,876.55," + str(Check.objects.get().entry_id))
        backwards = browser.get("/checks/register/?from_date=2026-03-02&to_date=2026-03-01")
        assert backwards.status_code == 422
        assert b"ends before it begins" in backwards.content

    def test_mark_what_the_bank_shows(self, desk: Cast) -> None:
        numbered(desk)
        first, second, browser = printed(desk, 1000), printed(desk, 2000), browser_of(desk.coordinator)
        path, day = f"/checks/accounts/{desk.account.pk}/clear/", first.check_date.isoformat()
        nothing = sent(browser, path, bank_date=day, reference="Statement of October")
        assert nothing.status_code == 409
        assert "No entry is chosen" in text_of(nothing)
        unread = sent(browser, path, entry=[first.entry_id], bank_date="", reference="")
        assert unread.status_code == 422
        assert f'id="entry-{first.entry_id}" aria-label="Check 1001 has cleared" checked' in text_of(unread)
        page = text_of(sent(browser, path, entry=[first.entry_id], bank_date=day, reference="Line 14"))
        assert "1 check cleared on" in page
        assert (f'id="entry-{first.entry_id}"' in page, f'id="entry-{second.entry_id}"' in page) == (False, True)
        assert "Cleared" in text_of(browser.get("/checks/register/"))
        check = text_of(browser.get(f"/checks/{first.pk}/"))
        assert "Line 14" in check
        assert "Stop payment" not in check
        entry = text_of(browser.get(f"/entries/{first.entry_id}/"))
        assert "Not at the bank…" in entry
        back = text_of(sent(browser, f"/entries/{first.entry_id}/not-cleared/", reason="Misread"))
        assert "is outstanding again." in back
        assert "Seen at the bank…" in back

    def test_are_marked_by_coordinators_alone(self, desk: Cast) -> None:
        numbered(desk)
        check = printed(desk)
        for person in (desk.auditor, desk.partner, desk.attorney):
            browser = browser_of(person)
            assert browser.post(f"/checks/accounts/{desk.account.pk}/clear/").status_code == 403
            assert browser.get(f"/entries/{check.entry_id}/cleared/").status_code == 403
        assert "Mark the ticked checks" not in text_of(browser_of(desk.auditor).get("/checks/outstanding/"))

    def test_are_marked_by_the_api(self, desk: Cast) -> None:
        numbered(desk)
        check, browser = printed(desk), browser_of(desk.coordinator)
        asked = {"entries": [check.entry_id], "bank_date": check.check_date.isoformat(), "reference": "Line 14"}

        def post(path: str, body: dict[str, Any]) -> Any:
            return browser.post(path, body, "application/json", headers={"Idempotency-Key": key()})

        answer = post("/api/v1/clearances", asked)
        assert (answer.status_code, answer.json()[0]["reference"]) == (201, "Line 14")
        refused = post("/api/v1/clearances", asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "cleared_already")
        assert browser.get(f"/api/v1/journal-entries/{check.entry_id}").json()["cleared_on"] == asked["bank_date"]
        (row,) = browser.get(f"/api/v1/reports/check-register?trust_account={desk.account.pk}").json()["results"]
        assert (row["state"], row["cleared_on"]) == ("cleared", asked["bank_date"])
        undone = post(f"/api/v1/journal-entries/{check.entry_id}/not-cleared", {"reason": "Misread"})
        assert (undone.status_code, undone.json()["cleared_on"]) == (200, None)
        listed = browser.get(f"/api/v1/clearances?entry={check.entry_id}").json()
        assert (listed["count"], listed["results"][0]["undo_reason"]) == (1, "Misread")
        assert browser.get("/api/v1/clearances?in_force=true").json()["count"] == 0

    def test_ask_the_same_however_long_they_are(self, desk: Cast) -> None:
        numbered(desk)
        browser = browser_of(desk.coordinator)
        for path in ("/checks/register/", "/checks/outstanding/?age=0", "/checks/numbers/"):
            browser.get(path)
            counts = []
            for _ in range(2):
                for _ in range(3):
                    printed(desk, 10)
                with CaptureQueriesContext(connection) as asked:
                    browser.get(path)
                counts.append(len(asked))
            assert counts[0] == counts[1] <= 30, path

    def test_refuse_what_cannot_be_read(self, desk: Cast) -> None:
        browser = browser_of(desk.coordinator)
        for path in ("register", "outstanding", "numbers"):
            assert browser.get(f"/checks/{path}/?account=x").status_code == 422
        assert browser.get("/checks/outstanding/?age=7").status_code == 422
        assert browser.get("/checks/register/?from_date=yesterday").status_code == 422
