"""A vendor's file of token seeds, taken in.

The one law: *all of a file or nothing*: every row that is wrong is told by its line, and nothing was taken.
"""

from flask import Blueprint

pages = Blueprint("token_files", __name__)
