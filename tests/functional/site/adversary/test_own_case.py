"""R17: nobody decides their own case, by page, by a bare POST, through another role, row or clock; and nothing twice.

Each try is refused or settled with one clear reason, changes nothing that is watched, and is remembered.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from threading import Barrier, Thread
from typing import Final

import pytest
from sqlalchemy import func, insert, select, update
from werkzeug.test import TestResponse

from iam.access.accounts import account_table
from iam.errors import Busy, Conflict, Forbidden
from iam.office.books import assignment_table, case_table
from iam.office.roles import How
from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.privilege import delegating, using
from iam.privilege.books import delegation_table
from iam.privilege.using import UseState
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from tests.functional.site.adversary.forms import Fields, filled
from tests.functional.site.adversary.stage import Stage, Stages
from tests.functional.site.given import MORNING, Browser, City
from tests.functional.site.portal.members import words
from tests.memory import MemoryTarget
from tests.ward import Ward

Arrange = Callable[[Stage], None]


def nothing(_: Stage) -> None:
    """As it stands."""


def named(part: str, *roles: Role) -> Arrange:
    """They come to hold other roles as well."""

    def arrange(stage: Stage) -> None:
        day = jst_day(stage.city.clock())
        with stage.city.store.act("test") as act:
            for role in roles:
                act.connection.execute(
                    insert(assignment_table).values(
                        person_id=stage.person(part), role=role, kind=How.NAMED, valid_from=day, valid_until=day,
                        reason="兼ねる", given_at=act.at,
                    )
                )  # fmt: skip

    return arrange


def deputising(part: str, holder: str, role: Role) -> Arrange:
    """They stand in for somebody."""

    def arrange(stage: Stage) -> None:
        day = jst_day(stage.city.clock())
        with stage.city.store.act("test") as act:
            act.connection.execute(
                insert(assignment_table).values(
                    person_id=stage.person(part), role=role, kind=How.DEPUTY, deputises_id=stage.person(holder),
                    valid_from=day, valid_until=day, reason="出張", given_at=act.at,
                )
            )  # fmt: skip

    return arrange


def later(**span: float) -> Arrange:
    """The clock is elsewhere."""

    def arrange(stage: Stage) -> None:
        stage.city.clock.at += timedelta(**span)

    return arrange


def moved(part: str) -> Arrange:
    """They were given another post: whatever the post gave is gone."""

    def arrange(stage: Stage) -> None:
        columns = appointment_table.c
        with stage.city.store.act("sql") as act:
            theirs = update(appointment_table).where(columns.person_id == stage.person(part))
            act.connection.execute(theirs.values(org_code="0301", title_code="080"))

    return arrange


def rewritten(table: str, **values: object) -> Arrange:
    """A row was altered past the rules."""

    def arrange(stage: Stage) -> None:
        tables = {
            "nomination": (delegation_table, stage.at["nomination"]), "live": (delegation_table, stage.at["live"]),
            "case": (case_table, stage.at["case"]),
        }  # fmt: skip
        found, id_ = tables[table]
        with stage.city.store.act("sql") as act:
            act.connection.execute(update(found).where(found.c.id == id_).values(**values))

    return arrange


@dataclass(frozen=True)
class Try:
    """Who tries what, after what; `says`: what the answer, or the page after it, must say."""

    who: str
    page: str
    says: str
    after: Arrange = nothing
    said: Mapping[str, str] = field(default_factory=dict)
    first: Arrange = nothing
    """What happens before the form is opened."""


REFUSED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})
SETTLED: Final = frozenset({HTTPStatus.SEE_OTHER, HTTPStatus.UNPROCESSABLE_ENTITY})
NOMINATION: Final = "/office/privilege/delegations/{nomination}"
CASE: Final = "/office/cases/{case}/decide"
NEW: Final = "/office/privilege/delegations/new"

TRIES: Final = {
    # one's own: by the page, by roles one has besides, through a deputy
    "nominator approves": Try(
        "general_officer", f"{NOMINATION}/approve", "あなたが指名したので",
        first=named("general_officer", Role.APPROVER),
    ),
    "delegate approves": Try(
        "witness", f"{NOMINATION}/approve", "あなたに任せる指名なので", first=named("witness", Role.APPROVER)
    ),
    "nominator as the approver's deputy": Try(
        "general_officer", f"{NOMINATION}/approve", "あなたが指名したので",
        first=deputising("general_officer", "approver", Role.APPROVER),
    ),
    "deputy without an exception": Try(
        "operator", f"{NOMINATION}/approve", "あなたの役職では、承認できません",
        first=deputising("operator", "approver", Role.APPROVER),
    ),
    "asker confirms": Try("operator", CASE, "自分が申請", first=named("operator", Role.GENERAL_OFFICER)),
    "user approves their emergency": Try(
        "delegate", "/office/privilege/uses/{use_urgent}/approve", "事後の承認はできません",
        first=named("delegate", Role.APPROVER),
    ),
    "user confirms their record": Try("delegate", "/privilege/uses/{use_written}/confirm", "自分"),
    "user is the witness": Try("delegate", "/privilege/witness/{use_asked}/join", "自分"),
    "nominates themselves": Try(
        "general_officer", NEW, "自分",
        said={"delegate": "{number_general_officer}", "ids": "{id_free}", "first": "2026-11-20", "last": "2026-11-27"},
    ),
    # another's ID, and what is no ID of anybody's
    "another's use": Try("operator", "/privilege/uses/{use_open}/secret", "その特権IDの利用はありません"),
    "a person's own login as a privileged ID": Try(
        "operator", "/office/privilege/ids/new", "利用者IDとして使われています",
        said={"system": "groupware", "login": "{login_victim}", "mode": "secret", "most_holders": "1", "right": "",
              "note": ""},
    ),
    # what changed between asking and deciding
    "asker lost the role": Try("general_officer", CASE, "いまはその役職にありません", after=moved("operator")),
    "decider lost the role": Try("general_officer", CASE, "確認する権限がありません", after=moved("general_officer")),
    "nominator lost the role": Try(
        "approver", f"{NOMINATION}/approve", "指名できる立場にありません", after=moved("general_officer")
    ),
    "delegate moved": Try("approver", f"{NOMINATION}/approve", "", after=moved("witness")),
    "case rewritten": Try("general_officer", CASE, "内容が変わっています", after=rewritten("case", reason="別の理由")),
    "case and its hash rewritten": Try(
        "general_officer", CASE, "内容が変わっています", after=rewritten("case", content_hash="0" * 64)
    ),
    "nomination rewritten": Try(
        "approver", f"{NOMINATION}/approve", "内容", after=rewritten("nomination", conditions="何でもよい")
    ),
    "delegation rewritten after its approval": Try(
        "delegate", "/privilege/ask/{id_free}", "指名されていません", after=rewritten("live", conditions="何でもよい"),
        said={"minutes": "15"},
    ),
    # time
    "lapsed nomination": Try("approver", f"{NOMINATION}/approve", "承認を待っていません", after=later(days=60)),
    "lapsed case": Try("general_officer", CASE, "期限切れ", after=later(days=8)),
    "lapsed request": Try("witness", "/privilege/witness/{use_asked}/join", "時間切れ", after=later(days=1)),
    "window in the past": Try(
        "general_officer", NEW, "今日以降",
        said={"delegate": "{number_witness}", "ids": "{id_past}", "first": "2026-11-01", "last": "2026-11-27"},
    ),
    "a use of no length": Try(
        "delegate", "/privilege/ask/{id_free}", "選択肢が正しくありません", said={"minutes": "0"}
    ),
    "a use past the cap": Try(
        "delegate", "/privilege/ask/{id_free}", "選択肢が正しくありません", said={"minutes": "721"}
    ),
    "clock set back": Try(
        "delegate", "/privilege/uses/{use_open}/secret", "もう一度、本人を確認します", after=later(hours=-2)
    ),
    # twice
    "a use started twice": Try("delegate", "/privilege/ask/{id_asked}", "すでに始めています", said={"minutes": "15"}),
    "an open ID asked for again": Try("delegate", "/privilege/ask/{id_open}", "すでに始めています"),
    "an ended use ended again": Try("delegate", "/privilege/uses/{use_past}/end", "利用は終わり"),
    "approved without having seen it": Try(
        "approver", f"{NOMINATION}/approve", "", said={"seen": "0" * 64}
    ),
}  # fmt: skip


def known(stage: Stage) -> dict[str, object]:
    logins = {}
    with stage.city.store.read() as connection:
        columns = account_table.c
        query = select(columns.login).where(columns.person_id == stage.person("victim"), columns.system == "groupware")
        logins["login_victim"] = connection.execute(query).scalars().first()
    people = {f"person_{part}": stage.person(part) for part in ("delegate", "witness", "victim")}
    return {**stage.at, **people, **logins, **{f"number_{part}": number for part, number in stage.numbers.items()}}


def refusals(stage: Stage) -> int:
    with stage.city.store.read() as connection:
        query = select(func.count()).where(audit_record.c.action.like("%.refused"))
        return int(connection.execute(query).scalar_one())


def heard(browser: Browser, answer: TestResponse) -> str:
    """What the person reads: the answer, and the page that it leads to."""
    text = words(answer)
    if answer.status_code == HTTPStatus.SEE_OTHER and answer.location:
        text += words(browser.get(answer.location))
    return html.unescape(re.sub(r"\s+", " ", text))


def tried(stages: Stages, attempt: Try) -> tuple[TestResponse, str, bool, int]:
    stage = stages.put_back(stages.honest)
    attempt.first(stage)
    place = attempt.page.format(**known(stage))
    browser = stage.browser(attempt.who)
    page = browser.get(place)
    text = page.get_data(as_text=True) if page.status_code == HTTPStatus.OK else ""
    form: Fields = filled(text, {name: value.format(**known(stage)) for name, value in attempt.said.items()})
    if "seen" not in form and attempt.page == f"{NOMINATION}/approve":
        # A bare POST: whoever is shown no form sends what it would have held.
        with stage.city.store.read() as connection:
            columns = delegation_table.c
            query = select(columns.content_hash).where(columns.id == stage.at["nomination"])
            form = {"seen": connection.execute(query).scalar_one(), "sure": "y"}
    elif not form and attempt.page == CASE:
        with stage.city.store.read() as connection:
            query = select(case_table.c.content_hash).where(case_table.c.id == stage.at["case"])
            form = {"seen": connection.execute(query).scalar_one(), "sure": "y"}
    token = browser.token()
    attempt.after(stage)
    if stage.city.clock.at != MORNING and attempt.who != "delegate":
        browser = stage.browser(attempt.who)
        token = browser.token()
    stage.city.app.extensions.pop("kagimori-refusals", None)  # what another try has filled
    before, count = stage.dump(), refusals(stage)
    answer = browser.post(place, data={"csrf_token": token, **form})
    changed = stage.dump() != before
    return answer, heard(browser, answer), changed, refusals(stage) - count


@pytest.mark.parametrize("name", TRIES)
def test_it_is_refused_for_one_clear_reason(stages: Stages, name: str) -> None:
    attempt = TRIES[name]
    answer, text, changed, remembered = tried(stages, attempt)
    assert (changed, answer.status_code in {*REFUSED, *SETTLED}) == (False, True), text
    assert attempt.says in text
    # What a form lacks, and what is over already, is nobody's attempt at anything.
    assert remembered or answer.status_code in SETTLED


def race(*deeds: Callable[[], object]) -> list[str]:
    """What became of deeds that begin at the same instant: "" or the refusal."""
    gate, said = Barrier(len(deeds)), list[str]()

    def run(deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            deed()
            said.append("")
        except (Conflict, Forbidden, Busy) as refusal:
            said.append(str(refusal))

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def test_of_two_at_the_same_instant_one_is_first_and_the_other_is_told(stages: Stages) -> None:
    stage = stages.put_back(stages.honest)
    named("hr_officer", Role.APPROVER)(stage)
    city, id_ = stage.city, stage.at["nomination"]
    with city.store.read() as connection:
        seen = connection.execute(
            select(delegation_table.c.content_hash).where(delegation_table.c.id == id_)
        ).scalar_one()

    def approves(part: str) -> Callable[[], object]:
        person = stage.person(part)

        def deed() -> None:
            with city.store.act("test") as act:
                delegating.approve(act, city.door, id_, person, seen)

        return deed

    first, second = race(approves("approver"), approves("hr_officer"))
    assert (first, bool(second)) == ("", True)

    def ends() -> None:
        with city.store.act("test") as act:
            using.end(act, city.door, stage.at["use_open"], stage.person("delegate"))

    race(ends, ends)
    with city.store.read() as connection:
        query = select(func.count()).where(
            audit_record.c.action == "use.ended", audit_record.c.subject == f"use {stage.at['use_open']}"
        )
        assert connection.execute(query).scalar_one() == 1
        assert using.use(connection, stage.at["use_open"]).state is UseState.CLOSING


def test_a_restart_in_the_middle_loses_no_end(stages: Stages) -> None:
    stage = stages.put_back(stages.honest)
    city = stage.city
    with city.store.act("test") as act:
        using.end(act, city.door, stage.at["use_open"], stage.person("delegate"))
    again = City(city.deployment, city.keys, city.url, city.known, clock=city.clock)
    ward = Ward(again.store, again.door, 0, 0, 0)
    ward.targets["juki"] = MemoryTarget("juki")
    for name in ("past", "written", "urgent", "open", "asked", "free"):
        ward.targets["juki"].place(f"juki-{name}", enabled=name == "open")
    ward.works()
    with again.store.read() as connection:
        assert using.use(connection, stage.at["use_open"]).state is UseState.CLOSED
    assert not ward.targets["juki"].is_on("juki-open")
    again.store.dispose()
