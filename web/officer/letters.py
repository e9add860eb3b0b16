"""Letters that did not leave the house, for whoever runs it.

The one law: *nothing of a letter but whom, what about and why not*: its words are its reader's alone.
"""

from flask import Blueprint

pages = Blueprint("letters", __name__)
