"""Everything of OpenID Connect that the site serves, and who may come there.

The one law: *the list is complete*: what does not stand here is not served.
"""

from typing import Final

from flask import Blueprint, Flask

from iam.signin.tokens.signing import Signer
from web.doors.oidc import grants
from web.doors.oidc.browser import authorize, leaving
from web.doors.oidc.program import tokens, told
from web.doors.oidc.server import Server, keep
from web.site.site import Site

PAGES: Final[tuple[Blueprint, ...]] = (authorize.pages, leaving.pages, tokens.pages, told.pages)


def register(app: Flask, site: Site) -> None:
    """Give the pages what answers them."""
    made = Server(Signer(site.store))
    grants.register(made)
    tokens.register(made)
    keep(made, app.extensions)
