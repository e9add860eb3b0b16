"""Every page for officers.

The one law: *the list is complete*: a page that does not stand here is not
served, and one that does has its row in the table of access.
"""

from typing import Final

from flask import Blueprint

from web.officer import home, letters
from web.officer.people import acts, find, person
from web.officer.progress import page as progress
from web.officer.tokens import moves, stock, taking_in

PAGES: Final[tuple[Blueprint, ...]] = tuple(
    each.pages
    for each in (
        home, letters,
        find, person, acts,
        stock, moves, taking_in,
        progress,
    )
)  # fmt: skip
