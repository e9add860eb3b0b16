"""Enrolment by department, as a chart with its table, and whom to ask.

The one law: *the chart says nothing that the table does not*, and an owner sees their own units alone.
"""

from flask import Blueprint

pages = Blueprint("progress", __name__)
