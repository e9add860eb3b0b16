"""What a signed review changes: put, verified, in trouble, undone; and undoing it.

The one law: *done is what the target showed*: a row counts as verified only when its system was read again.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from iam.review.campaigns import Campaign
from iam.review.closing.lifting import Lift, lift
from iam.review.closing.removals import Removal, removals
from web.officer.officer import officer, today
from web.officer.pager import pager
from web.officer.privilege.bounds import called, names_of
from web.officer.privilege.deed import Answer, Shown, answer
from web.officer.review.bounds import bounds, seen_campaign, seen_line
from web.officer.review.words import REMOVALS, review_tabs, way
from web.officer.systems import name_of, right_of
from web.officer.ways import opens
from web.site.site import entrant, the_site

pages = Blueprint("review_removals", __name__)

_SIZE: Final = 50


@pages.get("/office/review/<long:id_>/removals")
def page(id_: int) -> str:
    """All of it, what is not done yet first; with ?state=… one kind."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        every = seen_removals(connection, campaign)
        names = names_of(connection, [each.person_id for each in every])
    counts = Counter(each.state_ja(today()) for each in every)
    state = request.args.get("state", "")
    wanted = [each for each in every if not state or each.state_ja(today()) == state]
    listed = pager(len(wanted), _SIZE)
    return render_template(
        "officer/review/closing/removals.html", campaign=campaign, rows=wanted[listed.skip : listed.skip + _SIZE],
        pager=listed, counts=counts, state=state if state in counts else "", today=today(), names=names, called=called,
        name_of=name_of, right_of=right_of, tones=REMOVALS, tabs=review_tabs(entrant(), campaign), way=way(campaign),
        may_lift=opens("review_removals.undo", entrant()),
    )  # fmt: skip


def seen_removals(connection: Connection, campaign: Campaign) -> list[Removal]:
    """What this officer sees of it, what is in trouble or undone first."""
    within = bounds(connection)
    found = [each for each in removals(connection, campaign.id) if within is None or each.system in within]
    return sorted(
        found, key=lambda each: (each.verified_at is not None or each.lifted_at is not None, not each.trouble)
    )


@pages.route("/office/review/<long:id_>/lines/<long:line_id>/lift", methods=["GET", "POST"])
def undo(id_: int, line_id: int) -> Answer:
    """Undo what the review took from one line."""
    with the_site().store.read() as connection:
        campaign, line = seen_campaign(connection, id_), seen_line(connection, id_, line_id)
        found = [each for each in removals(connection, id_, line_ids=[line_id]) if each.lifted_at is None]
        names = names_of(connection, [line.person_id])
    facts = [
        (gettext("ID"), line.login), (gettext("情報システム"), name_of(line.system)),
        (gettext("持ち主"), called(names, line.person_id)), (gettext("取り消すもの"), _what(found)),
    ]  # fmt: skip
    effects = [
        gettext("この棚卸で停止した利用者IDと外した権限を、元に戻します。本人のIDは数分で使えるようになります。"),
        gettext("本人のIDでないもの（共用IDなど）は、そのシステムで元に戻す作業が要ります。"),
        gettext("取り消したことと理由は記録に残り、次の棚卸でまた確かめます。"),
    ]
    list_ = url_for("review_removals.page", id_=id_)
    shown = Shown(
        gettext("停止・変更を取り消す"), gettext("取り消す"), effects, facts,
        [*way(campaign), (gettext("反映"), list_)], danger=True,
    )  # fmt: skip
    return answer(shown, lambda reason: _lift(id_, line_id, reason), onward=list_)


def _what(found: Sequence[Removal]) -> str:
    words = [
        gettext(each.what.label_ja)
        + (f"（{right_of(each.system, each.entitlement)}）" if each.entitlement else "")
        for each in found
    ]  # fmt: skip
    return "、".join(words) or gettext("なし")


def _lift(id_: int, line_id: int, reason: str) -> str:
    with officer().act() as act:
        lift(act, the_site().door, Lift(id_, [line_id], entrant().person_id, reason))
    return gettext("取り消しました。")
