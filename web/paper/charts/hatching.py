"""Hatching: fills that differ without colour, on paper that was copied twice as on a screen.

The one law: *neighbours never look alike*: each next fill differs from the one before in direction or in darkness.
"""

from typing import Final

from markupsafe import Markup

INK: Final = "#1a1a1a"

_SOLID: Final = {0: "#8a8a8a", 1: "#ffffff", 5: INK}
"""Without a pattern: the seams between its tiles would show on paper."""

_LINES: Final = {
    2: f'<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="{INK}" stroke-width="1.4"/>',
    3: f'<circle cx="4" cy="4" r="1.5" fill="{INK}"/>',
    4: f'<path d="M0 2H8M0 6H8" stroke="{INK}" stroke-width="1"/>',
    6: f'<path d="M-2 6L2 10M0 0L8 8M6 -2L10 2" stroke="{INK}" stroke-width="0.9"/>',
    7: f'<path d="M4 0V8M0 4H8" stroke="{INK}" stroke-width="0.9"/>',
}

MOST: Final = len(_SOLID) + len(_LINES)
"""How many fills there are."""


def fill_of(chart: str, number: int) -> str:
    """The value of `fill` for the series `number` of a chart."""
    return _SOLID.get(number, f"url(#{chart}-{number})")


def patterns(chart: str, series: int) -> Markup:
    """The definitions that `fill_of` names, for so many series.

    Raises:
        ValueError: for more series than there are fills.
    """
    if series > MOST:
        raise ValueError(f"a chart has at most {MOST} series")
    head = '<pattern id="{}-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
    white = Markup('<rect width="8" height="8" fill="#fff"/>')
    made = [
        Markup(head).format(chart, number) + white + Markup(lines) + Markup("</pattern>")  # noqa: S704 - a constant
        for number, lines in _LINES.items()
        if number < series
    ]
    return Markup("<defs>") + Markup("").join(made) + Markup("</defs>")
