"""Charts as SVG: bars, stacked bars, columns and histograms that read in black and white, and aloud.

The one law: *no colour carries meaning alone*: series differ by hatching, bars carry their numbers, and the chart says
in words (`title`, `desc`) what it shows.  Black on white whatever the page around it; no style attributes (a page's
policy refuses them), no scripts, no addresses.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from web.paper.charts.hatching import INK, MOST, fill_of, patterns

WIDTH: Final = 720
_TEXT: Final = 13
_SMALL: Final = 11
_ROW: Final = 28
_BAR: Final = 18
_GAP: Final = 8
_HEAD: Final = 42
_PLOT: Final = 220
_LONGEST_LABEL: Final = 250
_LEGEND_ROW: Final = 22
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one meaning, one for each label of the chart, none below zero."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows.  `id`: letters and digits, alone on its page.  `unit`: 件, 人 … behind the numbers.

    At most `hatching.MOST` series (`most_and_rest`).
    """

    id: str
    title: str
    desc: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = "件"


def most_and_rest(series: Sequence[Series], most: int = MOST, rest: str = "その他") -> list[Series]:
    """At most `most` series: the largest by their sums, in the order given, and one of all the others."""
    if len(series) <= most:
        return list(series)
    largest = sorted(range(len(series)), key=lambda place: -sum(series[place].values))[: most - 1]
    others = [each for place, each in enumerate(series) if place not in largest]
    sums = [sum(values) for values in zip(*(each.values for each in others), strict=True)]
    return [*(series[place] for place in sorted(largest)), Series(rest, sums)]


def bars(chart: Chart) -> Markup:
    """Horizontal bars, one for each label (the first series), number at the end."""
    return stacked(Chart(chart.id, chart.title, chart.desc, chart.labels, chart.series[:1], chart.unit))


def stacked(chart: Chart) -> Markup:
    """Horizontal bars of several series, stacked, with a legend and the sum at the end."""
    legend, legend_height = _legend(chart)
    left = min(max((_wide(each) for each in chart.labels), default=0), _LONGEST_LABEL) + _GAP
    most = max((sum(values) for values in _by_label(chart)), default=0)
    room = WIDTH - left - _wide(_number(chart, most)) - 2 * _GAP
    top = _HEAD + legend_height
    parts = [legend]
    for place, (label, values) in enumerate(zip(chart.labels, _by_label(chart), strict=True)):
        y = top + place * _ROW
        parts.append(_label(_fitted(label, left - _GAP), left - _GAP, y + _BAR - 4, "end"))
        x = float(left)
        for number, value in enumerate(values):
            wide = room * value / max(most, 1)
            parts.append(_box(chart, number, place, (x, y, wide, _BAR)))
            if len(values) > 1:
                parts.append(_inside(str(value), (x, y, wide, _BAR)))
            x += wide
        parts.append(_label(_number(chart, sum(values)), x + _GAP / 2, y + _BAR - 4))
    parts.append(_line(left, top - 4, left, top + len(chart.labels) * _ROW - 4))
    return _svg(chart, top + len(chart.labels) * _ROW + _GAP, parts)


def columns(chart: Chart) -> Markup:
    """Upright columns of several series, stacked, for spans of time, sum on top; legend above."""
    return _upright(chart, 0.62)


def histogram(chart: Chart) -> Markup:
    """Upright columns side by side without gaps (the first series), number on top."""
    return _upright(Chart(chart.id, chart.title, chart.desc, chart.labels, chart.series[:1], chart.unit), 1.0)


def _upright(chart: Chart, share: float) -> Markup:
    """`share` of a label's room that its column takes."""
    legend, legend_height = _legend(chart)
    most = max((sum(values) for values in _by_label(chart)), default=0)
    step, marks = _axis(most)
    left = _wide(f"{step * marks:,}") + _GAP
    room = (WIDTH - left - _GAP) / max(len(chart.labels), 1)
    top = _HEAD + legend_height + _LEGEND_ROW
    floor = top + _PLOT
    scale = _PLOT / max(step * marks, 1)
    parts = [legend, *_grid(step, marks, (left, floor, scale))]
    for place, (label, values) in enumerate(zip(chart.labels, _by_label(chart), strict=True)):
        x, y, wide = left + room * (place + (1 - share) / 2), float(floor), room * share
        for number, value in enumerate(values):
            y -= value * scale
            parts.append(_box(chart, number, place, (x, y, wide, value * scale)))
            if len(values) > 1:
                parts.append(_inside(str(value), (x, y, wide, value * scale)))
        parts.append(_label(f"{sum(values):,}", x + wide / 2, y - 5, "middle"))
        parts.append(_label(_fitted(label, room), x + wide / 2, floor + _TEXT + 5, "middle"))
    parts.append(_line(left, floor, WIDTH - _GAP, floor))
    return _svg(chart, floor + _TEXT + 2 * _GAP, parts)


def _by_label(chart: Chart) -> list[tuple[int, ...]]:
    return list(zip(*(each.values for each in chart.series), strict=True))


