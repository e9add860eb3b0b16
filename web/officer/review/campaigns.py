"""The campaigns: those that are held, what is due next, and whether the fiscal year has had one.

The one law: *once a fiscal year at the least* (OITA-S8.2.1.2c): the page says so until it is done.
"""

from flask import Blueprint, render_template

pages = Blueprint("review", __name__)


@pages.get("/office/review")
def page() -> str:
    """Every campaign, the newest first."""
    return render_template("officer/review/list.html")
