"""The figures of a review as charts, each with its table: how far it is, what was found over the quarters, how long
answers took.

The one law: *a chart never stands alone*: what it shows stands in a table beside it, to the last number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import Connection

from iam.review.campaigns import Campaign
from iam.review.deciding.counting.progress import By, Progress, people_progress, progress
from iam.review.exports.figures import Days, Figures, Quarter, figures_of
from iam.review.words import FindingKind, Part
from web.officer.officer import today
from web.officer.review.bounds import seen_campaign
from web.officer.review.words import STATES, review_tabs, way
from web.paper.charts import Chart, Series, columns, histogram, most_and_rest, stacked
from web.site.site import entrant, the_site

pages = Blueprint("review_figures", __name__)

_BARS: Final = 24
"""Bars of one chart: more do not fit on a printed page."""


@dataclass(frozen=True)
class Share:
    """How much of what is asked was said.  `persons`: asked of 人事 about them, and how many they answered."""

    name: str
    asked: int
    said: int
    found: int = 0
    persons: int = 0
    persons_said: int = 0

    @property
    def left(self) -> int:
        """What is still to be said."""
        return self.asked - self.said

    @property
    def percent(self) -> int:
        """In percent, rounded down: 100 only when nothing is left."""
        return self.said * 100 // self.asked if self.asked else 100


@pages.get("/office/review/<long:id_>/figures")
def page(id_: int) -> str:
    """Every figure of one review."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        figures, people = figures_of(connection, id_), people_progress(connection, id_)
        parts = _parts(connection, campaign)
    departments = _departments(figures.progress, {each.key: (each.lines, each.decided) for each in people})
    kinds = _kinds(figures.quarters)
    return render_template(
        "officer/review/figures.html", campaign=campaign, states=STATES, today=today(), departments=departments,
        parts=parts, quarters=figures.quarters, headings=[(each.label, "number") for each in figures.quarters],
        kinds=kinds, days=figures.days, span=span, charts=_charts(figures, departments, parts),
        answers=sum(each.count for each in figures.days), tabs=review_tabs(entrant(), campaign), way=way(campaign),
    )  # fmt: skip


def _departments(found: Sequence[Progress], people: Mapping[str, tuple[int, int]]) -> list[Share]:
    """Departments in the order of the organisation; nobody's under a name of its own."""
    return [
        Share(
            each.key or gettext("所属なし・持ち主なし"), each.lines, each.decided, each.found,
            *people.get(each.key, (0, 0)),
        )
        for each in found
    ]  # fmt: skip


def _parts(connection: Connection, campaign: Campaign) -> list[Share]:
    """What was asked of each part, and said: persons of 人事, lines of the others."""
    persons = people_progress(connection, campaign.id)
    asked, said = sum(each.lines for each in persons), sum(each.decided for each in persons)
    lines = {each.key: each for each in progress(connection, campaign.id, By.PART)}
    found = [Share(gettext("人事（職員）"), asked, said)]
    for part, name in ((Part.OWNER, gettext("情報システムの責任者（ID）")), (Part.GENERAL, gettext("統括（ID）"))):
        of = lines.get(part)
        found.append(Share(name, of.lines, of.decided, of.found) if of else Share(name, 0, 0))
    return found


def _kinds(quarters: Sequence[Quarter]) -> list[FindingKind]:
    """The kinds that were ever found, those that are most now first."""
    latest = quarters[-1].counts if quarters else {}
    found = [kind for kind in FindingKind if any(each.counts.get(kind) for each in quarters)]
    return sorted(found, key=lambda kind: -latest.get(kind, 0))


def _charts(figures: Figures, departments: Sequence[Share], parts: Sequence[Share]) -> Mapping[str, list[Markup]]:
    return {
        "departments": list(_shares("departments", gettext("判定済のIDと残り（件）"), departments)),
        "parts": list(_shares("parts", gettext("済んだ回答と残り（件）"), parts)),
        "quarters": _over_quarters(figures.quarters),
        "days": _days(figures.days),
    }


def _shares(id_: str, title: str, shares: Sequence[Share]) -> Iterator[Markup]:
    for start in range(0, len(shares), _BARS):
        some = shares[start : start + _BARS]
        more = gettext("（%(number)s）", number=start // _BARS + 1) if len(shares) > _BARS else ""
        series = [
            Series(gettext("判定済"), [each.said for each in some]),
            Series(gettext("残り"), [each.left for each in some]),
        ]
        labels = [each.name for each in some]
        yield stacked(Chart(f"{id_}{start}", title + more, title, labels, series, _unit()))


def _over_quarters(quarters: Sequence[Quarter]) -> list[Markup]:
    series = [
        Series(gettext(kind.label_ja), [each.counts.get(kind, 0) for each in quarters]) for kind in _kinds(quarters)
    ]
    if not series:
        return []
    title = gettext("指摘の移り変わり（件）")
    shown = most_and_rest(series, rest=gettext("その他"))
    return [columns(Chart("quarters", title, title, [each.label for each in quarters], shown, _unit()))]


def _days(days: Sequence[Days]) -> list[Markup]:
    if not any(each.count for each in days):
        return []
    title = gettext("開始から回答までの日数（回答の件数）")
    series = [Series(gettext("回答"), [each.count for each in days])]
    return [histogram(Chart("days", title, title, [span(each) for each in days], series, _unit()))]


def span(days: Days) -> str:
    """So many days, in words."""
    if days.last is None:
        return gettext("%(first)s日以上", first=days.first)
    if days.first == days.last:
        return gettext("%(first)s日", first=days.first)
    return gettext("%(first)s～%(last)s日", first=days.first, last=days.last)


def _unit() -> str:
    return gettext("件")
