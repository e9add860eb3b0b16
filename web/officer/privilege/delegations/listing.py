"""Delegations: the list, and one with everything that happened to it.

The one law: *whoever waits reads for whom*: a nomination names who could approve it, and says to everybody else why
they cannot.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.errors import NotFound
from iam.people.ledger import Person
from iam.privilege.delegating import Broken, Delegation, DelegationState, approvers, delegation, delegations, why_void
from iam.privilege.register import PrivilegedId
from iam.record.columns import jst_day
from web.officer.officer import officer
from web.officer.pager import pager
from web.officer.privilege.bounds import called, names_of, seen_of
from web.officer.privilege.events import course
from web.officer.privilege.words import MODES, label_of
from web.officer.ways import opens
from web.site.site import at, the_site

pages = Blueprint("delegations", __name__)

_SIZE: Final = 50
_NOT_OVER: Final = frozenset({DelegationState.NOMINATED, DelegationState.LIVE})


class FilterForm(Form):
    """Which are shown."""

    which = SelectField(lazy_gettext("範囲"))


@dataclass(frozen=True)
class Read:
    """One delegation as a page shows it.  `ids`: those of its IDs that this officer sees, in its order.

    `void`: why it holds no longer, "" while it does.  `why_not`: why this officer cannot approve it, "" when they can.
    """

    delegation: Delegation
    ids: Sequence[PrivilegedId]
    names: Mapping[int, Person]
    able: Collection[int]
    void: str
    why_not: str

    @property
    def labels(self) -> str:
        """Its IDs in one line."""
        return "、".join(map(label_of, self.ids))


@pages.get("/office/privilege/delegations")
def page() -> str:
    """Those that are not over; with ?which=all those that are as well."""
    form = FilterForm(request.args)
    form.which.choices = [("", gettext("終わっていないもの")), ("all", gettext("すべて"))]
    form.which.data = "all" if form.which.data == "all" else ""
    with the_site().store.read() as connection:
        every = delegations(connection, at(), states=None if form.which.data else _NOT_OVER)
        seen = {each.id: seen_of(connection, each) for each in every}
        found = [each for each in every if seen[each.id]]
        names = names_of(connection, [id_ for each in found for id_ in (each.delegate_id, each.nominated_by)])
    listed = pager(len(found), _SIZE)
    return render_template(
        "officer/privilege/delegations/list.html", form=form, found=found[listed.skip : listed.last], pager=listed,
        seen=seen, names=names, called=called, label_of=label_of, not_over=_NOT_OVER,
    )  # fmt: skip


@pages.get("/office/privilege/delegations/<long:id_>")
def one(id_: int) -> str:
    """One of them, with its history."""
    with the_site().store.read() as connection:
        found = read(connection, id_)
        events = course(connection, found.delegation)
        renewal = [each for each in delegations(connection, at()) if each.renews == id_]
    return render_template(
        "officer/privilege/delegations/one.html", read=found, each=found.delegation, called=called, events=events,
        modes=MODES, label_of=label_of, may_do=_ways(found), renewal=renewal[:1], DelegationState=DelegationState,
    )  # fmt: skip


def read(connection: Connection, id_: int) -> Read:
    """One delegation for whoever asks.

    Raises:
        NotFound: there is none, or none of its IDs is this officer's to see.
    """
    site, found = the_site(), delegation(connection, id_, at())
    mine = list(seen_of(connection, found).values())
    if not mine:
        raise NotFound(gettext("その特権代行の指名はありません。一覧から開き直してください。"))
    waits = found.state is DelegationState.NOMINATED
    able = approvers(connection, site.door, found, at()) if waits else []
    people = [found.delegate_id, found.nominated_by, found.approved_by, found.received_by, found.reviewed_by, *able]
    void = why_void(connection, site.door, found, at()) if found.state is DelegationState.LIVE else ""
    words = gettext(Broken(void).label_ja) if void else ""
    return Read(found, mine, names_of(connection, people), able, words, _why_not(found, able) if waits else "")


def _why_not(found: Delegation, able: Collection[int]) -> str:
    """Why this officer cannot approve, in plain words."""
    me = officer().who
    three = gettext("指名する人、承認する人、任される人は、別々の三人でなければなりません。")
    if me.person_id == found.nominated_by:
        return gettext("あなたが指名したので、承認できません。%(three)s", three=three)
    if me.person_id == found.delegate_id:
        return gettext("あなたに任せる指名なので、承認できません。%(three)s", three=three)
    if me.person_id in able:
        return ""
    return gettext("あなたの役職では、承認できません。")


def _ways(found: Read) -> list[tuple[str, str, str]]:
    """What this officer may do about it: label, address, kind of button."""
    each, me = found.delegation, officer().who
    waits, live = each.state is DelegationState.NOMINATED, each.state is DelegationState.LIVE
    stranger = me.person_id not in {each.nominated_by, each.approved_by, each.delegate_id}
    ways = [
        (waits and not found.why_not, "delegation_deeds.approve", gettext("承認に進む"), ""),
        (waits and not found.why_not, "delegation_deeds.decline", gettext("差し戻す"), "outlined"),
        (
            waits and me.person_id == each.nominated_by,
            "delegation_deeds.withdraw",
            gettext("指名を取り下げる"),
            "outlined",
        ),
        (live and each.received_at is None, "delegation_deeds.receive", gettext("承認の知らせを受領する"), ""),
        (each.awaits_review and stranger, "delegation_deeds.review", gettext("例外措置による指名を確認する"), ""),
        (live, "delegation_deeds.end", gettext("代行を終わらせる"), "danger"),
    ]
    shown = [
        (label, url_for(page, id_=each.id), kind) for holds, page, label, kind in ways if holds and opens(page, me)
    ]
    if not waits and opens("nominating.new", me):
        shown.append((gettext("同じ内容で、次の期間を指名する"), url_for("nominating.new", renews=each.id), "outlined"))
    return shown


def begins(found: Delegation) -> bool:
    """Whether it holds today, and not only from a later day."""
    return found.on(jst_day(at()))
