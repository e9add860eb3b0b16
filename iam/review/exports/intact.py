"""Whether a review still is what was frozen and signed.

The one law: *nothing leaves under our signature that was altered in the books*: whoever reads an export may take it for
what two persons saw.
"""

from typing import Final

from sqlalchemy import Connection

from iam.errors import IntegrityError
from iam.review.campaigns import Campaign, Line
from iam.review.closing.agreed.result import tally
from iam.review.opening.hashes import digest_of_line, kept_digests, people_hash, sealed_hash
from iam.review.words import CampaignState

_ALTERED: Final = "棚卸 {id}: {what}が書き換えられているため、書き出しません。証跡とデータベースを調べてください。"
_AGREED: Final = frozenset({CampaignState.SIGNED, CampaignState.CLOSED})


def see_intact(connection: Connection, of: Campaign) -> None:
    """See that systems, persons and the digests of the lines are those of the snapshot and, once both have signed, that
    the answers come to the result that they signed.  The lines themselves: `see_as_frozen`, as they are read.

    Raises:
        IntegrityError: something is not.
    """
    if of.state in _AGREED:
        if tally(connection, of).hash != of.result_hash:
            raise IntegrityError(_ALTERED.format(id=of.id, what="署名した判定"))
    elif sealed_hash(connection, of, people_hash(connection, of.id), kept_digests(connection, of.id)) != (
        of.snapshot_hash
    ):
        raise IntegrityError(_ALTERED.format(id=of.id, what="固定した内容"))


def see_as_frozen(line: Line) -> None:
    """See that a line is what its digest says.

    Raises:
        IntegrityError: it is not.
    """
    if digest_of_line(line) != line.digest:
        raise IntegrityError(_ALTERED.format(id=line.campaign_id, what=f"固定した内容（行 {line.id}）"))
