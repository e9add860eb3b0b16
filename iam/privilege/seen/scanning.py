"""Scans: what the targets hold of privilege, read from the mirror, held against the register and the uses.

The one law: *privilege stands only while a use explains it* (R12, R16); a finding whose cause is gone says since when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from iam.privilege.seen.taking import Setting
from iam.record.act import Act


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found: ids of findings that are new, that stand, and that are gone."""

    fresh: Sequence[int] = ()
    standing: Sequence[int] = ()
    gone: Sequence[int] = ()


def scan(act: Act, setting: Setting) -> Scanned:
    """Hold the mirror against register and uses; writes findings and tells the officers of the new ones."""
    raise NotImplementedError
