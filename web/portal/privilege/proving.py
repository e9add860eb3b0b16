"""Proving oneself for a privileged ID: two kinds, one of them phishing-resistant, just now.

The one law: *nothing typed is lost by it*: whoever is sent to prove themselves comes back to the same form, and presses
its button once more, having seen again what it says.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from flask import request
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden
from iam.privilege.using import ProofNeeded
from iam.signin import sessions
from iam.signin.deciding.decision import Needs
from iam.signin.kinds import two_kinds
from web.portal.onward import stepping_up
from web.site.border import typed
from web.site.site import at, session, the_site

NEEDS: Final = Needs(2, resistant=True)
T = TypeVar("T")


def fresh() -> bool:
    """Whether this session has just proved what a privileged ID asks for; the core judges it again."""
    mine = session()
    enough = two_kinds(mine.proofs.methods) and mine.proofs.phishing_resistant
    return enough and sessions.recently_proved(mine, at(), the_site().door)


def prove_first(there: str = "") -> Response:
    """To the page where they prove themselves, and back to `there`, or to the page that was asked for."""
    typed.keep()
    return stepping_up(NEEDS, there or request.full_path.rstrip("?"))


def proved(deed: Callable[[], T], there: str = "") -> T | Response | Conflict | Forbidden:
    """What the deed gives; the way to prove oneself where that is missing; or why it was refused.

    NotFound is left to be told by the page for it.
    """
    if not fresh():
        return prove_first(there)
    try:
        return deed()
    except ProofNeeded:
        return prove_first(there)
    except (Conflict, Forbidden) as refused:
        return refused
