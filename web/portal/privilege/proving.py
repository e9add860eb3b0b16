"""Proving oneself for a privileged ID: two kinds just now, and for whoever uses it one of them phishing-resistant.

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

USER: Final = Needs(2, resistant=True)
"""What whoever uses a privileged ID proves."""

WITNESS: Final = Needs(2)
"""What a witness proves."""

T = TypeVar("T")


def fresh(needs: Needs = USER) -> bool:
    """Whether this session has just proved as much; the core judges it again."""
    mine = session()
    enough = two_kinds(mine.proofs.methods) and (mine.proofs.phishing_resistant or not needs.resistant)
    return enough and sessions.recently_proved(mine, at(), the_site().door)


def proved(deed: Callable[[], T], there: str = "", needs: Needs = USER) -> T | Response | Conflict | Forbidden:
    """What the deed gives; the way to prove oneself where that is missing; or why it was refused.

    `there`: where they come back to; "" the page that was asked for.  NotFound is left to the page that tells it.
    """
    if not fresh(needs):
        return _prove_first(there, needs)
    try:
        return deed()
    except ProofNeeded:
        return _prove_first(there, needs)
    except (Conflict, Forbidden) as refused:
        return refused


def _prove_first(there: str, needs: Needs) -> Response:
    typed.keep()
    return stepping_up(needs, there or request.full_path.rstrip("?"))
