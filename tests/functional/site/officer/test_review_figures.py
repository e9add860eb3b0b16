"""The figures of a review: charts with their tables, for whoever sees the whole review."""

import re
from datetime import timedelta
from typing import Final
from xml.etree import ElementTree as ET

from sqlalchemy import insert

from iam.policy.profile import Role
from iam.review.books import campaign_answer_table
from iam.review.campaigns import lines
from iam.review.words import FindingKind, How, Part, Verdict
from tests.functional.site.given import Browser, City
from tests.reviewed import opened

AFTER: Final = (1, 1, 9)
"""Days from the opening to each answer."""


def text(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def rows(html: str, section: str) -> list[list[str]]:
    """The cells of the table of a section."""
    inside = html.partition(f'aria-labelledby="{section}"')[2].partition("</section>")[0]
    found = re.findall(r"<tr>(.*?)</tr>", inside.partition("<tbody>")[2], re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in found]


def numbers(html: str) -> dict[str, list[int]]:
    """The numbers of each chart's boxes, by the chart's id; each chart is sound XML."""
    found: dict[str, list[int]] = {}
    for each in re.findall(r"<svg xmlns.*?</svg>", html, re.DOTALL):
        chart = ET.fromstring(each)  # noqa: S314 - our own page
        boxes = [box.findtext("{*}title") or "" for box in chart.iterfind("{*}rect")]
        id_ = chart.attrib["aria-labelledby"].partition("-")[0]
        found[id_] = [int(box.rsplit(" ", 1)[1].removesuffix("件").replace(",", "")) for box in boxes if box]
    return found


def kept(city: City, campaign_id: int) -> None:
    """The general officer keeps as many lines as there are days in AFTER."""
    officer = city.entrant(city.holder(Role.GENERAL_OFFICER)).person_id
    with city.store.act("test") as act:
        some = [each for each in lines(act.connection, campaign_id) if each.person_id is None][: len(AFTER)]
        act.connection.execute(
            insert(campaign_answer_table),
            [
                {
                    "campaign_id": campaign_id, "part": Part.GENERAL, "line_id": line.id, "verdict": Verdict.KEEP,
                    "rights": [], "reason": "確認済", "how": How.PAGE, "answered_by": officer,
                    "answered_at": act.at + timedelta(days=days), "revision": number,
                }
                for number, (line, days) in enumerate(zip(some, AFTER, strict=True), 1)
            ],
        )  # fmt: skip


def test_every_number_of_a_chart_stands_in_the_table_beside_it(city_sqlite: City) -> None:
    city = city_sqlite
    opening = opened(city.store, city.deployment)
    page = f"/office/review/{opening.campaign.id}/figures"
    officer = city.somebody(Role.GENERAL_OFFICER)
    assert "回答はまだありません" in text(officer, page)
    kept(city, opening.campaign.id)

    html = text(officer, page)
    charts = numbers(html)

    departments = rows(html, "by-department")
    asked, said = (sum(int(row[at].replace(",", "")) for row in departments) for at in (1, 2))
    assert asked == sum(system.lines for system in opening.systems)
    assert (said, sum(charts["departments0"])) == (len(AFTER), asked)
    assert [row[0] for row in rows(html, "by-part")] == ["人事（職員）", "情報システムの責任者（ID）", "統括（ID）"]
    found = rows(html, "over-quarters")
    assert FindingKind.ROGUE.label_ja in [row[0] for row in found]
    assert sum(int(row[1].replace(",", "")) for row in found) == sum(charts["quarters"])
    taken = {row[0]: row[1] for row in rows(html, "days-taken")}
    assert (taken["1日"], taken["8～14日"], charts["days"]) == ("2", "1", [2, 1])
    assert 'style="' not in html

    for role, status in ((Role.HR_OFFICER, 200), (Role.AUDITOR, 200), (Role.SYSTEM_OWNER, 403), (None, 403)):
        text(city.somebody(role), page, status)
    text(officer, "/office/review/999/figures", 404)
