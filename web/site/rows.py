"""How a page says who may come to it: the row of the table of access (access.py), and what makes one.

The one law: *a row names who, never what*: it opens no page wider than its role, proof, duty and size say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from iam.policy.profile import Role

HOME: Final = "/"
LOGIN: Final = "/login"
UNLOCK: Final = "/unlock"
PROVE: Final = "/prove"
BODY: Final = 256 * 1024
"""Bytes of an ordinary form."""

SMALL: Final = 16 * 1024
"""Bytes of what a device asks; a RADIUS packet has 4,096 octets at most (RFC 2865 §3), and its JSON is longer."""

FILE: Final = 8 * 1024 * 1024
"""Bytes of a form with a file."""

DUTY_PAGES: Final[Mapping[str, str]] = {"password": "/password", "enrol": "/factors/new"}
"""Where a session that has a duty does it: a password that must be changed, a second factor that is missing."""


class Who(Enum):
    """How far somebody must have come to see a page.  MACHINE: a program, which says itself who it is; no cookie of a
    person counts there, so neither CSRF token nor origin is asked for."""

    ANYBODY = "anybody"
    MACHINE = "machine"
    HALF_DONE = "half done"
    SIGNED_IN = "signed in"


@dataclass(frozen=True)
class Access:
    """One row.  Make it by `public`, `half_done`, `signed_in` or `only`."""

    who: Who
    roles: frozenset[Role] = frozenset()
    """Any one of these; empty: everybody who is signed in."""

    proved: bool = False
    """Only within the profile's minutes after proving oneself; others are sent to do so first."""

    duties: frozenset[str] = frozenset()
    """A session with one of these duties may come here; with any other duty it may not."""

    locked: bool = False
    """A locked session may come here."""

    looks: bool = True
    """Whether the session is looked up at all: not for what is the same for everybody."""

    touches: bool = True
    """Whether being looked up counts as use: not where a system sends whoever was idle too long for it."""

    body: int = BODY
    """The largest body that is read, in bytes."""


def public(*, looks: bool = True, touches: bool = True) -> Access:
    """For everybody; somebody who is signed in is known here too, unless `looks` is False."""
    return Access(Who.ANYBODY, duties=frozenset(DUTY_PAGES), locked=True, looks=looks, touches=touches)


def half_done() -> Access:
    """For whoever has begun to sign in."""
    return Access(Who.HALF_DONE, duties=frozenset(DUTY_PAGES), locked=True, looks=False)


def machine(*, body: int = BODY) -> Access:
    """For programs: the door behind it finds out which one is asking, and lets in nobody it does not know."""
    return Access(Who.MACHINE, duties=frozenset(DUTY_PAGES), locked=True, looks=False, body=body)


def signed_in(*duties: str, proved: bool = False, locked: bool = False, touches: bool = True) -> Access:
    """For everybody who is signed in; `duties` are those under which the page may still be used."""
    return Access(Who.SIGNED_IN, proved=proved, duties=frozenset(duties), locked=locked, touches=touches)


def only(*roles: Role, proved: bool = False, body: int = BODY) -> Access:
    """For whoever holds one of these roles today."""
    return Access(Who.SIGNED_IN, frozenset(roles), proved=proved, body=body)
