"""Rights given back: what somebody needs no more, until an officer gives it back to them.

The one law: *nobody gives back what they do not hold*, and what was given back
stays away whatever birthright earns it, until an officer lifts it
(OITA-S8.2.1.2b).
"""

from typing import Final

from sqlalchemy import Connection

from iam.access.accounts import Block
from iam.record.act import Act

CLAUSE: Final = "OITA-S8.2.1.2b"
"""職員等は、利用する必要がなくなったIDを統括に申し出る。"""

RETURNED: Final = "returned"
"""The origin of a block that its holder asked for."""


def give_back(act: Act, person_id: int, system: str, entitlement: str = "", *, reason: str) -> int:
    """Give one entitlement back, or ("") the whole account in `system`; the id of the block.

    Raises:
        NotFound: when the person does not hold it; Conflict: when it was given back already.
    """
    raise NotImplementedError


def lift(act: Act, block_id: int) -> None:
    """An officer gives it back to its holder: the next night grants whatever is still earned.

    Raises:
        NotFound: no such block; Conflict: when it was lifted already.
    """
    raise NotImplementedError


def returned(connection: Connection, person_id: int) -> list[tuple[int, Block]]:
    """What the person has given back and was not lifted, with the ids of the blocks."""
    raise NotImplementedError
