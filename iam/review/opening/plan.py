"""What is to be opened, and what opening needs to know of the body.

The one law: *a review of the schedule is held once*: two openings of one quarter meet at a unique index of the books,
however they came about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from iam.access.model import AccessModel
from iam.errors import Conflict, NotFound
from iam.office.roles import Offices
from iam.people.holidays import working_days_after
from iam.people.japanese import fiscal_year, wareki
from iam.policy.profile import Profile
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.review.books import campaign_system_table, campaign_table
from iam.review.campaigns import Campaign, campaign
from iam.review.terms import Terms
from iam.review.words import CampaignKind, CampaignState

LONGEST_TITLE: Final = 80
"""Characters of a title: it stands on the cover of what is printed."""

_APRIL: Final = 4


@dataclass(frozen=True)
class Ground:
    """What the body's files say.  `unit`: names of a unit and of its department on a day, "" for what is not known."""

    profile: Profile
    model: AccessModel
    offices: Offices
    unit: Callable[[str, date], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Opening:
    """Which review is opened.  `systems`: () for all of the model; `due_on` None and `title` "": as usual."""

    kind: CampaignKind
    systems: tuple[str, ...] = ()
    due_on: date | None = None
    title: str = ""


def quarter_of(day: date) -> int:
    """The quarter of the fiscal year: 1 is April to June."""
    return (day.month - _APRIL) % 12 // 3 + 1


def title_of(kind: CampaignKind, day: date) -> str:
    """What a review is called unless somebody says otherwise: 令和8年度 第3四半期の棚卸."""
    year = wareki(date(fiscal_year(day), _APRIL, 1)).partition("年")[0]
    if kind is CampaignKind.QUARTERLY:
        return f"{year}年度 第{quarter_of(day)}四半期の棚卸"
    if kind is CampaignKind.APRIL:
        return f"{year}年度 {kind.label_ja}"
    return f"{kind.label_ja}（{wareki(day)}）"


def begin(act: Act, ground: Ground, opening: Opening, connected: frozenset[str]) -> Campaign:
    """Write a campaign into the books, OPENING until it is settled.  `connected`: systems with a target.

    Raises:
        NotFound: a system is not in the access model.
        Conflict: the schedule's review was opened before, the day for answers is not ahead, or the title too long.
    """
    day, terms = jst_day(act.at), Terms.of(ground.profile)
    systems = _systems(ground.model, opening)
    due_on = opening.due_on or working_days_after(day, terms.due)
    if why := why_not_open(opening, day, due_on):
        raise Conflict(why)
    values = {
        "kind": opening.kind, "fiscal_year": fiscal_year(day),
        "quarter": 0 if opening.kind is CampaignKind.APRIL else quarter_of(day),
        "title": opening.title.strip() or title_of(opening.kind, day), "scope": {"systems": list(opening.systems)},
        "terms": terms.stored(), "state": CampaignState.OPENING, "opened_by": act.actor, "opened_at": act.at,
        "day": day, "due_on": due_on, "previous_id": _previous(act), "people_hash": "", "snapshot_hash": "",
        "revision": 0, "result_hash": "", "partial_reason": "", "abandon_reason": "",
    }  # fmt: skip
    id_ = _inserted(act, values)
    act.connection.execute(insert(campaign_system_table), [
        {"campaign_id": id_, "system": code, "name": ground.model.systems[code].name,
         "owner": ground.model.systems[code].owner, "zone": ground.profile.zone(ground.model.systems[code].zone).code,
         "connected": code in connected, "trouble": "", "on_target": 0, "lines": 0, "missing": 0}
        for code in systems
    ])  # fmt: skip
    act.record("campaign.begun", f"campaign {id_}", {"kind": opening.kind, "day": day, "systems": systems})
    return campaign(act.connection, id_)


def _systems(model: AccessModel, opening: Opening) -> list[str]:
    for code in opening.systems:
        if code not in model.systems:
            raise NotFound(f"システム「{code}」はありません。{'、'.join(model.systems)} のいずれかにしてください。")
    return sorted(set(opening.systems or model.systems))


def why_not_open(opening: Opening, day: date, due_on: date) -> str:
    """What is wrong with what was asked, in one sentence with the cure, or ""."""
    if due_on <= day:
        return f"回答の期限（{due_on}）は、明日以降の日付にしてください。"
    if opening.kind is CampaignKind.APRIL and quarter_of(day) != 1:
        return (
            "4月の発令後の棚卸は、4月から6月の間に始めます。ほかの時期は --kind extra（臨時の棚卸）で始めてください。"
        )
    if opening.kind is not CampaignKind.EXTRA and opening.systems:
        return "システムを限る棚卸は、臨時の棚卸（extra）として始めてください。"
    if len(opening.title.strip()) > LONGEST_TITLE or not opening.title.isprintable():
        return f"題名は{LONGEST_TITLE}文字以内の1行にしてください。"
    return ""


def _inserted(act: Act, values: dict[str, object]) -> int:
    """The index decides; what stands there already is looked up for the words alone."""
    if (before := _held(act, values)) is not None:
        raise _opened_before(values, f"棚卸 {before}、")
    try:
        query = insert(campaign_table).values(**values).returning(campaign_table.c.id)
        return int(act.connection.execute(query).scalar_one())
    except IntegrityError as error:
        raise _opened_before(values, "") from error


def _held(act: Act, values: dict[str, object]) -> int | None:
    columns = campaign_table.c
    if values["kind"] is CampaignKind.EXTRA:
        return None
    same = [columns[name] == values[name] for name in ("kind", "fiscal_year", "quarter")]
    query = select(columns.id).where(*same, columns.state != CampaignState.ABANDONED)
    return act.connection.execute(query).scalar_one_or_none()


def _opened_before(values: dict[str, object], which: str) -> Conflict:
    return Conflict(
        f"「{values['title']}」は、すでに始めています（{which}同じ時期に一度だけです）。iam review status で"
        "進み具合を見られます。別に行うときは --kind extra（臨時の棚卸）で始めてください。"
    )


def _previous(act: Act) -> int | None:
    """The newest review that was signed: its decisions are shown as the former ones."""
    columns = campaign_table.c
    signed = columns.state.in_([CampaignState.SIGNED.value, CampaignState.CLOSED.value])
    return act.connection.execute(select(columns.id).where(signed).order_by(columns.id.desc()).limit(1)).scalar()
