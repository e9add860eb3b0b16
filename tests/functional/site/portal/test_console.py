"""What is prepared at the console and confirmed in the portal: by the person alone, as they read it, once (law 4).

The commands run over the city's own database; the pages are the portal's.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Table, select, update
from werkzeug.test import TestResponse

from iam.errors import IamError
from iam.policy.profile import Role
from iam.privilege import using
from iam.privilege.books import console_deed_table, delegation_table, use_table
from iam.privilege.console import DeedState
from iam.privilege.delegating import DelegationState
from iam.privilege.using import UseState
from iam.record.audit.chain import audit_record
from tests.functional.site.conftest import Ground
from tests.functional.site.given import Browser, City
from tests.functional.site.portal.members import Member, words
from tests.functional.site.portal.test_privileged import APP, ward_of
from tests.ward import Ward
from web.cli.privilege.privilege import privilege
from web.cli.wiring import Desk

PAGE = "/privilege/console"


@dataclass
class Play:
    """A body with its console, and people at their browsers."""

    city: City
    folder: Path
    ward: Ward
    user: Member
    witness: Member
    id: int

    # --- at the console

    @cached_property
    def desk(self) -> Desk:
        desk = Desk(self.folder / "iam.toml", {}, os.getuid())
        desk.__dict__["store"] = self.city.store
        return desk

    def runs(self, *args: str) -> Result:
        return CliRunner().invoke(privilege, args, obj=self.desk)

    def prepares(self, *args: str) -> str:
        """The code that the console tells."""
        told = self.runs(*args, "--json")
        assert told.exit_code == 0, (told.output, told.exception)
        said: dict[str, Any] = json.loads(told.stdout)
        assert said["place"].endswith(PAGE)
        assert re.fullmatch("[ACDEFGHJKMNPQRTVWXY34679]{4}-[ACDEFGHJKMNPQRTVWXY34679]{4}", said["code"])
        return str(said["code"])

    def asks(self) -> str:
        return self.prepares("ask", str(self.id), "--purpose", "索引の作り直し", "--as", self.user.number)

    def refused(self, *args: str) -> str:
        told = self.runs(*args)
        assert isinstance(told.exception, IamError), told.output
        return str(told.exception)

    # --- in the portal

    def officer(self, role: Role) -> tuple[str, Browser]:
        number, browser = self.city.holder(role), self.city.client()
        self.city.signed_in(browser, number)
        return number, browser

    def deeds(self) -> list[Any]:
        with self.city.store.read() as connection:
            return list(connection.execute(select(console_deed_table).order_by(console_deed_table.c.id)))

    def states(self, table: Table) -> list[str]:
        with self.city.store.read() as connection:
            return list(connection.execute(select(table.c.state).order_by(table.c.id)).scalars())

    def recorded(self, action: str) -> list[tuple[str, str]]:
        with self.city.store.read() as connection:
            columns = audit_record.c
            query = select(columns.actor, columns.subject).where(columns.action == action).order_by(columns.number)
            return [(row.actor, row.subject) for row in connection.execute(query)]


def types(browser: Browser, code: str) -> TestResponse:
    return browser.send(PAGE, {"code": code})


def opens(browser: Browser, code: str) -> str:
    """The page of the deed."""
    answer = types(browser, code)
    assert answer.status_code == HTTPStatus.SEE_OTHER, words(answer)
    return str(answer.location)


def confirms(browser: Browser, page: str) -> TestResponse:
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(page).get_data(as_text=True))
    assert found, words(browser.get(page))
    return browser.send(page, {"seen": found[1]})


def played(city: City, ground: Ground, folder: Path) -> Play:
    shutil.copytree(ground.file.parent, folder)
    ward = ward_of(city)
    user, witness = Member.of(city, 0).with_key(), Member.of(city, 1).with_app()
    id_ = ward.registers("juki-kanri", emergency=True)
    city.signed_in(user.browser, user.number)
    city.signed_in(witness.browser, witness.number, proofs=APP)
    return Play(city, folder, ward, user, witness, id_)


@pytest.fixture
def walk(city: City, ground: Ground, tmp_path: Path) -> Play:
    return played(city, ground, tmp_path / "files")


@pytest.fixture
def play(city_sqlite: City, ground: Ground, tmp_path: Path) -> Play:
    found = played(city_sqlite, ground, tmp_path / "files")
    found.ward.delegates(found.user.id, [found.id])
    return found


def used(play: Play) -> None:
    """Asked for and witnessed by what the console prepared; open on the target, and ended."""
    user, seer = play.user.browser, play.witness.browser
    asked = confirms(user, opens(user, play.asks()))
    assert asked.location == "/privilege/uses/1", words(asked)
    joined = confirms(seer, opens(seer, play.prepares("join", "1", "--as", play.witness.number)))
    assert joined.location == "/privilege/witness/1", words(joined)
    play.ward.works()
    assert play.states(use_table) == [UseState.OPEN]
    assert play.runs("end", "1", "--reason", "済んだ").exit_code == 0
    play.ward.works()


def test_a_privileged_id_is_nominated_approved_used_and_recorded_from_the_console(walk: Play) -> None:
    (head, heads), (approver, approves) = (walk.officer(role) for role in (Role.GENERAL_OFFICER, Role.APPROVER))
    nomination = ("nominate", walk.user.number, "--id", str(walk.id), "--until", "2026-12-20", "--reason", "保守の担当")
    page = opens(heads, walk.prepares(*nomination, "--as", head))
    shown = words(heads.get(page))
    assert [
        each for each in ("保守の担当", walk.user.number, "juki-kanri", "承認されるまで") if each not in shown
    ] == []
    assert walk.states(delegation_table) == [], "nothing is done by reading it"
    assert confirms(heads, page).location == "/office/privilege/delegations/1"
    confirms(approves, opens(approves, walk.prepares("approve", "1", "--as", approver).lower()))
    assert walk.states(delegation_table) == [DelegationState.LIVE]

    used(walk)
    record = walk.prepares(
        "record", "1", "--text", "索引を作り直した", "--decision", "情第5号", "--as", walk.user.number
    )
    confirms(walk.user.browser, opens(walk.user.browser, record))
    page = opens(walk.witness.browser, walk.prepares("confirm-record", "1", "--as", walk.witness.number))
    assert "情第5号" in words(walk.witness.browser.get(page))
    confirms(walk.witness.browser, page)
    with walk.city.store.read() as connection:
        found = using.use(connection, 1)
    assert (found.confirmed_by, found.decision_number) == (walk.witness.id, "情第5号")
    assert {row.state for row in walk.deeds()} == {DeedState.DONE}
    assert walk.recorded("use.asked") == [(f"staff:{walk.user.number}", "use 1")], "the person, not the account"


def test_a_console_that_waits_learns_what_came_of_it(play: Play) -> None:
    told: list[Result] = []
    args = ("ask", str(play.id), "--purpose", "点検", "--as", play.user.number, "--wait", "--json")
    waiting = Thread(target=lambda: told.append(play.runs(*args)))
    play.city.clock.forward(minutes=10)
    waiting.start()
    while not play.deeds():
        waiting.join(0.05)
    play.city.clock.forward(minutes=10)
    waiting.join(20)
    assert (told[0].exit_code, json.loads(told[0].stdout)["state"]) == (3, "lapsed")


def test_only_the_person_opens_it_and_only_by_its_code(play: Play) -> None:
    code = play.asks()
    assert "準備された操作はありません" in words(types(play.witness.browser, code)), "another's code"
    assert play.witness.browser.get(f"{PAGE}/1").status_code == HTTPStatus.NOT_FOUND
    assert play.user.browser.get(f"{PAGE}/1").status_code == HTTPStatus.NOT_FOUND, "its code was not typed"
    assert "あなたの確定を待っている操作が1件" in words(play.user.browser.get("/privilege"))
    for _ in range(4):
        assert "準備された操作はありません" in words(types(play.user.browser, "AAAA-AAAA"))
    assert "無効にしました" in words(types(play.user.browser, "AAAA-AAAA"))
    assert types(play.user.browser, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [row.state for row in play.deeds()] == [DeedState.LOCKED]
    assert len(play.recorded("console.mistyped")) == 7


def test_it_lapses_is_done_once_and_may_be_put_aside(play: Play) -> None:
    browser, code = play.user.browser, play.asks()
    play.city.clock.forward(minutes=11)
    assert types(browser, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY, "lapsed before its code"
    read = opens(browser, play.asks())
    seal = play.deeds()[-1].seal
    play.city.clock.forward(minutes=11)
    assert "時間切れ" in words(browser.send(read, {"seen": seal}, of=PAGE)), "lapsed before it was confirmed"

    play.city.signed_in(browser, play.user.number)
    code = play.asks()
    page, seal = opens(browser, code), play.deeds()[-1].seal
    assert types(browser, code).status_code == HTTPStatus.UNPROCESSABLE_ENTITY, "a code opens once"
    assert confirms(browser, page).location == "/privilege/uses/1"
    assert "完了" in words(browser.send(page, {"seen": seal}, of=PAGE)), "twice"
    assert play.states(use_table) == [UseState.ASKED]

    urgent = ("emergency", str(play.id), "--reason", "障害", "--purpose", "復旧", "--as", play.user.number)
    page = opens(browser, play.prepares(*urgent))
    browser.send(f"{page}/cancel", of=page)
    assert "取りやめ" in words(browser.get(page))
    assert play.states(use_table) == [UseState.ASKED]


def test_what_was_changed_on_the_way_is_not_done(play: Play) -> None:
    browser = play.user.browser
    page = opens(browser, play.asks())
    with play.city.store.act("sql") as act:
        content = {**play.deeds()[0].content, "minutes": 240}
        act.connection.execute(update(console_deed_table).values(content=content))
    assert "書き換えられています" in words(confirms(browser, page))
    assert (play.states(use_table), play.deeds()[0].state) == ([], DeedState.REFUSED)


def test_a_refusal_is_told_in_the_words_of_the_verb_and_remembered(play: Play) -> None:
    approver, browser = play.officer(Role.APPROVER)
    assert "役割" in play.refused("approve", "1", "--as", play.user.number)
    assert "台帳にいません" in play.refused("approve", "1", "--as", "99999999")
    other = play.ward.registers("juki-betsu")
    nominated = str(play.ward.nominates(play.user.id, [other]).id)
    first, second = (opens(browser, play.prepares("approve", nominated, "--as", approver)) for _ in range(2))
    assert confirms(browser, first).status_code == HTTPStatus.SEE_OTHER
    assert "承認待ちではありません" in words(confirms(browser, second))
    assert "承認待ちではありません" in words(browser.get(second)), "it stays told"
    assert [row.state for row in play.deeds()] == [DeedState.DONE, DeedState.REFUSED]
    officer = f"staff:{approver}"
    assert play.recorded("privilege.refused") == [(officer, f"delegation {nominated}")]
    assert play.recorded("console.refused") == [(officer, "console_deed 2")]


def test_what_was_written_anew_meanwhile_is_not_confirmed(play: Play) -> None:
    user, browser = play.user, play.witness.browser
    used(play)
    for text in ("直した", "別のことをした"):
        if text != "直した":
            page = opens(browser, play.prepares("confirm-record", "1", "--as", play.witness.number))
        confirms(user.browser, opens(user.browser, play.prepares("record", "1", "--text", text, "--as", user.number)))
    assert "内容が変わりました" in words(confirms(browser, page))
    with play.city.store.read() as connection:
        assert using.use(connection, 1).confirmed_at is None


def test_whoever_will_use_proves_themselves_by_a_key_first(play: Play) -> None:
    browser = play.city.client()
    play.city.signed_in(browser, play.user.number, proofs=APP)
    page = opens(browser, play.asks())
    sent = confirms(browser, page)
    assert ("/prove" in sent.location, "resistant=1" in sent.location, page in sent.location) == (True, True, True)
    assert [row.state for row in play.deeds()] == [DeedState.OPENED], "it waits for that"
    assert play.runs("reveal", "1").exit_code != 0


def test_a_text_that_no_page_shows_and_too_many_deeds_are_not_prepared(play: Play) -> None:
    for text in ("索引\u202eの作り直し", "あ" * 501):
        assert play.refused("ask", str(play.id), "--purpose", text, "--as", play.user.number)
    for _ in range(5):
        play.asks()
    assert "5件" in play.refused("ask", str(play.id), "--purpose", "点検", "--as", play.user.number)
