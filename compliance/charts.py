"""Drawings of figures, as numbers for a template of SVG: no script, and they print."""

from dataclasses import dataclass

from compliance.queries import Day

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 700, 220, 30, 26, 10


@dataclass(frozen=True)
class Bar:
    """One bar."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Group:
    """The two bars of a day and where its name stands."""

    day: Day
    opened: Bar
    closed: Bar
    middle: float
    is_named: bool


@dataclass(frozen=True)
class Chart:
    """Two bars for each day, lines for round counts."""

    groups: tuple[Group, ...]
    lines: tuple[tuple[int, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    name_y: int = HEIGHT - 8


def chart_of(days: list[Day]) -> Chart:
    """Return the drawing of what opened and closed on these days."""
    most = max([1, *(max(day.opened, day.closed) for day in days)])
    step = max(1, -(-most // 4))
    top = step * -(-most // step)
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    slot = (WIDTH - LEFT) / max(1, len(days))
    thick = slot * 0.32

    def bar(place: int, count: int, side: float) -> Bar:
        tall = room * count / top
        return Bar(
            round(LEFT + slot * place + slot / 2 + side, 1), round(floor - tall, 1), round(thick, 1), round(tall, 1)
        )

    groups = tuple(
        Group(day, bar(n, day.opened, -thick - 1), bar(n, day.closed, 1), round(LEFT + slot * (n + 0.5), 1), n % 2 == 1)
        for n, day in enumerate(days)
    )
    lines = tuple((count, round(floor - room * count / top, 1)) for count in range(0, top + 1, step))
    return Chart(groups, lines)
