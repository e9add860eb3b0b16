"""How far an officer sees: heads, operators and the auditor the whole body, owners of systems their own.

The one law: *what lies outside is not there*: a page about it answers as for one that never was.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from flask_babel import gettext
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.office.roles import holdings_of, systems_of, units_of
from iam.people.ledger import Person, people
from iam.policy.profile import Role
from iam.privilege.delegating import Delegation
from iam.privilege.register import PrivilegedId, privileged_ids
from iam.privilege.using import Use, use
from web.officer.officer import officer, today
from web.officer.ways import opens
from web.site.site import the_site

WHOLE: Final = frozenset({Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER, Role.AUDITOR})


def bounds(connection: Connection) -> frozenset[str] | None:
    """The systems that bound this officer, None for the whole body."""
    me, site = officer().who, the_site()
    if me.roles & WHOLE:
        return None
    held = holdings_of(connection, site.door.offices, [me.person_id], today())[me.person_id]
    units = units_of(held, Role.SYSTEM_OWNER)
    return frozenset(systems_of(site.door.model, site.deployment.organisation, units, today()))


def seen_ids(connection: Connection) -> dict[int, PrivilegedId]:
    """Every privileged ID that this officer sees, those that are retired too, by number."""
    within = bounds(connection)
    return {
        each.id: each for each in privileged_ids(connection, retired=True) if within is None or each.system in within
    }


def seen_id(connection: Connection, id_: int) -> PrivilegedId:
    """One of them.

    Raises:
        NotFound: there is none, or not for this officer.
    """
    found = seen_ids(connection).get(id_)
    if found is None:
        raise NotFound(gettext("その特権IDは台帳にありません。一覧から開き直してください。"))
    return found


def seen_of(connection: Connection, found: Delegation) -> dict[int, PrivilegedId]:
    """The IDs of a delegation that this officer sees: all of one that somebody like them has to look at afterwards."""
    ids = seen_ids(connection)
    if found.awaits_review and opens("delegation_deeds.review", officer().who):
        ids = {each.id: each for each in privileged_ids(connection, retired=True)}
    return {id_: ids[id_] for id_ in found.privileged_ids if id_ in ids}


def seen_use(connection: Connection, id_: int) -> tuple[Use, PrivilegedId]:
    """One use with its ID.

    Raises:
        NotFound: there is none, or not for this officer.
    """
    found = use(connection, id_)
    return found, seen_id(connection, found.privileged_id)


def names_of(connection: Connection, ids: Iterable[int | None]) -> dict[int, Person]:
    """Everybody who is named, by number; nobody is left out for having left."""
    wanted: Collection[int] = {id_ for id_ in ids if id_ is not None}
    return {person.id: person for person in people(connection, wanted)} if wanted else {}


def called(names: Mapping[int, Person], id_: int | None) -> str:
    """A person's name and number."""
    person = names.get(id_ or 0)
    return gettext("%(name)s（%(number)s）", name=person.name, number=person.staff_number) if person else "—"
