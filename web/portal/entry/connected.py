"""Systems that may be opened from the portal, and what stands in the way of each now.

The one law: *the list promises nothing*: each line is what the door would say at this moment, and the door is asked
anew when the system is opened.
"""

from dataclasses import dataclass
from typing import Final

from iam.signin.deciding.decision import Asked, Decision, Outcome
from iam.signin.deciding.facts import Knock, foretell
from iam.signin.tokens.clients import Client, clients
from iam.signin.tokens.details import ForwardDetail, OidcDetail, SamlDetail
from web.site.border.callers import whence
from web.site.site import at, entrant, session, the_site

NO_RIGHT: Final = frozenset({"no-right", "no-entitlement"})
"""Reasons for which a system is not in somebody's list at all."""


@dataclass(frozen=True)
class Connected:
    """One system that may be opened.  `href`: where; "" where it is opened by a form, with its `code`."""

    name: str
    code: str
    href: str
    decision: Decision

    @property
    def reason(self) -> str:
        """What stands in the way now, and what can be done; "" when nothing does."""
        if self.decision.outcome is Outcome.ALLOW:
            return ""
        first = self.decision.reasons[0]
        return f"{first.sentence}{first.cure}"


def connected() -> list[Connected]:
    """What the person of this request finds in their list."""
    site = the_site()
    with site.store.glance() as connection:
        known = [client for client in clients(connection) if client.active and client.system in site.door.model.systems]
    found = [client for client in known if _start(client) is not None]
    told = {(client.system, client.entitlement): None for client in found}
    who, place = entrant(), whence()
    knocks = [Knock(who, session(), system, place, at(), asked=Asked(entitlement=right)) for system, right in told]
    decisions = dict(zip(told, foretell(site.store, site.door, knocks), strict=True))
    return [
        Connected(client.name, client.code, _start(client) or "", decision)
        for client in found
        if not _codes(decision := decisions[client.system, client.entitlement]) & NO_RIGHT
    ]


def _start(client: Client) -> str | None:
    """Where it is opened: an address, "" by a form of ours; None: not from the portal."""
    match client.detail:
        case OidcDetail(start_uri=start) if start:
            return start
        case ForwardDetail(origin=origin):
            return f"{origin}/"
        case SamlDetail(unsolicited=True):
            return ""
    return None


def _codes(decision: Decision) -> set[str]:
    return {each.code for each in decision.reasons}
