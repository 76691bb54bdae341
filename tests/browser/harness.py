"""What a clean page is: no accessibility violation, an empty console, nothing to push sideways on a telephone."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "iframes": False,  # axe is not in the frame of a letter, and asking it there is a warning on the console
    "preload": False,  # of sounds and films, which no page has: it would fetch every style sheet anew
}
SHOTS = Path("shots")
PUSHED = """[...document.querySelectorAll(".table-responsive:not([data-any-width])")]
  .filter(box => box.scrollWidth > box.clientWidth).length"""
_console: dict[Page, list[str]] = {}


def listen(page: Page) -> None:
    """Collect everything the page says on its console, errors of scripts included."""
    lines: list[str] = []
    _console[page] = lines
    page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: lines.append(f"error: {error}"))


def console(page: Page) -> list[str]:
    """Return what the page has said on its console so far."""
    return _console[page]


def violations(page: Page) -> list[str]:
    """Return what axe finds against WCAG 2.2 AA: rule, what is wrong, where."""
    if page.evaluate("typeof axe") == "undefined":  # half a megabyte of script: once for each page, not for each width
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(document, options).then(results => results.violations)", WCAG)
    return [f"{v['id']}: {v['help']}: {[node['target'] for node in v['nodes']][:5]}" for v in found]


def shoot(page: Page, name: str) -> None:
    """Save a picture of the whole page into ./shots when SHOTS=1."""
    if os.environ.get("SHOTS") == "1":
        SHOTS.mkdir(exist_ok=True)
        width = page.evaluate("window.innerWidth")
        path = SHOTS / f"{name}-{width}.png"
        page.screenshot(path=path, full_page=True, caret="initial")  # hiding it sets a style: CSP reports that


def follow(link: Locator) -> None:
    """Click what leads to another page and wait for that page: a click alone returns while it is on its way."""
    with link.page.expect_navigation():
        link.click()


def assert_clean(page: Page, name: str, *, status: int = 200) -> None:
    """Hold that the page, as it stands, is clean at 1440 and at 390 px; `status` is what the page was answered with."""
    page.wait_for_load_state()
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a dict of width and height
        page.evaluate("document.fonts.ready.then(() => true)")
        shoot(page, name)
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0, f"{name}: {too_wide} px wider than {size['width']}"
        assert page.evaluate(PUSHED) == 0, f"{name}: a table is wider than its box at {size['width']}"
        assert violations(page) == [], f"{name} at {size['width']}"
    expected = f"the server responded with a status of {status} "
    said = [line for line in console(page) if status == 200 or expected not in line]
    assert said == [], f"{name}: the console is not empty: {said}"
