"""Passing on: lines whose owner is gone, or who said nothing, are asked of the general officer.

The one law: *a line is always asked of somebody*: who is asked changes by this function alone, and is recorded.
"""

from collections.abc import Collection

from iam.record.act import Act
from iam.signin.door import Door


def pass_on(act: Act, campaign_id: int, line_ids: Collection[int], reason: str) -> int:
    """Ask the general officer about those of `line_ids` that were asked of an owner and nobody has answered.

    Answers how many.

    Raises:
        Conflict: when the campaign is not open.
    """
    raise NotImplementedError


def pass_on_orphans(act: Act, door: Door, campaign_id: int) -> int:
    """The same for all open lines that no owner may answer today (gone, or they concern or are kept by every owner)."""
    raise NotImplementedError


def escalate(act: Act, campaign_id: int, reason: str, *, systems: Collection[str] | None = None) -> int:
    """The same for all open lines, or those of `systems`: the general officer decides to take them over."""
    raise NotImplementedError
