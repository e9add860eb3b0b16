"""Every officers' page about reviews with 人事, and who may come there.

The one law: *a page and its row stand together*: whoever adds one here adds the other (web/site/access.py REVIEW).
"""

from typing import Final

from flask import Blueprint

from web.officer.review import campaigns

PAGES: Final[tuple[Blueprint, ...]] = tuple(each.pages for each in (campaigns,))
