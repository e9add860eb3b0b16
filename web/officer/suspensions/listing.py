"""Suspended persons, and the receipts of the notices about them.

The one law: *whoever was told says that they were*: the receipt is a deed of its own, done once, never a page that was
merely loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.access.suspensions import Receipt, Suspension, receipts, suspensions
from iam.access.urgent import Waiting, waiting
from iam.errors import NotFound
from iam.office.roles import STAFF
from iam.people.ledger import Person, people, persons_by_number
from iam.policy.profile import Role
from iam.signin.desk.suspending import receive
from web.officer.officer import officer
from web.officer.pager import pager
from web.site.access import OVERSIGHT
from web.site.site import the_site

pages = Blueprint("suspensions", __name__)


@dataclass(frozen=True)
class Told:
    """One notice: who got it, as holder of which role, of what, and when they opened it."""

    receipt: Receipt
    name: str

    @property
    def role(self) -> str:
        """The role in words."""
        return Role(self.receipt.role).label_ja


@dataclass(frozen=True)
class Stopped:
    """One suspension in the words of the body.  `left`: the systems are still to be told."""

    suspension: Suspension
    person: Person
    by: str
    restored_by: str
    told: Sequence[Told]
    left: Waiting | None

    def unopened(self, person_id: int) -> bool:
        """Whether this officer was told and has not said so."""
        return any(each.receipt.person_id == person_id and each.receipt.opened_at is None for each in self.told)

    def concerns(self, person_id: int) -> bool:
        """Whether this officer was told."""
        return any(each.receipt.person_id == person_id for each in self.told)


@pages.get("/office/suspensions")
def page() -> str:
    """Who is suspended now, or with `ended` everybody who ever was; others than the desk see what they were told of."""
    me, ended = officer().who, request.args.get("ended") == "1"
    with the_site().store.read() as connection:
        found = read(connection, suspensions(connection, ended=ended))
    mine = [each for each in found if me.roles & set(OVERSIGHT) or each.concerns(me.person_id)]
    listed = pager(len(mine))
    shown = mine[listed.skip : listed.skip + listed.size]
    return render_template("officer/suspensions/list.html", found=shown, pager=listed, ended=ended, me=me.person_id)


@pages.get("/office/suspensions/<long:id_>")
def one(id_: int) -> str:
    """One suspension with its receipts."""
    return render_template("officer/suspensions/one.html", each=_one(id_), me=officer().who)


@pages.post("/office/suspensions/<long:id_>/received")
def received(id_: int) -> Response:
    """An officer who was told says that they read it."""
    _one(id_)
    if receive(officer(), id_):
        flash(gettext("受領を記録しました。"), "success")
    else:
        flash(gettext("受領は、すでに記録しています。"), "info")
    return redirect(url_for("suspensions.one", id_=id_), 303)


def _one(id_: int) -> Stopped:
    me = officer().who
    with the_site().store.read() as connection:
        chosen = [each for each in suspensions(connection, ended=True) if each.id == id_]
        found = read(connection, chosen)
    if not found or not (me.roles & set(OVERSIGHT) or found[0].concerns(me.person_id)):
        raise NotFound(gettext("その停止の記録はありません。画面を開き直してください。"))
    return found[0]


def read(connection: Connection, found: Sequence[Suspension]) -> list[Stopped]:
    """Suspensions with names, receipts, and whether the systems have been told."""
    known: dict[int, list[Receipt]] = {each.id: [] for each in found}
    for receipt in receipts(connection, known):
        known[receipt.suspension_id].append(receipt)
    ids = {each.person_id for each in found} | {each.person_id for many in known.values() for each in many}
    names = {each.id: each for each in people(connection, ids)}
    left = {each.person_id: each for each in waiting(connection)}
    actors = _actors(connection, found)
    return [
        Stopped(
            each, names[each.person_id], actors.get(each.suspended_actor, each.suspended_actor),
            actors.get(each.restored_actor, each.restored_actor),
            [Told(receipt, names[receipt.person_id].name) for receipt in known[each.id]], left.get(each.person_id),
        )
        for each in found
    ]  # fmt: skip


def _actors(connection: Connection, found: Sequence[Suspension]) -> Mapping[str, str]:
    """Actors of the audit who are staff, by name."""
    actors = {actor for each in found for actor in (each.suspended_actor, each.restored_actor)}
    numbers = {actor.removeprefix(STAFF): actor for actor in actors if actor.startswith(STAFF)}
    ids = persons_by_number(connection, numbers)
    names = {each.id: each.name for each in people(connection, ids.values())}
    return {numbers[number]: names[id_] for number, id_ in ids.items()}
