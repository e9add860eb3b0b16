"""Enrolment by department: counted, drawn, listed, and taken along as a file."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import select, update

from iam.office.roles import holdings_of, units_of, within
from iam.people.ledger import appointment_table, person_table
from iam.policy.profile import Role
from iam.signin.desk import progress
from iam.signin.desk.progress import Stage, Whom
from tests.functional.site.given import MORNING, City
from tests.functional.site.officer.desk import Desk, an_officer, at_desk, only
from tests.functional.site.portal.members import Member, audited, words

TODAY = MORNING.date()
PAGE = "/office/enrolment"
BOM = "\ufeff"


@pytest.fixture
def some(city: City) -> City:
    """A few have enrolled, a few have only a password."""
    for which in range(6):
        member = Member.of(city, which * 7)
        if which % 2:
            member.with_app()
    return city


def total(city: City) -> dict[Stage, int]:
    with city.store.read() as connection:
        staff = progress.listed(connection, city.door.offices, TODAY, Whom(list(Stage)))
    return {stage: sum(each.stage is stage for each in staff) for stage in Stage}


def rows(page: str) -> list[list[str]]:
    """The table of departments: name, percent, the stages, everybody."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in body.split("</tr>") if "<td" in row]
    return [[re.sub(r"<svg.*?</svg>|<[^>]+>", "", cell, flags=re.DOTALL).strip() for cell in row] for row in cells]


def test_the_table_adds_up_to_everybody_in_service(some: City) -> None:
    page = an_officer(some, Role.GENERAL_OFFICER).browser.get(PAGE)
    counted, stages = rows(page.text), total(some)
    assert len(counted) > 10
    for column, stage in enumerate(Stage, 3):
        assert sum(int(row[column]) for row in counted) == stages[stage]
    assert sum(int(row[6]) for row in counted) == sum(stages.values())
    assert f"{sum(stages.values())}人のうち{stages[Stage.DONE]}人が登録済" in words(page)


