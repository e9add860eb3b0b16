"""Workbooks that come back filled in: read within bounds, nothing computed."""

from connectors.returned.reading import LARGEST, read_book

__all__ = ["LARGEST", "read_book"]