def _axis(most: int) -> tuple[int, int]:
    """A round step and how many of them hold `most`; at most six."""
    power = 1
    while True:
        for digit in _STEPS:
            step = digit * power
            if step * 6 >= most:
                return step, max(-(-most // step), 1)
        power *= 10


def _grid(step: int, marks: int, place: tuple[float, float, float]) -> Iterator[Markup]:
    left, floor, scale = place
    for mark in range(marks + 1):
        y = floor - mark * step * scale
        if mark:
            yield _line(left, y, WIDTH - _GAP, y, faint=True)
        yield _label(f"{mark * step:,}", left - _GAP / 2, y + 4, "end", _SMALL)


def _legend(chart: Chart) -> tuple[Markup, float]:
    """The meaning of each hatching, in as many lines as needed, and their height; nothing for one series."""
    if len(chart.series) == 1:
        return Markup(""), 0
    parts, x, y = [], 0.0, float(_HEAD)
    for number, each in enumerate(chart.series):
        wide = 24 + _wide(each.name) + 18
        if x and x + wide > WIDTH:
            x, y = 0.0, y + _LEGEND_ROW
        parts.append(_rect(chart, number, (x, y - 12, 18, 14), ""))
        parts.append(_label(each.name, x + 24, y))
        x += wide
    return Markup("").join(parts), y - _HEAD + _LEGEND_ROW


def _box(chart: Chart, number: int, place: int, area: tuple[float, float, float, float]) -> Markup:
    """One value as a hatched box, which says itself when it is pointed at."""
    value = chart.series[number].values[place]
    if not value:
        return Markup("")
    name = f" {chart.series[number].name}" if len(chart.series) > 1 else ""
    return _rect(chart, number, area, f"{chart.labels[place]}{name} {_number(chart, value)}")


def _rect(chart: Chart, number: int, area: tuple[float, float, float, float], words: str) -> Markup:
    x, y, wide, high = (f"{each:.1f}" for each in area)
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}" stroke-width="1">{}</rect>').format(
        x, y, wide, high, fill_of(chart.id, number), INK, Markup("<title>{}</title>").format(words)
    )


def _inside(text: str, area: tuple[float, float, float, float]) -> Markup:
    """A number within its box, on white; nothing where it has no room (it stands in `desc`)."""
    x, y, wide, high = area
    needs = _wide(text, _SMALL) + 6
    if text == "0" or wide < needs + 2 or high < _SMALL + 3:
        return Markup("")
    middle, base = x + wide / 2, y + high / 2
    back = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" fill="#fff"/>')
    return back.format(middle - needs / 2, base - 7, needs, 14) + _label(text, middle, base + 4, "middle", _SMALL)


def _label(text: str, x: float, y: float, anchor: str = "start", size: int = _TEXT) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" font-size="{}" text-anchor="{}" fill="{}">{}</text>').format(
        x, y, size, anchor, INK, text
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, faint: bool = False) -> Markup:
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{}"/>').format(
        x1, y1, x2, y2, "#bbb" if faint else INK, 0.6 if faint else 1.2
    )


def _svg(chart: Chart, height: float, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="{0}-title {0}-desc" '
        'viewBox="0 0 {1} {2:.0f}" width="{1}" height="{2:.0f}" '
        'font-family="Noto Sans CJK JP, Noto Sans JP, sans-serif">'
        '<title id="{0}-title">{3}</title><desc id="{0}-desc">{4}</desc>'
        '<rect x="0" y="0" width="{1}" height="{2:.0f}" fill="#fff"/>'
    ).format(chart.id, WIDTH, height, chart.title, _read_aloud(chart))
    title = Markup('<text x="0" y="16" font-size="15" font-weight="bold" fill="{}">{}</text>').format(INK, chart.title)
    return head + patterns(chart.id, len(chart.series)) + title + Markup("").join(parts) + Markup("</svg>")


def _read_aloud(chart: Chart) -> str:
    """Everything that the chart shows, in words."""
    one = len(chart.series) == 1
    said: list[str] = []
    for place, label in enumerate(chart.labels):
        values = ((each.name, each.values[place]) for each in chart.series)
        shown = (_number(chart, value) if one else f"{name}{_number(chart, value)}" for name, value in values)
        said.append(f"{label}は{'、'.join(shown)}")
    return f"{chart.desc} {'。'.join(said)}。" if said else chart.desc


def _number(chart: Chart, value: int) -> str:
    return f"{value:,}{chart.unit}"


def _wide(text: str, size: int = _TEXT) -> float:
    """How wide `text` is about to be, in the units of the chart."""
    return sum(size if unicodedata.east_asian_width(each) in "WFA" else size * 0.58 for each in text)


def _fitted(text: str, room: float) -> str:
    """`text`, or its beginning and … where it does not fit."""
    if _wide(text) <= room:
        return text
    kept = text
    while kept and _wide(kept) + _TEXT > room:
        kept = kept[:-1]
    return kept + "…"
