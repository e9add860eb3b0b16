"""The stock of tokens, and what becomes of one.

The one law: *one token, one place*: whoever looks here knows who holds each, and since when.
"""

from flask import Blueprint

pages = Blueprint("tokens", __name__)
