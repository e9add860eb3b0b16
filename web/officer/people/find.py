"""Finding a person: by number, name, reading or department.

The one law: *searching changes nothing and is a plain address* (GET): it can be gone back to and sent on.
"""

from flask import Blueprint

pages = Blueprint("people", __name__)
