"""Every officers' page about reviews with 人事, and who may come there.

The one law: *a page and its row stand together*: whoever adds one here adds the other (web/site/access.py REVIEW).
"""

from typing import Final

from flask import Blueprint

from web.officer.review import figures, one, since
from web.officer.review.closing import removals, signing
from web.officer.review.lines import answers
from web.officer.review.lines import one as line
from web.officer.review.people import attests
from web.officer.review.people import listing as people
from web.officer.review.sheets import handing_in, making
from web.officer.review.sheets import listing as sheets

PAGES: Final[tuple[Blueprint, ...]] = tuple(
    each.pages
    for each in (one, figures, since, line, answers, people, attests, signing, removals, sheets, making, handing_in)
)
