"""Parting with a factor: its owner removes it, or it is reported lost.

The one law: *the report is the end of it* (R26, OITA-S7.4.1.1c, OITA-S7.4.1.2):
in the same act a lost factor is dead, every session of its owner has ended, and
the owner, the general officer, the terminal officer and the data officer are told.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from iam import outbox
from iam.office.roles import Holding, Offices, holders, within
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.people.organisation import Organisation
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.door import Door, Entrant
from iam.signin.factors import removal
from iam.signin.factors.authenticators import Authenticator
from iam.signin.factors.removal import Refusal
from iam.signin.factors.stock import follow_loss
from iam.signin.own.owner import Owner

TOLD: Final = (Role.GENERAL_OFFICER, Role.TERMINAL_OFFICER, Role.DATA_OFFICER)
"""Who is told of a loss: those to whom it is reported, and those who stop the access."""


def remove(owner: Owner, id_: int) -> Authenticator | Refusal:
    """The owner removes a factor: what it was, or why not.  Other sessions that it proved end.

    Raises:
        NotFound: it is not theirs.
    """
    asked = {
        "second_factor": owner.who.rules.second_factor,
        "phishing_resistant": owner.who.rules.phishing_resistant,
    }
    with owner.act() as act:
        gone = removal.remove(act, owner.id, id_, **asked)
        if isinstance(gone, Refusal):
            return gone
        for each in sessions.of_person(act.connection, owner.id, act.at):
            if each.id != owner.session.id and any(used == id_ for _, used in each.proofs.given):
                sessions.end(act, each.id, "factor_removed", person_id=owner.id)
        told: dict[str, Value] = {"at": act.at, "form": gone.form.label_ja, "name": gone.name}
        outbox.tell(act, owner.id, owner.who.email, Topic.FACTOR_REMOVED, told)
        return gone


def lost(act: Act, door: Door, organisation: Organisation, who: Entrant, id_: int, *, by: str) -> Authenticator | None:
    """`who` lost it: dead at once, every session over, everybody told who must know; None when it had ended already.

    `by`: "owner", or "officer" for a report at the desk.

    Raises:
        NotFound: it is not that person's.
    """
    gone = removal.report_lost(act, who.person_id, id_, by)
    if gone is None:
        return None
    follow_loss(act, id_)
    sessions.end_all(act, who.person_id, "factor_lost")
    thing: dict[str, Value] = {"at": act.at, "form": gone.form.label_ja, "name": gone.name}
    outbox.tell(act, who.person_id, who.email, Topic.FACTOR_LOST, thing)
    _tell_officers(act, door, organisation, who, thing)
    return gone


def _tell_officers(act: Act, door: Door, organisation: Organisation, who: Entrant, thing: Mapping[str, Value]) -> None:
    ids = {each.person_id for each in concerned(act, door.offices, organisation, who.person_id)} - {who.person_id}
    told = {**thing, "person": who.name, "staff_number": who.staff_number}
    for officer in people(act.connection, sorted(ids)):
        outbox.tell(act, officer.id, officer.email, Topic.LOSS_REPORTED, told)


def concerned(
    act: Act, offices: Offices, organisation: Organisation, person_id: int, roles: Iterable[Role] = TOLD
) -> Iterator[Holding]:
    """Who is told: of officers that are many, one a section, those of the person's own, or all where none is."""
    on = jst_day(act.at)
    units = [
        post.entry.told.org_code
        for each in people(act.connection, [person_id])
        for post in offices.standing(each, on).posts
    ]
    for role in roles:
        found = holders(act.connection, offices, role, on)
        if role is not Role.GENERAL_OFFICER:
            # Whoever holds it without a post, by nomination, holds it for everybody.
            near = [
                each
                for each in found
                if not each.org_code or any(within(organisation, {each.org_code}, unit, on) for unit in units)
            ]
            found = near or found
        yield from found
