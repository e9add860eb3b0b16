"""Privileged IDs and oneself: what one may use, what is open, what one watches, which record is owed.

The one law: *who has nothing to do with it sees nothing of it*: the first page tells of privileged IDs only whoever
uses, watches or owes something; the page itself explains why it is empty.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext
from sqlalchemy import Connection

from iam.policy.profile import Role
from iam.privilege.barred import why_barred
from iam.privilege.console import open_deeds
from iam.privilege.delegating import Broken, Delegation, DelegationState, approvers, delegations, why_void
from iam.privilege.register import PrivilegedId, by_id, privileged_ids
from iam.privilege.using import UNDER_WAY, Use, UseState, uses
from iam.privilege.using.deciding import STARTS_EMERGENCIES, why_not_join
from iam.record.columns import jst_day
from web.portal.owner import owner
from web.portal.privilege.words import Shown, called, names, shown
from web.site.face.language import day
from web.site.guarding import bearers
from web.site.site import at, the_site

pages = Blueprint("privileged", __name__)

PAST: Final = 20
"""How many former uses are listed."""

_RECENT: Final = (DelegationState.NOMINATED, DelegationState.LIVE)
_JOINED: Final = (UseState.ASKED, *UNDER_WAY)
"""States in which a witness may join, or take over from one who is gone."""

_TONES: Final = {DelegationState.LIVE: "success", DelegationState.NOMINATED: "info"}


@dataclass(frozen=True)
class Held:
    """A privileged ID that may be used now, and the delegation by which it may."""

    id: PrivilegedId
    by: Delegation

    @property
    def name(self) -> str:
        """As people read it."""
        return called(self.id)


@dataclass(frozen=True)
class Part:
    """One ID of a delegation.  `can_ask`: the delegation holds today."""

    id: int
    name: str
    purpose: str
    can_ask: bool


@dataclass(frozen=True)
class Mine:
    """One delegation as its delegate reads it.  `waits`: what it waits for, or why it does not hold; ""."""

    delegation: Delegation
    ids: tuple[Part, ...]
    nominator: str
    approver: str
    waits: str
    live: bool

    @property
    def title(self) -> str:
        """Until when."""
        return gettext("%(last)sまで", last=day(self.delegation.valid_until))

    @property
    def state_word(self) -> str:
        """How it stands."""
        return gettext(self.delegation.state.label_ja) if self.live or not self.began else gettext("失効")

    @property
    def began(self) -> bool:
        """Whether it was approved."""
        return self.delegation.state is DelegationState.LIVE

    @property
    def state_tone(self) -> str:
        """The tone of its chip."""
        return _TONES.get(self.delegation.state, "") if self.live or not self.began else "error"


@pages.get("/privilege")
def page() -> str:
    """Everything about privileged IDs and oneself."""
    me = owner()
    with me.store.read() as connection:
        own = shown(connection, uses(connection, person_id=me.id, limit=PAST))
        beside = shown(connection, uses(connection, witness_id=me.id, limit=PAST))
        asked = _asked(connection)
        mine = _mine(connection)
        emergency = bool(startable(connection))
        prepared = len(open_deeds(connection, me.id, at()))
    past = sorted((each for each in (*own, *beside) if each.finished), key=lambda each: -each.use.id)[:PAST]
    return render_template(
        "portal/privilege/mine.html", now=[each for each in own if not each.finished],
        watched=[each for each in beside if each.watched and each.use.witness_seen_at], asked=asked,
        due=[each for each in own if each.must_write], to_confirm=[each for each in beside if each.must_confirm],
        delegations=mine, emergency=emergency, past=past, nominator=nominator(),
        prepared=prepared,
    )  # fmt: skip


def nominator() -> str:
    """The body's own title of whoever nominates."""
    return gettext("、").join(bearers(the_site().door.profile, frozenset({Role.GENERAL_OFFICER})))


def _asked(connection: Connection) -> list[Shown]:
    """Requests that whoever is signed in might join."""
    me = owner()
    waiting = [each for each in uses(connection, states=_JOINED) if each.witness_id != me.id or _gone(each)]
    if not waiting or why_barred(connection, me.door, me.id, at()):
        return []
    return shown(connection, [each for each in waiting if why_not_join(each, me.who, at()) is None])


def _gone(found: Use) -> bool:
    """Whether its witness has left it."""
    return found.under_way and found.witness_seen_at is None


# --- what one may use


