"""A clause as people read it: its number and what it is about.

The one law: *a number alone tells nobody anything*; a clause that no list knows is shown as it is.
"""

from iam.errors import ConfigurationError
from iam.policy.cited import BASELINE
from iam.policy.clauses import clauses_of
from web.site.site import the_site


def cited(clause: str) -> str:
    """OITA-S6.4.4 多要素認証; "" where no clause stands behind a value."""
    if clause in {"", BASELINE}:
        return ""
    try:
        known = clauses_of(the_site().door.profile)
    except ConfigurationError:  # the body's own list cannot be read just now; its number still says which
        return clause
    return f"{clause} {known[clause].title}" if clause in known else clause
