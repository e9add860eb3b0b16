"""Silence: what becomes of what nobody answered in time.

The one law: *silence has the effect that the policy names, and never on persons* (absence is not 退職), nor on those
without whom nobody could put it right.
"""

from dataclasses import dataclass

from iam.record.act import Act
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Silenced:
    """What silence did: lines that go, lines that stay, lines that were passed to the general officer, persons of whom
    nobody said anything (shown as UNKNOWN)."""

    removed: int
    kept: int
    passed: int
    unknown: int


def let_silence_speak(act: Act, door: Door, campaign_id: int) -> Silenced:
    """Give every owner's line that nobody answered the effect of `campaign.terms.silence`, once.

    SUSPEND: REMOVE, answered by nobody.  KEEP: KEEP where nothing was found, else the general officer is asked.
    Lines of general officers, approvers and operators, and lines that are asked of the general officer, wait for them.
    Persons that 人事 has not answered become UNKNOWN by silence, which takes nothing from anybody.

    Raises:
        Conflict: when the campaign is not open, its day for answers is not over, or silence has spoken already.
    """
    raise NotImplementedError
