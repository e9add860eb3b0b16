"""Whoever is signed in, as the verbs for one's own things want them.

The one law: *the person is the session's*: no page takes a person from what was
sent, so nobody reaches anybody else's.
"""

from iam.signin.own.owner import Owner
from web.site.border.callers import where
from web.site.site import entrant, session, the_site


def owner() -> Owner:
    """The person of this request."""
    site = the_site()
    return Owner(site.store, site.door, session(), entrant(), where())
