"""Which review is meant: the one that is named, or the newest; and the door that it is answered behind.

The one law: *an abandoned review is never meant by itself*.
"""

from iam.errors import ConfigurationError, NotFound
from iam.review.campaigns import latest
from iam.signin.door import Door
from web.body.door import door_of
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


def door_of_reviews(desk: Desk) -> Door:
    """The door of the portal, in which reviews are answered and signed.

    Raises:
        ConfigurationError: when the body has none.
    """
    portal = desk.deployment.settings.portal
    if portal is None:
        raise ConfigurationError(["棚卸にはポータルが要ります。設定に [portal] を書いてください。"])
    return door_of(desk.deployment, portal, desk.keys)
