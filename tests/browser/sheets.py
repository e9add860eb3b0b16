"""A sheet of a review that went out to the owner of a system and came back: taken, to be corrected, overtaken.

The one law: *by the verbs of whoever does them*, as in tour.py; filled in by a spreadsheet's own writer.
"""

import io

from openpyxl import load_workbook

from connectors.returned import read_book
from iam.policy.profile import Role
from iam.review.campaigns import campaign
from iam.review.deciding.answers import Answering, Wish, answer
from iam.review.returned.columns import ANSWERS, CONTROL
from iam.review.returned.marks import row_of
from iam.review.returned.sheets import Sheet, Wanted, make_sheet
from iam.review.returned.taking import examine, take_back
from iam.review.returned.told import Taken
from iam.review.words import Part, Verdict
from tests.browser.city import City
from web.paper.returned.worksheet import file_name, worksheet

_ROW = 4
_VERDICT, _UNTIL, _REASON = "L", "M", "P"


def furnish_sheet(city: City, campaign_id: int) -> int:
    """What came back, by its number."""
    owner = city.id_of(city.cast.one(Role.SYSTEM_OWNER))
    with city.store.act("test") as act:
        sheet = make_sheet(act, city.door, campaign(act.connection, campaign_id), Wanted(Part.OWNER, owner))
    _overtaken(city, sheet, owner)
    with city.store.read() as connection:
        examined = examine(connection, city.door, read_book(file_name(sheet), _filled(sheet), (ANSWERS, CONTROL)))
    with city.store.act("test") as act:
        done = take_back(act, city.door, examined, owner)
    assert isinstance(done, Taken)
    assert (done.taken, len(done.problems), len(done.conflicts)) == (1, 2, 1)
    return done.return_id


def _overtaken(city: City, sheet: Sheet, owner: int) -> None:
    """The third row is answered on the page meanwhile."""
    named = row_of(sheet.rows[2].key)
    assert named
    who = Answering(sheet.campaign.id, Part.OWNER, owner)
    with city.store.act("test") as act:
        seen = campaign(act.connection, sheet.campaign.id).revision
        answer(act, city.door, who, Wish(Verdict.REMOVE, seen, line_id=named[1], reason="使われていないため"))


def _filled(sheet: Sheet) -> bytes:
    book = load_workbook(io.BytesIO(worksheet(sheet)))
    page = book[ANSWERS]
    for row, (verdict, until, reason) in enumerate(
        (("停止", "", "使われていないため"), ("期限で終了", "来年の3月", "年度末まで"), ("停止", "", "不要のため"),
         ("たぶん継続", "", "確かめます")), _ROW
    ):  # fmt: skip
        for column, value in ((_VERDICT, verdict), (_UNTIL, until), (_REASON, reason)):
            page[f"{column}{row}"].value = value or None
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
