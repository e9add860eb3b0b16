"""The configuration in force, what is proposed, and what one person changed in an emergency.

The one law: *whoever oversees sees where it stands*: what differs is named, and so is whoever may put it right.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from iam.office.changes import permits, proposing
from iam.office.changes.configuration import (
    Configuration,
    Judged,
    Standing,
    configuration_of,
    configurations,
    judge,
)
from iam.signin.door import Remembered
from web.officer.configuration.words import parts_of, state_of
from web.site.site import at, the_site

pages = Blueprint("configuration", __name__)

_SHOWN: Final = 30


@dataclass(frozen=True)
class Listed:
    """A row with its state in words."""

    found: Configuration
    word: str
    tone: str


class _Standings(Remembered[Judged]):
    """How the running configuration stands, for the banner: asked once in half a minute."""


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"configuration_standing": standing, "Standing": Standing}


def standing() -> Judged | None:
    """How this portal's own configuration stands; None at a door that was told none.  Remembered for half a minute."""
    site = the_site()
    if site.door.running is None:
        return None
    memory = site.door.memory(_Standings)
    known = memory.get("running", "", at())
    if known is None:
        with site.store.read() as connection:
            known = judge(connection, site.door.keys, site.door.running, at())
        memory.put("running", "", at(), known)
    return known


@pages.get("/office/configuration")
def page() -> str:
    """Where it stands."""
    site = the_site()
    with site.store.read() as connection:
        running = site.door.running
        judged = judge(connection, site.door.keys, running, at()) if running else Judged(Standing.UNASKED, None, ())
        listed = [
            Listed(each, *state_of(each, proposing.waiting_case(connection, each.id, at())))
            for each in configurations(connection, _SHOWN)
        ]
        keys, unconfirmed = permits.permits(connection), permits.unconfirmed(connection)
    return render_template(
        "officer/configuration/list.html", judged=judged, parts=parts_of(judged.differences), listed=listed, keys=keys,
        unconfirmed=unconfirmed, now=at(),
    )  # fmt: skip


@pages.get("/office/configuration/<int:id_>")
def one(id_: int) -> str:
    """One proposal with all that it changes."""
    with the_site().store.read() as connection:
        found = configuration_of(connection, id_)
        case_id = proposing.waiting_case(connection, id_, at())
        before, changes = proposing.changes_of(connection, the_site().door.keys, found)
    word, tone = state_of(found, case_id)
    return render_template(
        "officer/configuration/one.html", found=found, before=before, parts=parts_of(changes, first=before is None),
        case_id=case_id, word=word, tone=tone,
    )  # fmt: skip
