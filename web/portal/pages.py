"""Every page of the staff portal.

The one law: *the list is complete*: a page that does not stand here is not
served, and one that does has its row in the table of access.
"""

from typing import Final

from flask import Blueprint

from web.portal.entrance import card, factor, key, leave, login, prove
from web.portal.factors import app, codes, enrol, mine, newcard, newkey
from web.portal.own import access, activity, home, password, sheet
from web.portal.privilege import asking, console, use, witnessing
from web.portal.privilege import mine as privileged
from web.portal.privilege.after import records, returning

PAGES: Final[tuple[Blueprint, ...]] = tuple(
    each.pages
    for each in (
        login, factor, key, card, prove, leave,
        home, password, access, activity, sheet,
        mine, enrol, app, newkey, newcard, codes,
        privileged, asking, use, witnessing, records, returning, console,
    )
)  # fmt: skip
