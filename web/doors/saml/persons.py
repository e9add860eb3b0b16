"""Whom an assertion is about: their name to a system, and what else it is told of them.

The one law: *what two officers agreed and no more*; and a name to a system is never another person's later (R42).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from iam.access.accounts import login_in
from iam.people.ledger import people
from iam.record.columns import jst_day
from iam.signin.door import Entrant
from iam.signin.tokens.clients import Client, SamlDetail
from web.doors.oidc.claims import subject_of
from web.doors.saml.wire.refusing import Refusal
from web.site.site import the_site

Told = Mapping[str, tuple[str, ...]]


def name_of(connection: Connection, client: Client, who: Entrant) -> str:
    """The person's name to this client.

    `persistent`: the same for ever, and nobody else's; `login`, `email`: what they have today.
    """
    form = client.agreed(SamlDetail).name_id
    if form == "persistent":
        return subject_of(who.person_id)
    if form == "email":
        if not who.email:
            raise Refusal("name_id", "no address")
        return who.email
    return _login(connection, client, who)


def person_named(name_id: str, client: Client) -> int:
    """Whose persistent name this is; of other names a session must be named besides.

    Raises:
        Refusal: when it cannot be told.
    """
    form = client.agreed(SamlDetail).name_id
    if form != "persistent" or not (name_id.isascii() and name_id.isdecimal()) or len(name_id) > len(str(2**31)):
        raise Refusal("unknown_session", "no session index")
    return int(name_id)


def attributes_of(connection: Connection, client: Client, who: Entrant, rights: Iterable[str], at: datetime) -> Told:
    """Everything that could be told, by the words of SamlDetail.attributes; empty ones are left out of an assertion."""
    day = jst_day(at)
    post = None
    for person in people(connection, [who.person_id]):
        primary = the_site().door.offices.standing(person, day).primary
        post = None if primary is None else primary.entry.told
    unit = None if post is None else the_site().deployment.organisation.at(post.org_code, day)
    org_name = unit.name if unit else post.org_name if post else ""
    found = {
        "login": _login(connection, client, who),
        "staff_number": who.staff_number,
        "name": who.name,
        "name_kana": who.name_kana,
        "email": who.email,
        "org_code": post.org_code if post else "",
        "org_name": org_name,
        "title": post.title if post else "",
    }
    return {**{name: (value,) if value else () for name, value in found.items()}, "groups": tuple(sorted(rights))}


def _login(connection: Connection, client: Client, who: Entrant) -> str:
    """Their ID in the client's system, else the staff number."""
    return login_in(connection, who.person_id, client.system) or who.staff_number
