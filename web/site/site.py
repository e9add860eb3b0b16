"""What every page may ask for: the site it stands in, and who is asking.

The one law: *a page reads the clock, the session and the caller here*, once a
request, so that no two parts of one answer disagree about them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from flask import current_app, g

from iam.access.wanted import Rules
from iam.record.store import Store
from iam.settings import Portal
from iam.signin.door import Door, Entrant
from iam.signin.sessions import Session
from web.body.deployment import Deployment
from web.body.job import rules_of, unit_on
from web.site.face.assets import Assets

EXTENSION: Final = "kagimori"


@dataclass(frozen=True)
class Site:
    """One body's portal.  The clock is the store's."""

    store: Store
    door: Door
    deployment: Deployment
    portal: Portal
    assets: Assets = field(default_factory=Assets.found)

    @cached_property
    def rules(self) -> Rules:
        """What is wanted for whom, as the night reads it."""
        return rules_of(self.deployment, unit_on(self.deployment.organisation))

    @property
    def body_name(self) -> str:
        """The body, as it stands in the header of every page."""
        return self.deployment.settings.body.name


def the_site() -> Site:
    """The site of the request that is being answered."""
    found = current_app.extensions[EXTENSION]
    if not isinstance(found, Site):
        raise TypeError("this application was not made by create_app")
    return found


def at() -> datetime:
    """When this request is being answered, in UTC; one reading a request."""
    if "at" not in g:
        g.at = the_site().store.clock()
    found: datetime = g.at
    return found


def session() -> Session:
    """The session of whoever is signed in.

    Raises:
        TypeError: on a page that is open to everybody; its row in the table of access is then wrong.
    """
    found = g.get("session")
    if not isinstance(found, Session):
        raise TypeError("nobody is signed in here")
    return found


def entrant() -> Entrant:
    """Who is signed in.

    Raises:
        TypeError: as `session`.
    """
    found = g.get("entrant")
    if not isinstance(found, Entrant):
        raise TypeError("nobody is signed in here")
    return found


def signed_in() -> Entrant | None:
    """Who is signed in, if anybody."""
    found = g.get("entrant")
    return found if isinstance(found, Entrant) else None
