"""What somebody reads whom a system does not let in, and what a step up asks for in words.

The one law: *nobody is turned away without a reason, a cure and somebody to ask*; the number on the page
finds the same decision again at the desk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import render_template
from flask_babel import gettext, ngettext

from iam.policy.profile import Role
from iam.signin.deciding.decision import Decision, Needs, Outcome, Reason
from iam.signin.deciding.records import recent
from web.portal.entry.cited import cited
from web.portal.entry.words import why
from web.site.guarding import bearers
from web.site.running.journal import request_id
from web.site.site import at, signed_in, the_site

FORBIDDEN: Final = 403


@dataclass(frozen=True)
class Link:
    """A way on from the page.  `href` is believed: a path of this site, or an address that two officers registered."""

    label: str
    href: str


def refused_page(
    decision: Decision, system_name: str, back: Link | None = None, number: str | int = "", *, system: str = ""
) -> tuple[str, int]:
    """The page of a decision that lets nobody in, and 403.

    `number`: of the row in `decision`; "": that of the person's last such answer about `system` (its code), as the
    desk finds it, or else the request's.
    """
    reasons = [each for each in decision.reasons if each.outcome is decision.outcome] or list(decision.reasons)
    page = render_template(
        "portal/entry/refused.html", system_name=system_name, reasons=reasons, cures=cures(reasons), back=back,
        number=str(number) or _number(decision, system) or request_id(), desk=desk(), now=at(),
        needs=needed(decision.needs), cited=cited, why=why, more=decision.outcome is Outcome.STEP_UP,
    )  # fmt: skip
    return page, FORBIDDEN


def _number(decision: Decision, system: str) -> str:
    """The row in which this answer was recorded; "" where nobody is signed in here, or the system is not told."""
    who = signed_in()
    if who is None or not system:
        return ""
    with the_site().store.glance() as connection:
        found = recent(connection, system=system, person_id=who.person_id, outcome=decision.outcome, most=1)
    return str(found[0].id) if found else ""


def cures(reasons: Iterable[Reason]) -> list[str]:
    """What the asker can do, each thing once, in the order of the reasons."""
    return list(dict.fromkeys(each.cure for each in reasons if each.cure))


def needed(needs: Needs) -> list[str]:
    """What a step up asks for, a sentence each."""
    found = []
    if needs.resistant:
        found.append(gettext("セキュリティキーかICカードで確認する"))
    if needs.kinds > 1:
        found.append(gettext("パスワードのほかに、認証アプリやセキュリティキーなど、種類の違う認証手段でも確認する"))
    if needs.max_age is not None:
        minutes = int(needs.max_age.total_seconds() // 60)
        found.append(
            ngettext("%(num)s分以内に本人を確認し直す", "%(num)s分以内に本人を確認し直す", minutes)
            if minutes
            else gettext("いま、本人を確認し直す")
        )
    return found


def desk() -> list[str]:
    """Whom to ask: the body's own titles of the operator, or of the general officer where nobody is one."""
    profile = the_site().door.profile
    return bearers(profile, frozenset({Role.OPERATOR})) or bearers(profile, frozenset({Role.GENERAL_OFFICER}))
