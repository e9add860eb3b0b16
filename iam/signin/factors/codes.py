"""Codes that are used up: recovery codes, which their owner keeps, and a temporary one, which the desk hands over.

The one law: *once* (NIST SP 800-63B-4 3.1.2, ASVS 6.5.1): a code is believed by one conditional
statement that uses it up, so of two processes with the same code exactly one
signs in.  What is stored is a keyed hash; nobody can read a code again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Form


@dataclass(frozen=True, slots=True)
class Issued:
    """Codes as they are shown, once.  They are nowhere else."""

    authenticator_id: int
    codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Used:
    """The code was good, and is so no more.  `left` counts the unused ones of its set."""

    authenticator_id: int
    form: Form
    left: int


def shape_of(text: str) -> Form | None:
    """What somebody typed into the one field for codes: TOTP (or a token), RECOVERY, TEMPORARY, or None."""
    raise NotImplementedError


def normalised(text: str) -> str:
    """A code as it is compared: width, case, hyphens and spaces do not matter."""
    raise NotImplementedError


def issue_recovery(act: Act, keys: KeyRing, person_id: int) -> Issued:
    """Ten new recovery codes; all earlier ones are void.

    Raises:
        NotFound: no such person.
    """
    raise NotImplementedError


def issue_temporary(act: Act, keys: KeyRing, person_id: int, life: timedelta) -> Issued:
    """One code that works once within `life`; an earlier one is void.  Two officers decided it (iam/office/cases.py).

    Raises:
        ValueError: `life` is over 24 hours.  NotFound: no such person.
    """
    raise NotImplementedError


def use(act: Act, keys: KeyRing, person_id: int, text: str) -> Used | None:
    """Use up the person's recovery or temporary code; None when it is none of theirs, was used, or lapsed."""
    raise NotImplementedError


def left(connection: Connection, person_id: int, at: datetime) -> dict[Form, int]:
    """How many unused codes the person has: RECOVERY and TEMPORARY, where there are any."""
    raise NotImplementedError
