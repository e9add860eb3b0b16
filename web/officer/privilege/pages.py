"""Every officers' page about privileged IDs, and who may come there.

The one law: *a page and its row stand together*: whoever adds one here adds the other.
"""

from typing import Final

from flask import Blueprint

from web.officer.privilege import overview
from web.officer.privilege.delegations import deeds as delegation_deeds
from web.officer.privilege.delegations import listing as delegations
from web.officer.privilege.delegations import nominating
from web.officer.privilege.findings import listing as findings
from web.officer.privilege.findings import taking_in as sighting_files
from web.officer.privilege.register import asking as register_asks
from web.officer.privilege.register import listing as register
from web.officer.privilege.waivers import asking as waiver_asks
from web.officer.privilege.waivers import listing as waivers
from web.officer.privilege.watch import calendar
from web.officer.privilege.watch import deeds as use_deeds
from web.officer.privilege.watch import listing as uses

PAGES: Final[tuple[Blueprint, ...]] = tuple(
    each.pages
    for each in (
        overview,
        register, register_asks,
        delegations, nominating, delegation_deeds,
        uses, use_deeds, calendar,
        findings, sighting_files,
        waivers, waiver_asks,
    )
)  # fmt: skip
