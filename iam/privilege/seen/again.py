"""Judging again: a use or an ID was recorded after a log was taken in.

The one law: *a verdict is worked out, never typed*: judging a sighting again from what is known now gives what it would
have been.
"""

from iam.privilege.seen.taking import Setting
from iam.record.act import Act


def judge_again(act: Act, setting: Setting, system: str = "") -> int:
    """Judge the sightings of `system` (all when "") again; answers how many verdicts changed."""
    raise NotImplementedError
