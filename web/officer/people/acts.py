"""What an officer does for somebody at the desk.

The one law: *never on oneself* (design law 4), after proving oneself anew, with what will happen said first.
"""

from flask import Blueprint

pages = Blueprint("person_acts", __name__)
