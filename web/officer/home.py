"""What waits for an officer: cases, held plans, letters that failed, enrolment that is overdue.

The one law: *an officer sees what they may do something about*; the auditor sees all and changes nothing.
"""

from flask import Blueprint

pages = Blueprint("office", __name__)