def held(connection: Connection) -> list[Held]:
    """What whoever is signed in may ask for today, each ID once."""
    found: dict[int, Held] = {}
    for each in _live(connection):
        ids = by_id(connection, each.privileged_ids)
        found |= {id_: Held(ids[id_], each) for id_ in each.privileged_ids if id_ in ids and id_ not in found}
    return sorted(found.values(), key=lambda each: each.name)


def _live(connection: Connection) -> list[Delegation]:
    me = owner()
    mine = delegations(connection, at(), states=[DelegationState.LIVE], delegate_id=me.id)
    today = jst_day(at())
    return [each for each in mine if each.on(today) and not why_void(connection, me.door, each, at())]


def startable(connection: Connection) -> list[PrivilegedId]:
    """What whoever is signed in may open in an emergency."""
    me = owner()
    ids = [each for each in privileged_ids(connection) if each.emergency]
    if not ids or why_barred(connection, me.door, me.id, at()):
        return []
    if me.who.roles & STARTS_EMERGENCIES:
        return ids
    systems = {each.id.system for each in held(connection)}
    return [each for each in ids if each.system in systems]


def _mine(connection: Connection) -> list[Mine]:
    """The delegations that hold, will hold or wait, and those that have just become void."""
    me = owner()
    found = delegations(connection, at(), states=_RECENT, delegate_id=me.id)
    ids = by_id(connection, {id_ for each in found for id_ in each.privileged_ids})
    named = names(connection, (who for each in found for who in (each.nominated_by, each.approved_by)))
    return [_one(connection, each, [ids[id_] for id_ in each.privileged_ids if id_ in ids], named) for each in found]


def _one(connection: Connection, found: Delegation, ids: Sequence[PrivilegedId], named: dict[int, str]) -> Mine:
    today, void = jst_day(at()), ""
    if found.state is DelegationState.LIVE:
        void = why_void(connection, owner().door, found, at())
    live = found.state is DelegationState.LIVE and not void
    return Mine(
        found,
        tuple(Part(each.id, called(each), each.purpose, live and found.on(today)) for each in ids),
        named.get(found.nominated_by, "—"), named.get(found.approved_by or 0, ""),
        _waits(connection, found, void, today), live,
    )  # fmt: skip


def _waits(connection: Connection, found: Delegation, void: str, today: date) -> str:
    if void:
        return gettext("%(why)s。使うには、改めて指名と承認が必要です。", why=gettext(Broken(void).label_ja))
    if found.state is DelegationState.NOMINATED:
        able = names(connection, approvers(connection, owner().door, found, at()))
        who = gettext("、").join(able.values()) or gettext("承認できる職員がいません")
        return gettext("承認を待っています（承認できる人: %(who)s）。", who=who)
    return gettext("まだ期間が始まっていません。") if today < found.valid_from else ""


# --- the first page


@dataclass(frozen=True)
class Task:
    """Something that waits for whoever is signed in."""

    title: str
    text: str
    href: str
    label: str


def tasks(connection: Connection) -> Iterator[Task]:
    """What is open, watched or owed; the two queries that everybody's first page costs."""
    me = owner()
    own = shown(connection, uses(connection, person_id=me.id, limit=PAST))
    beside = shown(connection, uses(connection, witness_id=me.id, limit=PAST))
    for u in own:
        if not u.finished:
            yield Task(u.heading, f"{u.name}　{u.next_words}", u.path, gettext("利用の画面を開く"))
        elif u.must_write:
            yield Task(
                gettext("作業記録を書いてください"),
                f"{u.name}　{u.due_words}",
                f"{u.path}/record",
                gettext("記録を書く"),
            )
    for u in beside:
        if u.watched and u.use.witness_seen_at:
            yield Task(
                gettext("特権IDの利用に立ち会っています"),
                gettext("%(name)sさんが使っています。立会いの画面を開いたままにしてください。", name=u.user),
                u.witness_path, gettext("立会いの画面を開く"),
            )  # fmt: skip
        elif u.must_confirm:
            yield Task(
                gettext("作業記録を確認してください"),
                gettext("%(name)sさんの記録が、あなたの確認を待っています。", name=u.user),
                f"{u.path}/confirm", gettext("記録を確認する"),
            )  # fmt: skip


def concerns(connection: Connection) -> bool:
    """Whether whoever is signed in may use a privileged ID."""
    return bool(delegations(connection, at(), states=[DelegationState.LIVE], delegate_id=owner().id, limit=1))
