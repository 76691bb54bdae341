"""A parameter that no operation knows is refused by name: a mistyped filter must not answer with the whole list."""

from typing import Any

from django.test import Client as Browser

from tests.access.world import World
from tests.api.test_schema import operations
from tests.firms.cast import browser_of

UNKNOWN = "There is no such parameter"


def listings() -> list[tuple[str, list[str]]]:
    """Return the address of every operation that takes parameters in its query string, and their names."""
    found = []
    for path, method, operation in operations():
        names = [said["name"] for said in operation.get("parameters", ()) if said["in"] == "query"]
        if method == "get" and names:
            found.append((path, names))
    return found


def answered(browsers: list[Browser], path: str, query: dict[str, str]) -> Any:
    """Return what the first of the people who may ask is told."""
    for browser in browsers:
        answer = browser.get(path, query)
        if answer.status_code != 403:
            return answer
    raise AssertionError(f"nobody may read {path}")


def test_every_listing_refuses_what_it_does_not_know_and_knows_what_its_document_names(world: World) -> None:
    browsers = [browser_of(world.people[name]) for name in ("second_coordinator", "supervisor", "partner", "auditor")]
    wrong = []
    for path, names in listings():
        address = path.format(**{**world.others, **world.open.numbers}, account_id=world.others["trust_account"])
        refused = answered(browsers, address, {"surely_unknown": "1"})
        if refused.status_code != 400 or UNKNOWN not in str(refused.json()["facts"].get("surely_unknown")):
            wrong.append(f"{path} takes what it does not know: {refused.status_code}")
        wrong += [
            f"{path} does not know {name}"
            for name in names
            if UNKNOWN in answered(browsers, address, {name: "1"}).content.decode(errors="replace")
        ]
    assert wrong == []
    assert len(listings()) > 15
