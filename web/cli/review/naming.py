"""Which review is meant: the one that is named, or the newest.

The one law: *an abandoned review is never meant by itself*.
"""

from iam.errors import NotFound
from iam.review.campaigns import latest
from web.cli.wiring import Desk


def number_or_latest(desk: Desk, number: int | None) -> int:
    """The number that was typed, or that of the newest review.

    Raises:
        NotFound: when there is none yet.
    """
    if number is not None:
        return number
    with desk.store.read() as connection:
        newest = latest(connection)
    if newest is None:
        raise NotFound("棚卸はまだありません。iam review open で始めてください。")
    return newest.id
