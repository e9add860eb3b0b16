"""Long lists, page by page.

The one law: *a page is an address* (?page=3), kept with the question that was
asked, so that a list can be gone back to.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import request

SIZE: Final = 30
_FURTHEST: Final = 100_000


@dataclass(frozen=True)
class Pager:
    """Where one is in a list of `total`; pages count from 1."""

    page: int
    total: int
    size: int = SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def skip(self) -> int:
        """How many stand before this page."""
        return (self.page - 1) * self.size

    @property
    def first(self) -> int:
        """The number of the first on this page, 0 on an empty list."""
        return min(self.skip + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last on this page."""
        return min(self.skip + self.size, self.total)

    def href(self, page: int) -> str:
        """The address of another page of the same list."""
        # Not by url_for: what somebody put into the question must not become its `_scheme`.
        asked = [(name, text) for name, text in request.args.items(multi=True) if name != "page" and text]
        return f"{request.path}?{urlencode([*asked, ('page', str(page))])}"


def wanted_page() -> int:
    """The page that was asked for."""
    return min(max(request.args.get("page", 1, type=int), 1), _FURTHEST)


def pager(total: int, size: int = SIZE) -> Pager:
    """The page that was asked for, or the last one there is."""
    found = Pager(1, total, size)
    return Pager(min(wanted_page(), found.pages), total, size)
