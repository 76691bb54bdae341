"""The lists of a firm in which 10,000 requests wait: few questions, and the first page."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from disbursements.queries import decidable_by, decides_on, visible_to
from disbursements.requests import request_money
from disbursements.waiting import COUNTED, waiting_count
from firms.models import Role
from ledgers.models import Matter
from ledgers.parties import raise_wall
from tests.cast import Cast, hire, key
from tests.disbursements.crowded import crowd_of_requests
from tests.disbursements.requesting import spending
from tests.firms.cast import browser_of

MOST = 12
PAGES = {"attorney": ("/waiting/", "/disbursements/"), "coordinator": ("/disbursements/", "/waiting/")}


@pytest.mark.django_db(transaction=True)
def test_inbox_and_list_of_ten_thousand_requests_ask_at_most_twelve_questions(
    desk: Cast, owner: "psycopg.Connection[Any]"
) -> None:
    crowd_of_requests(desk, owner)
    for who, pages in PAGES.items():
        browser = browser_of(getattr(desk, who))
        browser.get("/")  # the session is new once
        for path in pages:
            with CaptureQueriesContext(connection) as asked:
                page = browser.get(path).content.decode()
            assert len(asked) <= MOST, (who, path, [one["sql"] for one in asked])
            assert page.count("Court Clerk") == (0 if (who, path) == ("coordinator", "/waiting/") else 50)
    assert decidable_by(desk.attorney).count() == 10_001
    assert waiting_count(desk.attorney) == COUNTED
    assert "99+<span" in browser_of(desk.attorney).get("/", follow=True).content.decode()


@pytest.mark.django_db
def test_what_waits_for_somebody_is_what_the_database_lets_them_decide(desk: Cast) -> None:
    """Own, asked for by oneself, of another attorney, and behind a wall."""
    both = hire("Both Hats", Role.ATTORNEY, Role.COORDINATOR)
    desk.receive(desk.doe_matter, 100000)
    of_doe = Matter.objects.filter(pk=desk.doe_matter.pk)
    of_doe.update(responsible_attorney=both, billing_attorney=desk.attorney)
    asked = ((desk.coordinator, desk.smith_ledger), (both, desk.smith_ledger), (both, desk.doe_ledger))
    for cents, (person, ledger) in enumerate([*asked, (desk.coordinator, desk.doe_ledger)], start=100):
        request_money(person, key(), spending(ledger, cents))
    people = (desk.attorney, desk.other_attorney, both, desk.partner, desk.coordinator)
    for person in people:
        expected = [one for one in visible_to(person).order_by("pk") if decides_on(person, one)]
        assert list(decidable_by(person)) == expected, person
    assert [decidable_by(person).count() for person in people] == [3, 0, 1, 0, 0]
    raise_wall(desk.smith_matter, desk.attorney, desk.partner, "Conflict")
    assert decidable_by(desk.attorney).count() == 1
