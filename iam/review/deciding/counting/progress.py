"""How far a review is: what is answered of all that is asked, by department, system and part.

The one law: *a line is done when it has a verdict*, and a person when 人事 has said more than 「確認中」.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection


class By(StrEnum):
    """What is counted by.  DEPARTMENT: of whoever owns the account ("" nobody's)."""

    DEPARTMENT = "department"
    SYSTEM = "system"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one department, system or part is.  `key`: its name, code or Part.  `silent`: decided by silence."""

    key: str
    lines: int
    decided: int
    found: int
    found_decided: int
    silent: int

    @property
    def open(self) -> int:
        """Lines without a verdict."""
        return self.lines - self.decided


@dataclass(frozen=True, slots=True)
class Undecided:
    """What is still to be said before anybody may sign: lines without a verdict, persons without an answer, and persons
    of whom 人事 said UNKNOWN."""

    lines: int
    persons: int
    unknown: int

    @property
    def total(self) -> int:
        """All of it; 0: it may be signed."""
        return self.lines + self.persons + self.unknown


def progress(connection: Connection, campaign_id: int, by: By) -> list[Progress]:
    """One entry for each, by its key; one query."""
    raise NotImplementedError


def people_progress(connection: Connection, campaign_id: int) -> list[Progress]:
    """The same of persons (`lines` are persons with an account), by department."""
    raise NotImplementedError


def undecided(connection: Connection, campaign_id: int) -> Undecided:
    """What is still to be said."""
    raise NotImplementedError
