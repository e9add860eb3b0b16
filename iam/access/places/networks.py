"""Networks: to which zone an address belongs, and from which zone into which other one may go.

The one law: *an address that nobody has placed is nowhere*: it is taken for the
strictest of what it could be (OITA-S5.1.1, OITA-S8.1.8), never for the office.
"""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """What sort of place an address is.  UNKNOWN: no address is known, or it stands in no network of the body."""

    OFFICE = "office"
    OUTSIDE = "outside"
    PUBLIC = "public"
    UNKNOWN = "unknown"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"office": "庁内", "outside": "庁外", "public": "公衆回線", "unknown": "不明"}[self.value]


@dataclass(frozen=True, slots=True)
class Place:
    """An address and what it is.  `zone`: of the network that holds it, "" for the undivided or an unknown one."""

    address: str
    origin: Origin
    zone: str = ""
    network: str = ""
    """The network's name, for people."""
