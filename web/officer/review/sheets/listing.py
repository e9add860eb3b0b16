"""The sheets of a review: which went out, which came back, and what was not taken of each.

The one law: *a cell that was not taken is told until it is dealt with*: on the page, and as a file to work through.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from flask import Blueprint, render_template
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import NotFound
from iam.review.campaigns import Campaign
from iam.review.returned.sheets import SheetRecord, scope_words, sheets_of
from iam.review.returned.taking import returns_of
from iam.review.returned.told import CellProblem, Taken
from iam.review.words import CampaignState, Part
from web.officer.privilege.bounds import called, names_of
from web.officer.progress.sheet import text
from web.officer.review.bounds import bounds, reading, seen_campaign
from web.officer.review.words import review_tabs, way
from web.officer.ways import opens
from web.site.site import entrant, the_site

pages = Blueprint("review_sheets", __name__)

_BOM: Final = "\ufeff"

SHOWN: Final = 200
"""Cells on a page; the file has all of them."""


@dataclass(frozen=True)
class Row:
    """One sheet with what came back of it, the newest first."""

    sheet: SheetRecord
    scope: str
    returns: Sequence[Taken]

    @property
    def taken(self) -> int:
        """Answers that were taken of it."""
        return sum(each.taken for each in self.returns)


@pages.get("/office/review/<long:id_>/sheets")
def page(id_: int) -> str:
    """What went out and came back, as far as this officer sees."""
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
        found = rows(connection, campaign)
        named = {each.sheet.made_for for each in found} | {one.returned_by for each in found for one in each.returns}
        return render_template(
            "officer/review/sheets/list.html", campaign=campaign, rows=found, parts=_parts(connection, campaign),
            names=names_of(connection, {each for each in named if each is not None}),
            called=called, tabs=review_tabs(entrant(), campaign), way=way(campaign),
        )  # fmt: skip


def _parts(connection: Connection, campaign: Campaign) -> Collection[Part]:
    """In which parts this officer makes sheets and hands them in today."""
    if campaign.state is not CampaignState.OPEN or not opens("review_sheet_making.page", entrant()):
        return ()
    return reading(connection).parts


def rows(connection: Connection, campaign: Campaign) -> list[Row]:
    """The sheets that this officer sees: their own, and those that they handed in; heads and auditors all."""
    by_sheet: dict[int, list[Taken]] = {}
    for each in returns_of(connection, campaign.id):
        by_sheet.setdefault(each.sheet_id, []).append(each)
    me, whole = entrant().person_id, bounds(connection) is None
    return [
        Row(sheet, scope_words(connection, campaign.id, sheet.scope), by_sheet.get(sheet.id, ()))
        for sheet in sheets_of(connection, campaign.id)
        if whole or me in {sheet.made_for, *(each.returned_by for each in by_sheet.get(sheet.id, ()))}
    ]


def _seen(connection: Connection, id_: int, return_id: int) -> tuple[Campaign, Row, Taken]:
    """One return, of a sheet that this officer sees.

    Raises:
        NotFound: there is none, or not for this officer.
    """
    campaign = seen_campaign(connection, id_)
    for row in rows(connection, campaign):
        for each in row.returns:
            if each.return_id == return_id:
                return campaign, row, each
    raise NotFound(gettext("そのシートは取り込まれていません。一覧から開き直してください。"))


@pages.get("/office/review/<long:id_>/sheets/returns/<long:return_id>")
def returned(id_: int, return_id: int) -> str:
    """What became of one file."""
    with the_site().store.read() as connection:
        campaign, row, found = _seen(connection, id_, return_id)
        return render_template(
            "officer/review/sheets/returned.html", campaign=campaign, row=row, found=found, shown=SHOWN,
            names=names_of(connection, [found.returned_by]), way=sheets_way(campaign),
            called=called, again=bool(_parts(connection, campaign)),
        )  # fmt: skip


@pages.get("/office/review/<long:id_>/sheets/returns/<long:return_id>/cells")
def cells(id_: int, return_id: int) -> Response:
    """Every cell that was not taken, as a file."""
    with the_site().store.read() as connection:
        _, row, found = _seen(connection, id_, return_id)
    told = [*_kind(gettext("ほかの人が回答済み"), found.conflicts), *_kind(gettext("直すところ"), found.problems)]
    return listed(told, f"{row.sheet.id}-{return_id}")


def _kind(name: str, problems: Sequence[CellProblem]) -> list[list[str]]:
    return [[name, each.sheet, each.cell, each.words] for each in problems]


def listed(found: Sequence[Sequence[str]], number: str) -> Response:
    """A list as a file: UTF-8 with a mark at its beginning, as spreadsheets want it."""
    heading = [gettext("種類"), gettext("シート"), gettext("セル"), gettext("内容")]
    answer = Response(_BOM + text([heading, *found]), mimetype="text/csv")
    name = quote(f"{gettext('取り込めなかった欄')}-{number}.csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"cells-{number}.csv\"; filename*=UTF-8''{name}"
    return answer


def sheets_way(campaign: Campaign) -> Sequence[tuple[str, str]]:
    """What lies above a page below this one."""
    return [*way(campaign), *((label, to) for label, to in review_tabs(entrant(), campaign) if to.endswith("/sheets"))]
