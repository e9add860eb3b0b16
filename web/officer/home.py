"""What waits for an officer: cases, held plans, letters that failed, enrolment that is overdue.

The one law: *an officer sees what they may do something about*; the auditor sees all and changes nothing.
"""

from flask import Blueprint, render_template

from web.officer.ways import office_ways

pages = Blueprint("office", __name__)


@pages.app_context_processor
def _ways() -> dict[str, object]:
    return {"office_ways": office_ways}


@pages.get("/office")
def page() -> str:
    """What waits."""
    return render_template("officer/home.html")
