"""One reading of an export: what every format has in common.

The one law: *each line is a sighting, is told as unreadable, or is counted by why it is neither*.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from typing import Final

from connectors.sightings.content import Content
from iam.errors import SourceError
from iam.ports import Fingerprint, Sighting, Unreadable

MOST_ROWS: Final = 5_000_000
NO_SIGN_IN: Final = "サインインでない記録"
MACHINES: Final = "コンピューターのアカウント"
SERVICES: Final = "サービスやシステムのアカウント"
ANONYMOUS: Final = "匿名の接続"


class Reading:
    """An export as `iam.ports.SightingSource`; each format says how its lines are read (`_rows`)."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._sha256 = ""
        self._passed: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The file's name."""
        return self._content.name

    @property
    def sha256(self) -> str:
        """After a complete reading: over what was read."""
        return self._sha256

    @property
    def passed_over(self) -> Mapping[str, int]:
        """After a complete reading: how many records are no sign-ins of people, by why."""
        return dict(self._passed)

    def read(self) -> Iterator[Sighting | Unreadable]:
        """Every sign-in, and every row that cannot be read.

        Raises:
            SourceError: when the file cannot be read to its end.
        """
        self._passed.clear()
        for number, row in enumerate(self._rows()):
            if number >= MOST_ROWS:
                raise SourceError(f"{self.name}: {MOST_ROWS:,}行を超えています。期間を分けて出力してください。")
            if isinstance(row, str):
                self._passed[row] += 1
            else:
                yield row

    def _rows(self) -> Iterator[Sighting | Unreadable | str]:
        """Every row, or why it is no sign-in."""
        raise NotImplementedError

    def _place(self, line: int) -> str:
        return f"{self._content.name} {line}行目"

    def _unreadable(self, line: int, field: str, value: str, reason: str) -> Unreadable:
        print_ = fingerprint("unreadable", self._content.name, str(line), value)
        return Unreadable(self._place(line), field, value[:80], reason, None, print_)


def fingerprint(*parts: str) -> Fingerprint:
    """The same for the same record in another export."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


def instant_part(at: datetime) -> str:
    """An instant in a fingerprint: to the second, for some exports say no more."""
    return str(int(at.timestamp()))


@lru_cache(maxsize=65_536)
def address_of(text: str) -> str:
    """An address in its shortest form; "" where it says nothing of where somebody stands (`-`, the host itself)."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None) or found
    return "" if mapped.is_loopback or mapped.is_unspecified else str(mapped)
