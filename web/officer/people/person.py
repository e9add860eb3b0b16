"""A person as an officer sees them: standing, roles, factors, sessions, what happened at the door.

The one law: *no secret stands here*: what somebody holds and when it was used, never what it is.
"""

from flask import Blueprint

pages = Blueprint("person", __name__)
