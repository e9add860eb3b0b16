"""What waits for an officer: cases, held plans, letters that failed, enrolment that is overdue.

The one law: *an officer sees what they may do something about*; the auditor sees all and changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection

from iam import outbox
from iam.access.places import terminals
from iam.access.places.terminals import Sought, TerminalState
from iam.access.suspensions import unopened
from iam.office import cases
from iam.office.cases import Case
from iam.office.roles import Holding, holdings_of
from iam.people.ledger import Person, people
from iam.policy.profile import Role
from iam.signin import history
from iam.signin.desk import progress
from iam.signin.factors import stock
from iam.signin.factors.stock import Place
from iam.sync.stored import plans
from iam.sync.stored.plans import PlanState, StoredPlan
from web.officer.letters import MOST
from web.officer.officer import officer, place, reading, today
from web.officer.privilege import overview
from web.officer.progress.groups import Group, overall
from web.officer.progress.page import WHOLE
from web.officer.review.campaigns import waiting_for_me
from web.officer.ways import Waiting, office_ways, opens
from web.site.access import TABLE
from web.site.face.language import day
from web.site.site import at, the_site

pages = Blueprint("office", __name__)

_MANY_FAILURES: Final = 10
_A_DAY: Final = timedelta(hours=24)
_FEW: Final = 5


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"office_ways": office_ways, "opens": opens, "place": place, "reading": reading}


@pages.get("/office")
def page() -> str:
    """What waits."""
    me, site = officer(), the_site()
    with site.store.read() as connection:
        mine = cases.waiting_for(connection, me.door.offices, me.who.person_id, at())
        asked = [each for each in cases.waiting(connection, at()) if each.asked_by == me.who.person_id]
        held = plans.plans(connection, PlanState.HELD) if _open("plans.page") else []
        everybody = _enrolled(connection) if me.who.roles & WHOLE else None
        return render_template(
            "officer/home.html", cases=mine, asked=asked, names=_names(connection, [*mine, *asked]),
            waiting=list(_waiting(connection, held)), enrolled=everybody, failing=_failing(connection),
            roles=_roles(connection, me.who.person_id), auditor=Role.AUDITOR in me.who.roles,
            case_href=_case_href,
        )  # fmt: skip


def _open(endpoint: str) -> bool:
    return opens(endpoint, officer().who)


def _case_href(case: Case) -> str:
    return url_for("cases.one", id_=case.id) if "cases.one" in TABLE else ""


def _names(connection: Connection, found: Sequence[Case]) -> Mapping[int, Person]:
    ids = {id_ for case in found for id_ in (case.asked_by, case.subject_id) if id_ is not None}
    return {person.id: person for person in people(connection, ids)}


def _roles(connection: Connection, id_: int) -> tuple[Holding, ...]:
    return holdings_of(connection, the_site().door.offices, [id_], today())[id_]


def _enrolled(connection: Connection) -> Group:
    return overall(progress.by_unit(connection, the_site().door.offices, today()))


def _waiting(connection: Connection, held: Sequence[StoredPlan]) -> Iterator[Waiting]:
    if unread := unopened(connection, officer().who.person_id):
        yield Waiting(
            ngettext("受領を待つ知らせが%(num)s件あります", "受領を待つ知らせが%(num)s件あります", len(unread)),
            gettext("職員の利用の停止・回復の理由を読み、受領を記録してください。"),
            url_for("suspensions.page", ended="1"), gettext("知らせを読む"),
        )  # fmt: skip
    if held:
        yield Waiting(
            ngettext("保留中の計画が%(num)s件あります", "保留中の計画が%(num)s件あります", len(held)),
            gettext("二人の担当者が内容を確かめて解除すると、次の実行で反映します。"),
            url_for("plans.page"), gettext("計画を確かめる"),
        )  # fmt: skip
    if _open("letters.page") and (failed := outbox.undelivered(connection, MOST)):
        yield Waiting(
            ngettext("届いていないメールが%(num)s通あります", "届いていないメールが%(num)s通あります", len(failed)),
            gettext("宛先やメールサーバーの設定を確かめてください。"),
            url_for("letters.page"), gettext("届かないメールを見る"),
        )  # fmt: skip
    if _open("delegations.page") and (mine := overview.for_me(connection)):
        yield Waiting(
            ngettext("特権IDの用件が%(num)s件あります", "特権IDの用件が%(num)s件あります", mine),
            gettext("指名の承認、承認の知らせの受領、緊急利用の事後の承認などです。"),
            url_for("privilege.page" if _open("privilege.page") else "delegations.page"), gettext("特権IDの画面を開く"),
        )  # fmt: skip
    if _open("review.page"):
        yield from _reviews(connection)
    if _open("token_moves.restock") and (returned := stock.places(connection).get(Place.RETURNED, 0)):
        yield Waiting(
            ngettext("点検待ちの機器が%(num)s台あります", "点検待ちの機器が%(num)s台あります", returned),
            gettext("点検して在庫に戻すと、また貸し出せます。"),
            url_for("tokens.page", place=Place.RETURNED), gettext("機器を見る"),
        )  # fmt: skip
    if opens("terminal_moves.give_back", officer().who) and (late := _overdue(connection)):
        yield Waiting(
            ngettext("返却の期限が過ぎた端末が%(num)s台あります", "返却の期限が過ぎた端末が%(num)s台あります", late),
            gettext("借りている職員に確かめ、返却を受け付けるか、期限を変えてください。"),
            url_for("terminals.page", state=TerminalState.LENT), gettext("端末を見る"),
        )  # fmt: skip


def _reviews(connection: Connection) -> Iterator[Waiting]:
    """Reviews that wait for an answer of this officer."""
    for campaign, left in waiting_for_me(connection):
        title = ngettext(
            "棚卸の回答が%(count)s件残っています", "棚卸の回答が%(count)s件残っています", left, count=f"{left:,}"
        )
        until = gettext("%(title)s。期限は%(day)sです。", title=campaign.title, day=day(campaign.due_on))
        yield Waiting(title, until, url_for("review.one", id_=campaign.id), gettext("棚卸を開く"))


def _overdue(connection: Connection) -> int:
    """Terminals that should have been brought back by now."""
    lent = terminals.terminals(connection, Sought(state=TerminalState.LENT))
    return sum(each.terminal.lent_until is not None and each.terminal.lent_until < today() for each in lent)


def _failing(connection: Connection) -> list[tuple[str, int]]:
    """Addresses from which many sign-ins failed within a day: somebody may be guessing."""
    since: datetime = at() - _A_DAY
    found = history.failures_by_address(connection, since).most_common(_FEW) if _open("letters.page") else []
    return [(address, count) for address, count in found if count >= _MANY_FAILURES]
