"""An object behind a wall, or of somebody else's matter, does not exist: the very answer of what never was."""

import itertools

import pytest

from tests.access.addresses import addresses, comparable, each, numbers_missing, numbers_of
from tests.access.test_matrix import asked
from tests.access.world import MISSING, World
from tests.firms.cast import browser_of

BEHIND = ("coordinator", "attorney", "walled_supervisor", "foreign_attorney")
PROPOSALS = ("proposal_0", "proposal_1", "proposal_2", "proposal_3")


class TestWhatIsBehindTheWall:
    @pytest.mark.parametrize("who", BEHIND)
    def test_answers_as_what_never_was(self, world: World, who: str) -> None:
        person, found, wrong = world.people[who], [a for a in addresses() if a.is_of_a_matter], []
        browser = browser_of(person)
        there, missing = numbers_of(world, world.secret), numbers_missing(world)
        for address, method in each(found):
            answer = comparable(asked(browser, address, method, there))
            nothing = comparable(asked(browser, address, method, missing))
            may_be = {400, 404, 405} if address.allows(person, method) else {403, 405}
            if answer != nothing or answer[0] not in may_be:
                wrong.append(f"{method} /{address.route}: {answer[0]}, of what is missing {nothing[0]}")
        assert wrong == []

    def test_includes_every_kind_of_proposal(self, world: World) -> None:
        for who, kind in itertools.product(BEHIND, PROPOSALS):
            browser, number = browser_of(world.people[who]), world.secret.numbers[kind]
            for step in ("", "confirm/"):
                ask = browser.post if step else browser.get
                assert comparable(ask(f"/proposals/{number}/{step}")) == comparable(ask(f"/proposals/{MISSING}/{step}"))


class TestWhatIsOnThisSide:
    @pytest.mark.parametrize("who", ["coordinator", "supervisor", "partner", "auditor"])
    def test_is_there_for_whoever_sees_all(self, world: World, who: str) -> None:
        browser, numbers = browser_of(world.people[who]), numbers_of(world, world.open)
        for address in addresses():
            is_shared = address.is_of_a_matter and not {"proposal_id", "link_id", "bill_id"} & set(address.parameters)
            if is_shared and address.allows(world.people[who], "get"):
                assert asked(browser, address, "get", numbers).status_code in {200, 405}, address.route

    def test_is_there_for_its_own_attorney_alone(self, world: World) -> None:
        numbers = world.open.numbers
        for route in (f"matters/{numbers['matter_id']}/", f"client-ledgers/{numbers['ledger_id']}/"):
            assert browser_of(world.people["attorney"]).get(f"/{route}").status_code == 200
            assert browser_of(world.people["foreign_attorney"]).get(f"/{route}").status_code == 404
