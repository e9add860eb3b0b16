"""Charts as SVG, for pages and for paper: what they show, and how they are drawn."""

from web.paper.charts.drawing import Chart, Series, bars, columns, histogram, most_and_rest, stacked

__all__ = ["Chart", "Series", "bars", "columns", "histogram", "most_and_rest", "stacked"]
