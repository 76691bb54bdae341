"""I1, I3, I4, I7, I8, I9, I12 through the API and the pages: the same refusals, nothing of the books is written.

Rule: SPEC section 2 and section 4: a refusal is HTTP 409 with its code; an amount is never deleted or edited.
"""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from ledgers.holds import place_hold
from ledgers.models import JournalEntry
from ledgers.money import money
from ledgers.months import lock_month
from tests.cast import Cast, key, today
from tests.disbursements.requesting import ask
from tests.firms.cast import browser_of, code_of, give_second_factor
from tests.rules.attack import books, unchanged

pytestmark = pytest.mark.django_db
JANUARY = date(2026, 1, 1)


@pytest.fixture
def desk(cast: Cast) -> Cast:
    """Smith has 100.00, Doe 1,000.00; January is locked; the attorneys have their second factor."""
    for person in (cast.attorney, cast.other_attorney, cast.supervisor, cast.administrator):
        give_second_factor(person)
    cast.receive(cast.smith_matter, 10_000)
    cast.receive(cast.doe_matter, 100_000)
    lock_month(cast.account, JANUARY, cast.coordinator, cast.supervisor)
    return cast


def send(api: Client, path: str, said: dict[str, Any], given: str | None = None) -> tuple[int, str]:
    """Send a command to the API; assert that the books stay as they are; answer status and code."""
    with unchanged():
        answer = api.post(
            f"/api/v1/{path}", said, content_type="application/json", headers={"Idempotency-Key": given or key()}
        )
    return answer.status_code, answer.json().get("code", "")


def payment(desk: Cast, **changes: Any) -> dict[str, Any]:
    """A request for money out of Smith's ledger."""
    asked = {"ledger": desk.smith_ledger.pk, "payee": "Court Clerk", "amount": "50.00", "method": "check"}
    return asked | {"purpose": "Filing fee", "reference": "1001"} | changes


def receipt(desk: Cast, **changes: Any) -> dict[str, Any]:
    """Money received for Smith."""
    asked: dict[str, Any] = {"trust_account": desk.account.pk, "book_date": today().isoformat(), "method": "wire"}
    asked |= {"payer": "P", "reference": "r", "shares": [{"matter": desk.smith_matter.pk, "amount": "1.00"}]}
    return asked | {"is_no_repeat": True} | changes


class TestTheApi:
    """Asked by the people whose roles let them ask."""

    def test_asks_for_no_more_than_is_available(self, desk: Cast) -> None:
        api = browser_of(desk.coordinator)
        assert send(api, "disbursement-requests", payment(desk, amount="100.01")) == (409, "insufficient_funds")
        place_hold(desk.coordinator, desk.smith_ledger, "disputed", money(6_000), "The fee", disputed_by="Jane Smith")
        assert send(api, "disbursement-requests", payment(desk)) == (409, "insufficient_funds")

    @pytest.mark.parametrize("payee", ["Cash", "B e a r e r", "A.T.M."])
    def test_pays_nobody_in_cash(self, desk: Cast, payee: str) -> None:
        api = browser_of(desk.coordinator)
        assert send(api, "disbursement-requests", payment(desk, payee=payee)) == (409, "payee_is_cash")
        assert send(api, "disbursement-requests", payment(desk, method="cash"))[0] in {400, 409}

    def test_lets_nobody_but_the_approver_decide(self, desk: Cast) -> None:
        request = ask(desk, 5_000)
        for person in (desk.other_attorney, desk.supervisor):
            said = {"version": 1, "content_hash": request.content_hash, "code": code_of(person)}
            status, _ = send(browser_of(person), f"disbursement-requests/{request.pk}/approve", said)
            assert status in {403, 404, 409}
        assert send(browser_of(desk.coordinator), f"disbursement-requests/{request.pk}/approve", {})[0] in {400, 403}

    def test_approves_exactly_what_was_shown(self, desk: Cast) -> None:
        request = ask(desk, 5_000)
        said = {"version": 1, "content_hash": "0" * 64, "code": code_of(desk.attorney)}
        assert send(browser_of(desk.attorney), f"disbursement-requests/{request.pk}/approve", said)[0] == 409
        assert desk.smith_ledger.balance == money(10_000)

    def test_posts_nothing_into_a_locked_month(self, desk: Cast) -> None:
        api = browser_of(desk.coordinator)
        assert send(api, "receipts", receipt(desk, book_date="2026-01-20")) == (409, "month_locked")
        entry = JournalEntry.objects.earliest("id")
        said = {"book_date": "2026-01-20", "reason": "Wrong"}
        assert send(api, f"journal-entries/{entry.pk}/reverse", said)[0] == 409

    def test_takes_a_key_once(self, desk: Cast) -> None:
        api, one = browser_of(desk.coordinator), key()
        first = api.post(
            "/api/v1/receipts", receipt(desk), content_type="application/json", headers={"Idempotency-Key": one}
        )
        assert first.status_code == 201
        assert send(api, "receipts", receipt(desk), one)[0] in {200, 201}
        other = receipt(desk, shares=[{"matter": desk.smith_matter.pk, "amount": "2.00"}])
        assert send(api, "receipts", other, one) == (409, "key_reused")

    def test_lets_those_without_the_role_post_nothing(self, desk: Cast) -> None:
        for person in (desk.auditor, desk.administrator, desk.partner, desk.stranger):
            assert send(browser_of(person), "receipts", receipt(desk))[0] in {403, 404}
            assert send(browser_of(person), "disbursement-requests", payment(desk))[0] in {403, 404}


def api_paths() -> list[str]:
    """Return every path of the API, with the number 1 wherever one is asked."""
    found = []
    routes: Any = get_resolver().reverse_dict
    for pattern in routes.values():
        for path, names in pattern[0]:
            if path.startswith("api/v1/"):
                found.append("/" + path % dict.fromkeys(names, 1))
    return sorted(set(found))


def test_the_api_edits_and_deletes_nothing_of_the_journal(desk: Cast) -> None:
    api, before = browser_of(desk.coordinator), books()
    paths = [path for path in api_paths() if "journal-entries" in path or "receipts" in path or "ledgers" in path]
    assert len(paths) > 4
    for path in paths:
        for method in (api.put, api.patch, api.delete):
            assert method(path, {}, content_type="application/json").status_code in {403, 404, 405}
    assert books() == before


class TestPages:
    """The same refusals as a sentence beside what was typed."""

    def test_reverse_nothing_into_a_locked_month(self, desk: Cast) -> None:
        entry = JournalEntry.objects.earliest("id")
        browser = browser_of(desk.coordinator)
        with unchanged():
            answer = browser.post(
                reverse("entry_reverse", args=[entry.pk]), {"book_date": "2026-01-20", "reason": "Wrong", "key": key()}
            )
        assert answer.status_code != 302

    def test_record_no_receipt_into_a_locked_month(self, desk: Cast) -> None:
        said = {
            "trust_account": desk.account.pk,
            "book_date": "2026-01-20",
            "method": "wire",
            "payer": "P",
            "key": key(),
        }
        browser = browser_of(desk.coordinator)
        with unchanged():
            answer = browser.post(reverse("receipt_new"), said)
        assert answer.status_code != 302

    def test_are_closed_to_those_who_may_not_post(self, desk: Cast) -> None:
        entry = JournalEntry.objects.earliest("id")
        for browser in map(browser_of, (desk.auditor, desk.administrator, desk.stranger)):
            for name, args in (("receipt_new", []), ("entry_reverse", [entry.pk]), ("hold_new", [])):
                with unchanged():
                    assert browser.post(reverse(name, args=args), {}).status_code in {403, 404}
