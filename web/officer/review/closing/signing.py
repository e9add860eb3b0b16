"""Signing: what was decided, what will be carried out, what changed since the snapshot, and two signatures under it.

The one law: *a signature is bound to the result that was on the page*: whatever is answered after it clears it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden
from iam.people.ledger import Person
from iam.policy.profile import Role
from iam.review.campaigns import Campaign, Line, lines
from iam.review.closing import signing
from iam.review.closing.signing import Result, Signature
from iam.review.deciding.counting.progress import undecided
from iam.review.deciding.since import Changes, changed_since
from iam.review.deciding.verdicts import Outcome, outcomes
from iam.review.words import CampaignState, Part, Verdict
from web.officer.officer import officer
from web.officer.privilege.bounds import called, names_of
from web.officer.review.bounds import seen_campaign
from web.officer.review.lines.saying import detail
from web.officer.review.words import STATES, VERDICTS, review_tabs, way
from web.officer.systems import name_of
from web.site.face.forms import PageForm, paragraph
from web.site.site import at, entrant, the_site

pages = Blueprint("review_signing", __name__)

_CONFLICT: Final = 409
_MOST: Final = 500
"""Changes that the page lists; an export has all."""

_CHANGING: Final = frozenset(set(Verdict) - {Verdict.KEEP})
PARTS: Final = (Part.GENERAL, Part.HR)
_ROLES: Final = {Part.GENERAL: Role.GENERAL_OFFICER, Part.HR: Role.HR_OFFICER}

Page = Response | tuple[str, int]


class SignForm(PageForm):
    """What was seen, and that it was looked at."""

    seen = HiddenField()
    partial = paragraph(lazy_gettext("読めなかった情報システムがあるまま締める理由"), required=False)
    sure = BooleanField(
        lazy_gettext("判定の件数、停止・変更の一覧、基準日の後の変化を確かめました"),
        [InputRequired(lazy_gettext("内容を確かめたら、チェックを入れてください。"))],
    )


@dataclass(frozen=True)
class Deed:
    """One line that something will be done about."""

    line: Line
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Stand:
    """One of the two signatures.  `why_not`: what stands between this officer, whose it could be, and it; `may`:
    nothing does; `mine`: they gave it."""

    part: Part
    by: int | None
    at: object
    why_not: str
    may: bool
    mine: bool


@pages.get("/office/review/<long:id_>/result")
def page(id_: int) -> str:
    """The result as it stands."""
    with the_site().store.read() as connection:
        return _shown(connection, seen_campaign(connection, id_))


def _shown(connection: Connection, campaign: Campaign) -> str:
    waiting = undecided(connection, campaign.id)
    # Nothing can be signed before everything is decided, and weighing every line takes a while.
    ripe = campaign.state is not CampaignState.OPEN or not waiting.total
    found = signing.result(connection, campaign) if ripe else None
    stands = [_stand(connection, campaign, part) for part in PARTS]
    return render_template(
        "officer/review/closing/result.html", campaign=campaign, result=found, stands=stands, states=STATES,
        names=names_of(connection, [each.by for each in stands]), called=called, name_of=name_of, tones=VERDICTS,
        undecided=waiting, deeds=_deeds(connection, campaign) if ripe else [], most=_MOST,
        since=_since(connection, campaign), tabs=review_tabs(entrant(), campaign), way=way(campaign),
        verdicts=[each for each in Verdict if found and found.verdicts.get(each)], CampaignState=CampaignState,
    )  # fmt: skip


def _stand(connection: Connection, campaign: Campaign, part: Part) -> Stand:
    by, when = {
        Part.GENERAL: (campaign.general_by, campaign.general_at), Part.HR: (campaign.hr_by, campaign.hr_at),
    }[part]  # fmt: skip
    me, why_not = entrant(), ""
    if by is None and _ROLES[part] in me.roles:
        why_not = signing.why_not_sign(connection, the_site().door, campaign, part, me.person_id, at=at())
    may = by is None and _ROLES[part] in me.roles and not why_not
    return Stand(part, by, when, gettext(why_not) if why_not else "", may, by == me.person_id)


def _deeds(connection: Connection, campaign: Campaign) -> list[Deed]:
    """What will be done about which line: the first of them."""
    weighed = outcomes(connection, lines(connection, campaign.id))
    found = [(line, each) for line, each in weighed if each is not None and each.verdict in _CHANGING]
    first = list(islice(found, _MOST))
    names = names_of(connection, [id_ for _, each in first for id_ in (each.keeper, each.owner)])
    return [Deed(line, each, detail(each, line, names)) for line, each in first]


def _since(connection: Connection, campaign: Campaign) -> Changes | None:
    """What changed since the snapshot, while it still matters."""
    if campaign.state not in {CampaignState.OPEN, CampaignState.SIGNED}:
        return None
    return changed_since(connection, the_site().door, campaign, at())


@pages.route("/office/review/<long:id_>/sign/<part>", methods=["GET", "POST"])
def sign(id_: int, part: str) -> Page:
    """Sign for 統括 or for 人事."""
    mine, form = _part(part), SignForm.read()
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        found = signing.result(connection, campaign)
        why_not = signing.why_not_sign(connection, the_site().door, campaign, mine, entrant().person_id, at=at())
        names = names_of(connection, [campaign.general_by, campaign.hr_by])
    if why_not:
        raise Forbidden(gettext(why_not))
    if not form.sent():
        form.seen.data = form.seen.data or found.hash
        return _asked(campaign, mine, found, form, names), form.status
    wish = Signature(id_, mine, entrant().person_id, form.seen.data or "", form.partial.data or "")
    try:
        with officer().act() as act:
            done = signing.sign(act, the_site().door, wish)
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        form.seen.data, form.sure.data = found.hash, False
        return _asked(campaign, mine, found, form, names), _CONFLICT
    flash(_said(done), "success")
    return redirect(url_for("review_signing.page", id_=id_), 303)


def _asked(campaign: Campaign, part: Part, found: Result, form: SignForm, names: Mapping[int, Person]) -> str:
    return render_template(
        "officer/review/closing/sign.html", campaign=campaign, part=part, result=found, form=form, names=names,
        called=called, way=[*way(campaign), (gettext("署名"), url_for("review_signing.page", id_=campaign.id))],
        verdicts=[each for each in Verdict if found.verdicts.get(each)], tones=VERDICTS,
    )  # fmt: skip


def _said(done: Campaign) -> str:
    if done.state is CampaignState.SIGNED:
        return gettext("署名しました。二人の署名がそろったので、決めたことを反映します。")
    return gettext("署名しました。もう一人の署名がそろうと、決めたことを反映します。")


@pages.route("/office/review/<long:id_>/sign/<part>/withdraw", methods=["GET", "POST"])
def withdraw(id_: int, part: str) -> Page:
    """Take one's own signature back while the other is missing."""
    mine, form = _part(part), PageForm.read()
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
    back = url_for("review_signing.page", id_=id_)
    if form.sent():
        with officer().act() as act:
            signing.withdraw(act, the_site().door, id_, mine, entrant().person_id)
        flash(gettext("署名を取り下げました。"), "success")
        return redirect(back, 303)
    trail: Sequence[tuple[str, str]] = [*way(campaign), (gettext("署名"), back)]
    return render_template("officer/review/closing/withdraw.html", campaign=campaign, part=mine, way=trail), 200


def _part(part: str) -> Part:
    """The part in the address; any other word is no page."""
    if part not in set(PARTS):
        abort(404)
    return Part(part)
