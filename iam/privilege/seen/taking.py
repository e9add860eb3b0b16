"""Taking in an export of a target's log.

The one law: *a line counts once*, whatever exports it comes in and in whatever order; a file that was taken in is
known by its hash, and what cannot be read is told with its place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from iam.access.model import AccessModel
from iam.office.roles import Offices
from iam.ports import SightingSource, Unreadable
from iam.record.store import Store


@dataclass(frozen=True, slots=True)
class Setting:
    """What the body's files say to sightings and scans.  `offices` None: no portal, so nobody to write to."""

    model: AccessModel
    offices: Offices | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of an export.  `file_id` None and `known`: it was taken in before, as `known` says."""

    file_id: int | None
    rows: int = 0
    fresh: int = 0
    findings: Sequence[int] = ()
    rejected: Sequence[Unreadable] = ()
    passed_over: Mapping[str, int] | None = None
    known: str = ""


def take_in(
    store: Store,
    setting: Setting,
    actor: str,
    system: str,
    source: SightingSource,
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> TakenIn:
    """Read `source` to its end, hold it against the uses of `system`, and write what is new.

    Raises:
        NotFound: for a system that the access model does not know.
        SourceError: when the file cannot be read to its end; then nothing is taken in.
    """
    raise NotImplementedError
