"""Charts as SVG: bars, stacked bars and histograms that read in black and white, and aloud.

The one law: *no colour carries meaning alone*: series differ by hatching, every bar has its number, and the chart says
in words (`title`, `desc`) what it shows.  No style attributes (a page's policy refuses them), no scripts, no addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one meaning, one for each label of the chart, none below zero."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows.  `id`: letters and digits, alone on its page.  `unit`: 件, 日 … behind the numbers."""

    id: str
    title: str
    desc: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = "件"


def bars(chart: Chart) -> Markup:
    """Horizontal bars, one for each label (the first series), number at the end."""
    raise NotImplementedError


def stacked(chart: Chart) -> Markup:
    """Horizontal bars of several series, stacked, with a legend and the sum at the end."""
    raise NotImplementedError


def columns(chart: Chart) -> Markup:
    """Upright columns of several series, stacked, for spans of time; legend below."""
    raise NotImplementedError


def histogram(chart: Chart) -> Markup:
    """Upright columns side by side without gaps (the first series)."""
    raise NotImplementedError
