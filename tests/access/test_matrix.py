"""Every address by everybody: what the declared policy says is what happens, and nothing ever falls over."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.access.addresses import Address, addresses, each, numbers_of
from tests.access.world import World
from tests.firms.cast import browser_of

ROLES = ("coordinator", "attorney", "supervisor", "partner", "auditor", "administrator", "no_role")
# Policies that ask more than a capability: whoever does not see all matters gets no report over all of them.
JSON: dict[str, Any] = {"data": "{}", "content_type": "application/json", "headers": {"Idempotency-Key": "matrix"}}
STRICTER = {"trust_listing", "trial_balance", "receipts_journal", "disbursements_journal",
            "check_register", "outstanding_checks"}  # fmt: skip


def asked(browser: Client, address: Address, method: str, numbers: dict[str, Any]) -> Any:
    """Ask once and undo whatever it did."""
    undo = transaction.savepoint()
    try:
        sent = JSON if address.is_api and method != "get" else {}
        return getattr(browser, method)(address.path(numbers), **sent)
    finally:
        transaction.savepoint_rollback(undo)


PERSONAL = frozenset(
    {"approval_link", "approval", "client_link", "client_bill", "client_bill_pdf", "client_bill_answer"}
)


class TestEveryAddress:
    @pytest.mark.parametrize("role", ROLES)
    def test_does_what_its_policy_says(self, world: World, role: str) -> None:
        person, numbers = world.people[role], numbers_of(world, world.open)
        browser = browser_of(person)
        wrong = []
        for address, method in each(addresses()):
            answer = asked(browser, address, method, numbers)
            if answer.status_code == 405:
                continue
            refused = answer.status_code == 403
            stricter = str(address.pattern.name).removeprefix("api-").replace("-", "_") in STRICTER
            if answer.status_code >= 500 or (refused == address.allows(person, method) and not (refused and stricter)):
                wrong.append(f"{method} /{address.route}: {answer.status_code}")
        assert wrong == []

    @pytest.mark.parametrize("who", ["anonymous", "deactivated"])
    def test_asks_to_sign_in_first(self, world: World, who: str) -> None:
        browser = Client() if who == "anonymous" else browser_of(world.people["deactivated"])
        numbers, wrong = numbers_of(world, world.open), []
        for address, method in each(addresses()):
            answer = asked(browser, address, method, numbers)
            if address.pattern.name in PERSONAL:  # for nobody who did not bring the link's token (test_links)
                assert answer.status_code in {404, 405}
                continue
            to_sign_in = answer.headers.get("Location", "").startswith("/account/login/")
            if not (answer.status_code == 401 if address.is_api else to_sign_in or answer.status_code == 405):
                wrong.append(f"{method} /{address.route}: {answer.status_code}")
        assert wrong == []
