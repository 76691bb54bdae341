"""The MICR line at the foot of a check: E-13B proportions, glyphs of our own, as one SVG path.

Each glyph lies on a grid of 7 by 9 modules of 0.013 inch: 0.091 wide, 0.117 high. Eight characters stand in an inch;
position 1 ends 5/16 inch from the right edge of the check. The characters stand in the middle of the band of a quarter
inch that begins 3/16 inch above the lower edge. Lengths are thousandths of an inch.
"""

from collections.abc import Iterator

TRANSIT, ON_US, AMOUNT, DASH = "t", "u", "a", "d"
MODULE, PITCH, WIDE, HIGH = 13, 125, 7, 9
CHECK_WIDTH, BAND_HEIGHT, FROM_RIGHT, FROM_FOOT = 8500, 625, 312, 254
LAST_POSITION = 65

GLYPHS = {
    "0": "####### #.....# #.....# #.....# #.....# #.....# #.....# #.....# #######",
    "1": "..###.. ....#.. ....#.. ....#.. ....#.. ....#.. ..##### ..##### ..#####",
    "2": "..##### ......# ......# ......# ..##### ..#.... ..#.... ..#.... ..#####",
    "3": ".#####. .....#. .....#. .....#. .###### .....## .....## .....## .######",
    "4": ".##.... .##.... .##.... .##.... .##..## .##..## .###### .....## .....##",
    "5": "..##### ..#.... ..#.... ..#.... ..##### ......# ......# ......# ..#####",
    "6": "####... #..#... #...... #...... ####### #.....# #.....# #.....# #######",
    "7": ".###### .##..## .##..## .....## ...#### ...#... ...#... ...#... ...#...",
    "8": ".#####. .#...#. .#...#. .#...#. ####### ##...## ##...## ##...## #######",
    "9": "####### #.....# #.....# #.....# ####### .....## .....## .....## .....##",
    TRANSIT: "##..### ##..### ##..### ##..... ##..... ##..... ##..### ##..### ##..###",
    AMOUNT: "...#.## ...#.## ...#.## ...#... ...#... ...#... ##.#... ##.#... ##.#...",
    ON_US: "#.#.... #.#.... #.#.... #.#.### #.#.### #.#.### #.#.... #.#.... #.#....",
    DASH: "....... ....... ....... ##.#.## ##.#.## ##.#.## ....... ....... .......",
}
Point = tuple[int, int]


def _edges(glyph: str) -> dict[Point, list[Point]]:
    """Return the outline of a glyph as edges by where they begin, the filled side always at the right."""
    rows = GLYPHS[glyph].split()
    filled = {(x, y) for y, row in enumerate(rows) for x, sign in enumerate(row) if sign == "#"}
    found: dict[Point, list[Point]] = {}
    for x, y in filled:
        around = (
            ((x, y - 1), (x, y), (x + 1, y)),
            ((x + 1, y), (x + 1, y), (x + 1, y + 1)),
            ((x, y + 1), (x + 1, y + 1), (x, y + 1)),
            ((x - 1, y), (x, y + 1), (x, y)),
        )
        for beyond, begin, end in around:
            if beyond not in filled:
                found.setdefault(begin, []).append(end)
    return found


def outlines(glyph: str) -> Iterator[list[Point]]:
    """Yield the closed outlines of a glyph, in modules from its upper left corner."""
    edges = _edges(glyph)
    while edges:
        start = here = min(edges)
        loop: list[Point] = []
        while not loop or here != start:
            loop.append(here)
            following = edges[here].pop()
            if not edges[here]:
                del edges[here]
            here = following
        yield loop


def glyph_path(glyph: str, left: int, top: int) -> str:
    """Return the path of a glyph whose upper left corner lies there."""
    parts = []
    for loop in outlines(glyph):
        points = [f"{left + x * MODULE} {top + y * MODULE}" for x, y in loop]
        parts.append(f"M{'L'.join(points)}Z")
    return "".join(parts)


def placed(number: int, routing_number: str, account_number: str) -> dict[int, str]:
    """Return the characters of a line by position, counted from the right edge.

    The routing number stands between transit symbols at 43 and 33; the account number from 31 to the right, closed by
    an on-us symbol; the check number between on-us symbols, ending at 46.
    """
    field = f"{TRANSIT}{routing_number}{TRANSIT}"
    line = {43 - place: sign for place, sign in enumerate(field)}
    line |= {31 - place: sign for place, sign in enumerate(f"{account_number}{ON_US}")}
    serial = f"{ON_US}{number:06}{ON_US}"
    line |= {45 + place: sign for place, sign in enumerate(reversed(serial))}
    assert max(line) <= LAST_POSITION
    assert min(line) >= 13, "the amount field is the bank's"
    return line


def micr_path(number: int, routing_number: str, account_number: str) -> str:
    """Return the whole line as one path, in a band of 8.5 by 0.625 inches at the foot of the check."""
    top = BAND_HEIGHT - FROM_FOOT - HIGH * MODULE
    return "".join(
        glyph_path(sign, CHECK_WIDTH - FROM_RIGHT - (place - 1) * PITCH - WIDE * MODULE, top)
        for place, sign in sorted(placed(number, routing_number, account_number).items())
    )
