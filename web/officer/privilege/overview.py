"""What is open now, what waits, what is still to be done on a target: privileged IDs at one glance.

The one law: *nothing that is not done leaves this page*: an end that a dead target has not shown yet stands here until
it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection

from iam.people.ledger import Person
from iam.privilege.delegating import Delegation, DelegationState, approvers, delegations
from iam.privilege.register import PrivilegedId
from iam.privilege.seen.findings import findings
from iam.privilege.using import UNDONE, Use, UseState, uses
from iam.sync.urgent import undone
from web.officer.officer import officer, today
from web.officer.privilege.bounds import bounds, called, names_of, seen_ids
from web.officer.privilege.watch.listing import MOST
from web.officer.privilege.words import TONES, label_of, length, privilege_tabs, top
from web.officer.systems import name_of
from web.officer.ways import Waiting, opens
from web.site.site import at, the_site

pages = Blueprint("privilege", __name__)


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"privilege_tabs": privilege_tabs, "privilege_top": top}


@pages.get("/office/privilege")
def page() -> str:
    """All of it, as far as this officer sees."""
    with the_site().store.read() as connection:
        within, ids = bounds(connection), seen_ids(connection)
        every = uses(connection, privileged_ids=ids, limit=MOST) if ids else []
        now = [each for each in every if each.state in UNDONE]
        names = names_of(connection, [id_ for each in every for id_ in (each.person_id, each.witness_id)])
        errands = [each for each in undone(connection) if within is None or each.system in within]
        waiting = [*_waiting(connection, ids), *_of_uses(every, ids, names)]
        found = _findings(connection, within)
    late = [each for each in errands if each.tries]
    return render_template(
        "officer/privilege/overview.html", now=now, ids=ids, names=names, called=called, errands=late, waiting=waiting,
        findings=found, tones=TONES, label_of=label_of, name_of=name_of, left=left, witness=witness,
        seconds=lambda use: int(use.left(at()).total_seconds()),
    )  # fmt: skip


def for_me(connection: Connection) -> int:
    """How many things wait for this very officer: nominations, notices, reviews, emergencies."""
    me, every = officer().who, delegations(connection, at())
    found = sum(_mine(connection, each) for each in every)
    if opens("use_deeds.approve", me):
        found += sum(each.awaits_approval and me.person_id != each.person_id for each in uses(connection, limit=MOST))
    return found


def _mine(connection: Connection, each: Delegation) -> bool:
    me, door = officer().who, the_site().door
    if each.state is DelegationState.NOMINATED:
        return opens("delegation_deeds.approve", me) and me.person_id in approvers(connection, door, each, at())
    if each.state is DelegationState.LIVE and each.received_at is None and opens("delegation_deeds.receive", me):
        return True
    parties = {each.nominated_by, each.approved_by, each.delegate_id}
    return each.awaits_review and opens("delegation_deeds.review", me) and me.person_id not in parties


def left(use: Use) -> str:
    """How long until the end of a use, to the minute."""
    minutes = -int(-use.left(at()).total_seconds() // 60)
    return gettext("あと%(time)s", time=length(minutes)) if minutes else gettext("時間になりました")


def witness(use: Use) -> tuple[str, str]:
    """Whether the witness of a use answers: the word and its tone."""
    if not use.under_way:
        return "", ""
    if use.witness_id is None:
        return (gettext("立会いなし（緊急）") if use.emergency else gettext("立会いなし（例外措置）")), "warning"
    silent = at() - (use.witness_seen_at or use.asked_at)
    limit = timedelta(seconds=the_site().door.profile.privileged.witness_silence.value)
    if silent > limit or use.state is UseState.PAUSED:
        minutes = max(1, int(silent.total_seconds() // 60))
        return ngettext("%(num)s分間応答なし", "%(num)s分間応答なし", minutes), "error"
    return gettext("応答あり"), "success"


def _waiting(connection: Connection, ids: Mapping[int, PrivilegedId]) -> Iterator[Waiting]:
    """Delegations that somebody must do something about."""
    for each in delegations(connection, at()):
        if not ids.keys() & set(each.privileged_ids):
            continue
        title = _what_waits(each)
        if title:
            text = "、".join(label_of(ids[id_]) for id_ in each.privileged_ids if id_ in ids)
            yield Waiting(title, text, url_for("delegations.one", id_=each.id), gettext("内容を見る"))


def _what_waits(each: Delegation) -> str:
    if each.state is DelegationState.NOMINATED:
        return gettext("承認を待っている指名（番号 %(number)s）", number=each.id)
    if each.state is DelegationState.LIVE and each.received_at is None:
        return gettext("承認の知らせの受領（番号 %(number)s）", number=each.id)
    if each.awaits_review:
        return gettext("例外措置による指名の確認（番号 %(number)s）", number=each.id)
    return ""


def _of_uses(every: Sequence[Use], ids: Mapping[int, PrivilegedId], names: Mapping[int, Person]) -> Iterator[Waiting]:
    for each in every:
        title = _lacks(each)
        if title:
            text = gettext("%(id)s　%(name)s", id=label_of(ids[each.privileged_id]), name=called(names, each.person_id))
            yield Waiting(title, text, url_for("use_watch.one", id_=each.id), gettext("内容を見る"))


def _lacks(use: Use) -> str:
    if use.awaits_approval:
        late = gettext("（期限切れ）") if use.overdue(today()) else ""
        return gettext("緊急利用の事後の承認（利用 %(number)s）", number=use.id) + late
    return gettext("期限の過ぎた作業記録（利用 %(number)s）", number=use.id) if use.overdue(today()) else ""


def _findings(connection: Connection, within: frozenset[str] | None) -> int:
    """How many findings are open; 0 where this officer does not see their page."""
    if not opens("privilege_findings.page", officer().who):
        return 0
    return sum(within is None or each.system in within for each in findings(connection))