def test_the_chart_says_what_the_table_says_without_colour_alone(some: City) -> None:
    text = an_officer(some, Role.OPERATOR).browser.get(PAGE).text
    assert text.count('<svg class="bar ') == len(rows(text)) + 1
    for stage in Stage:
        assert stage.label_ja in text
    assert 'fill="url(#fill-begun)"' in text
    assert '<pattern id="fill-begun"' in text
    assert 'style="' not in text
    # Each bar is whole: its parts begin where the one before ends.
    for bar in re.findall(r'<svg class="bar .*?</svg>', text, re.DOTALL):
        parts = [(float(x), float(width)) for x, width in re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', bar)]
        assert abs(sum(width for _, width in parts) - 100) < 0.1
        assert [x for x, _ in parts] == sorted(x for x, _ in parts)


def test_one_goes_down_into_a_department(some: City) -> None:
    desk = an_officer(some, Role.HR_OFFICER)
    whole = {row[0]: row for row in rows(desk.browser.get(PAGE).text)}
    inside = rows(desk.browser.get(f"{PAGE}?unit=010000").text)
    assert sum(int(row[6]) for row in inside) == int(whole["総務部"][6])
    assert {"人事課", "財政課", "総務部（直属）"} <= {row[0] for row in inside}


def test_the_list_is_whom_to_ask_and_may_be_narrowed(some: City) -> None:
    desk, begun = an_officer(some, Role.OPERATOR), Member.of(some, 0)
    stages = total(some)
    listed = desk.opens(PAGE)
    assert f"{stages[Stage.BEGUN] + stages[Stage.NOT_BEGUN]}人（1～50人目）" in listed
    narrowed = desk.opens(f"{PAGE}?stage=begun")
    assert f"{stages[Stage.BEGUN]}人" in narrowed
    assert begun.number in narrowed
    assert "パスワードのみ" in narrowed
    for odd in ("?unit=<b>&stage=done", "?unit=%00&stage=", "?stage=x&page=x", "?unit='--"):
        assert desk.browser.get(f"{PAGE}{odd}").status_code in {200, 400}
    assert f"{stages[Stage.BEGUN] + stages[Stage.NOT_BEGUN]}人" in desk.opens(f"{PAGE}?unit=nowhere&stage=done")


# --- an owner of systems sees their own


def an_owner(city: City) -> tuple[Desk, frozenset[str]]:
    number = only(city, Role.SYSTEM_OWNER)
    desk = at_desk(city, number)
    with city.store.read() as connection:
        held = holdings_of(connection, city.door.offices, [desk.id], TODAY)[desk.id]
    return desk, units_of(held, Role.SYSTEM_OWNER)


def test_an_owner_sees_the_units_of_their_post_and_no_others(some: City) -> None:
    desk, bounds = an_owner(some)
    organisation = some.deployment.organisation
    with some.store.read() as connection:
        staff = progress.listed(connection, some.door.offices, TODAY, Whom(list(Stage)))
    mine = [each for each in staff if within(organisation, bounds, each.org_code, TODAY)]
    assert 0 < len(mine) < len(staff)
    page = desk.browser.get(PAGE).text
    assert sum(int(row[6]) for row in rows(page)) == len(mine)
    others = {each.staff_number for each in staff} - {each.staff_number for each in mine}
    assert not {number for number in others if number in page}
    elsewhere = next(unit.code for unit in organisation if unit.on(TODAY) and unit.code not in bounds
                     and not within(organisation, bounds, unit.code, TODAY))  # fmt: skip
    assert f'value="{elsewhere}"' not in page
    forced = desk.browser.get(f"{PAGE}?unit={elsewhere}").text
    assert sum(int(row[6]) for row in rows(forced)) == len(mine)
    file = desk.sends(f"{PAGE}/export?unit={elsewhere}")
    assert {row[0] for row in read(file.text)[1:]} <= {each.staff_number for each in mine}


def read(text: str) -> list[list[str]]:
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


# --- the file


def test_the_file_holds_whom_to_ask_and_that_it_was_taken_is_recorded(some: City) -> None:
    desk, stages = an_officer(some, Role.OPERATOR), total(some)
    asked = f"{PAGE}/export?stage=begun"
    assert "何人分を書き出したかが記録に残ります" in desk.opens(asked)
    assert audited(some, "progress.exported") == []
    answer = desk.sends(asked)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"enrolment-{TODAY}.csv" in answer.headers["Content-Disposition"]
    content = answer.get_data()
    assert content.startswith(b"\xef\xbb\xbf")
    heading, *lines = read(answer.text)
    assert heading[:3] == ["職員番号", "氏名", "読み"]
    assert len(lines) == stages[Stage.BEGUN]
    assert {line[-1] for line in lines} == {"パスワードのみ"}
    ((actor, subject, detail),) = audited(some, "progress.exported")
    assert (actor, subject) == (f"staff:{desk.number}", "enrolment")
    assert json.loads(detail) == {"people": len(lines), "stages": ["begun"], "unit": ""}


@pytest.mark.parametrize(
    "name", ["=1+1", "+81", "-1", "@SUM(A1)", "＝cmd", "\t=1", "　=1", 'a"b,c\nd', '=HYPERLINK("http://x")']
)
def test_no_cell_is_a_formula(city_sqlite: City, name: str) -> None:
    member = Member.of(city_sqlite)
    with city_sqlite.store.act("test") as act:
        changed = update(person_table).where(person_table.c.id == member.id).values(name=name)
        act.connection.execute(changed)
    answer = an_officer(city_sqlite, Role.OPERATOR).sends(f"{PAGE}/export")
    (line,) = [row for row in read(answer.text) if row[0] == member.number]
    assert line[1] in {name, f"'{name}"}
    assert not line[1].lstrip("\t 　").startswith(("=", "+", "-", "@", "＝"))


def test_a_file_needs_a_fresh_proof_and_our_token(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    assert desk.browser.post(f"{PAGE}/export").status_code == 400
    city_sqlite.clock.forward(minutes=6)
    assert desk.browser.get(f"{PAGE}/export?stage=begun").location == f"/prove?next={PAGE}/export%3Fstage%3Dbegun"
    assert audited(city_sqlite, "progress.exported") == []


def test_the_auditor_reads_and_takes_no_file_along(city_sqlite: City) -> None:
    auditor = an_officer(city_sqlite, Role.AUDITOR)
    assert "export" not in auditor.browser.get(PAGE).text
    assert auditor.browser.get(f"{PAGE}/export").status_code == 403


def test_whoever_holds_no_role_sees_no_progress(city_sqlite: City) -> None:
    assert city_sqlite.somebody().get(PAGE).status_code == 403
    assert at_desk(city_sqlite, only(city_sqlite, Role.DATA_OFFICER)).browser.get(PAGE).status_code == 403


def test_units_that_no_list_knows_are_a_group_of_their_own(city: City) -> None:
    member, told = Member.of(city), appointment_table.c
    with city.store.act("test") as act:
        mine = select(told.id).where(told.person_id == member.id)
        strange = update(appointment_table).where(told.id.in_(mine)).values(org_code="ZZZZ", org_name="なぞの室")
        act.connection.execute(strange)
    page = an_officer(city, Role.OPERATOR).browser.get(PAGE).text
    assert rows(page)[-1][0] == "組織の一覧にない所属"
    assert "なぞの室" in an_officer(city, Role.OPERATOR).opens(f"{PAGE}?stage=begun")
