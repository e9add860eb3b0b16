"""The end of a use, whoever or whatever brings it about.

The one law: *the end is an errand, not a wish*: a use is CLOSED when the target was read back and holds nothing of it.
"""

from iam.privilege.using.uses import Use
from iam.record.act import Act
from iam.signin.door import Door


def end(act: Act, door: Door, use_id: int, by: int | None, reason: str = "") -> Use:
    """End a use by hand: its user, its witness, a head (GENERAL_OFFICER, APPROVER), an OPERATOR, or None for the
    console.  `reason`: their own words.  One that has ended already is answered as it is: ending twice changes nothing.

    Raises:
        NotFound; Forbidden: anybody else; Conflict: it was never opened.
    """
    raise NotImplementedError
