"""Every page for officers.

The one law: *the list is complete*: a page that does not stand here is not
served, and one that does has its row in the table of access.
"""

from typing import Final

from flask import Blueprint

from web.officer import home, letters
from web.officer.cases import deciding
from web.officer.cases import listing as cases
from web.officer.clients import asking as client_asks
from web.officer.clients import listing as clients
from web.officer.configuration import asking as configuration_asks
from web.officer.configuration import listing as configuration
from web.officer.decide import asking as decide
from web.officer.decide import listing as decisions
from web.officer.kept import deeds as kept_deeds
from web.officer.kept import listing as kept
from web.officer.people import acts, find, person
from web.officer.permissions import asking as permission_asks
from web.officer.permissions import listing as permissions
from web.officer.plans import listing as plans
from web.officer.plans import release
from web.officer.privilege import pages as privilege
from web.officer.progress import page as progress
from web.officer.returns import listing as returns
from web.officer.review import pages as review
from web.officer.roles import asking
from web.officer.roles import listing as roles
from web.officer.suspensions import deeds as suspending
from web.officer.suspensions import listing as suspensions
from web.officer.terminals import listing as terminals
from web.officer.terminals import moves as terminal_moves
from web.officer.terminals import taking_in as terminal_files
from web.officer.terminals import writing as terminal_books
from web.officer.tokens import moves, stock, taking_in

PAGES: Final[tuple[Blueprint, ...]] = tuple(
    each.pages
    for each in (
        home, letters,
        find, person, acts,
        suspensions, suspending,
        kept, kept_deeds,
        stock, moves, taking_in,
        progress,
        cases, deciding,
        plans, release,
        roles, asking,
        returns,
        decide, decisions,
        clients, client_asks,
        terminals, terminal_books, terminal_moves, terminal_files,
        permissions, permission_asks,
        configuration, configuration_asks,
    )
) + privilege.PAGES + review.PAGES  # fmt: skip
