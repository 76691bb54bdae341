"""The word of the secret matter appears nowhere to those behind the wall: no page, list, picker, file or answer.

INV-15. Everything that answers a GET is asked: by its address, by every link on what it shows, with half the word typed
into its search, with the numbers of the secret matter as its filters, and as every kind of file.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pypdf import PdfReader

from tests.access.addresses import addresses, body_of, numbers_of
from tests.access.world import GUESS, SECRET, Side, World
from tests.firms.cast import browser_of

LINKS = re.compile(r'(?:href|action|data-url|hx-get|data-options-url)="(/[^"#]*)')
ELSEWHERE = ("/account/", "/static/", "/demonstration/", "/api/schema/")
MOST = 1200
ALIKE = 12  # of this many links to pages of one kind each is followed; the trail alone has hundreds of events
PAGED = re.compile(r"[?&](sort|page|before|after|from_date|on_date)=")


def text_of(answer: Any) -> str:
    """Return everything that can be read in an answer, whatever kind of file it is."""
    body, kind = body_of(answer), answer.headers.get("Content-Type", "")
    if "pdf" in kind:
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    if "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    return body.decode(errors="replace")


def asked_with(side: Side) -> list[str]:
    """Return what is asked of every list: half the word, and the numbers of a matter."""
    numbers = {name.removesuffix("_id"): number for name, number in side.numbers.items()}
    return [urlencode(dict.fromkeys(("q", "text"), GUESS)), urlencode(numbers)]


def starts(world: World) -> Iterator[str]:
    """Yield where the reading begins."""
    for address in addresses():
        yield address.path(numbers_of(world, world.open))
        if not address.parameters and "/new/" not in address.route:
            yield from (f"{address.path({})}?{asked}" for asked in asked_with(world.secret))


def kind_of(link: str) -> str:
    """Return what pages of one kind have in common: the address without its numbers, and the names of its filters."""
    path, _, query = link.partition("?")
    return re.sub(r"\d+", "0", path) + "?" + "&".join(sorted(re.findall(r"(\w+)=", query)))


def links_in(answer: Any, text: str) -> list[str]:
    """Return the addresses of ours that a page leads to; lists in another order lead nowhere new."""
    if "html" not in answer.headers.get("Content-Type", ""):
        return []
    found = [unescape(link) for link in LINKS.findall(text)]
    return [link for link in found if not link.startswith(ELSEWHERE) and not PAGED.search(link)]


def read_everything(browser: Client, world: World, *, follow: bool = True) -> Iterator[tuple[str, int, str]]:
    """Yield (address, status, text) of everything a person can read; without following links, of where one begins."""
    waiting = list(starts(world))
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = browser.get(address)
        text = text_of(answer)
        yield address, answer.status_code, text
        for link in links_in(answer, text) if follow else []:
            kinds[kind_of(link)] += 1
            waiting += [link] if kinds[kind_of(link)] <= ALIKE else []
    assert len(seen) < MOST, "the reading did not end"


class TestTheWord:
    @pytest.mark.parametrize("who", ["coordinator", "attorney", "walled_supervisor"])
    def test_is_read_nowhere_behind_the_wall(self, world: World, who: str) -> None:
        read = list(read_everything(browser_of(world.people[who]), world))
        assert [f"{address}: {status}" for address, status, text in read if SECRET in text] == []
        assert [address for address, status, _ in read if status >= 500] == []
        assert len([address for address, status, _ in read if status == 200]) > 30

    def test_is_read_in_many_places_on_this_side(self, world: World) -> None:
        read = list(read_everything(browser_of(world.people["second_coordinator"]), world, follow=False))
        places = {address.split("?")[0] for address, _, text in read if SECRET in text}
        assert {"/clients/", "/matters/", "/client-ledgers/", "/receipts/", "/holds/", "/disbursements/"} <= places
        assert {"/api/v1/receipts", "/api/v1/client-ledgers", "/api/v1/holds", "/reports/trust-listing/"} <= places
        assert len(places) > 20
