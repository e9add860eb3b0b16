"""What commands about privileged IDs know of the body: its door, and the names of people and IDs.

The one law: *a number is never left alone*: whoever reads a line must know who is meant without looking further.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from iam.errors import ConfigurationError
from iam.people.ledger import people, persons_by_number
from iam.privilege.register import PrivilegedId, privileged_ids
from iam.record.columns import local_text
from iam.signin.door import Door
from web.body.door import door_of
from web.cli.wiring import Desk

_STAFF: Final = "staff:"
_WORDS: Final[Mapping[str, str]] = {"worker": "自動"}


def door(desk: Desk) -> Door:
    """The door of the body's portal.

    Raises:
        ConfigurationError: when there is no portal; without one there is no delegation and no use either.
    """
    portal = desk.deployment.settings.portal
    if portal is None:
        raise ConfigurationError(["[portal] がありません。特権IDの指名・承認・利用はポータルで行います。"])
    return door_of(desk.deployment, portal, desk.keys)


def page(desk: Desk, path: str) -> str:
    """Where something is done in the portal; the path alone where there is none."""
    portal = desk.deployment.settings.portal
    return f"{portal.origin if portal else ''}{path}"


def registered(connection: Connection) -> Mapping[int, PrivilegedId]:
    """The register, retired IDs too."""
    return {each.id: each for each in privileged_ids(connection, retired=True)}


def named(connection: Connection, ids: Collection[int | None]) -> Mapping[int | None, str]:
    """Each person as 氏名（職員番号）; "" for None."""
    wanted = {id_ for id_ in ids if id_ is not None}
    found: dict[int | None, str] = {
        each.id: f"{each.name}（{each.staff_number}）" for each in people(connection, wanted)
    }
    return {**found, None: ""}


def actors(connection: Connection, found: Collection[str]) -> Mapping[str, str]:
    """Whoever acted, by their name in the audit: staff as 氏名（職員番号）, the worker as 自動, others as they are."""
    numbers = persons_by_number(connection, {each.removeprefix(_STAFF) for each in found if each.startswith(_STAFF)})
    names = named(connection, numbers.values())
    known = {f"{_STAFF}{number}": names[id_] for number, id_ in numbers.items()}
    return {each: known.get(each, _WORDS.get(each, each)) for each in found}


def when(at: datetime | None) -> str:
    """An instant in Japan, or a dash."""
    return local_text(at) if at else "—"
