"""Changing what the service runs with: proposed at the console, signed by an officer, confirmed by another (R19)."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from iam.errors import ConfigurationError, Conflict, Forbidden, IamError
from iam.jobs.urgent import carrier_of
from iam.office import cases
from iam.office.cases import Case, CaseState
from iam.office.changes import permits, proposing
from iam.office.changes.books import configuration_table
from iam.office.changes.configuration import EMERGENCY, TURN, Standing, judge
from iam.outbox.notices import notice_table
from iam.policy.profile import Role
from iam.ports import Target
from iam.privilege.using import UseState, Wish, ask, start_emergency, sweep, use
from iam.record.audit.chain import audit_record
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.sync.urgent import carry_out
from tests.functional.site.conftest import Ground
from tests.functional.site.given import Browser, City
from tests.functional.site.officer.test_cases import asked, seen
from tests.ward import Ward
from web.body.configuration import running_of
from web.body.deployment import Deployment, proved
from web.cli.exits import exit_code_of
from web.cli.night.sync import sync
from web.cli.setup.keys import roll_tokens_command, rotate_command
from web.cli.setup.proposing import propose_command, standing_command
from web.cli.wiring import Desk

SECRET = "kagi-no-himitsu"
ROOT = os.getuid() == 0


@dataclass
class Hall:
    """さくら市 with files of its own: a console, and the portal as it runs with the files of now."""

    folder: Path
    first: City
    made: list[Store] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "iam.toml"

    def deployment(self) -> Deployment:
        return proved(load(self.config, {}), str(self.config), [])

    def city(self) -> City:
        """The portal after it has read its files anew; one clock and one database for all."""
        keys = KeyRing.read(self.folder / "keys.json")
        found = City(self.deployment(), keys, self.first.url, self.first.known, clock=self.first.clock)
        found.__dict__["store"] = self.store()
        return found

    def store(self) -> Store:
        self.made.append(Store(self.first.url, KeyRing.read(self.folder / "keys.json"), self.first.clock))
        return self.made[-1]

    def change(self, file: str, was: str, is_: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert was in text
        path.write_text(text.replace(was, is_, 1), encoding="utf-8")

    def console(self, command: click.Command, *args: str) -> Result:
        desk = Desk(self.config, {}, os.getuid())
        desk.__dict__["store"] = self.store()
        result = CliRunner().invoke(command, args, obj=desk)
        desk.close()
        return result

    def proposed(self, reason: str = "接続先を加えた") -> int:
        done = self.console(propose_command, "--reason", reason, "--json")
        assert done.exit_code == 0, done.output or done.exception
        found = re.search(r'"id": ?(\d+)', done.stdout)
        assert found
        return int(found[1])

    def signed(self, city: City, id_: int, role: Role = Role.OPERATOR) -> Case:
        officer = city.somebody(role)
        page = f"/office/configuration/{id_}/ask"
        shown = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', officer.get(page).get_data(as_text=True))
        assert shown
        sent = officer.send(page, {"seen": shown[1], "reason": "確かめた"})
        assert sent.status_code == 303, sent.get_data(as_text=True)
        number = int(sent.headers["Location"].rpartition("/")[2])
        with city.store.read() as connection:
            return cases.case_of(connection, number, city.clock())

    def live(self) -> City:
        """Everything is confirmed once."""
        city = self.city()
        case = self.signed(city, self.proposed())
        done = confirm(city.somebody(Role.GENERAL_OFFICER), case)
        assert done == 303
        return city


def confirm(officer: Browser, case: Case) -> int:
    return officer.send(f"/office/cases/{case.id}/decide", seen(officer, case)).status_code


def standing(city: City) -> Standing:
    with city.store.read() as connection:
        return judge(connection, city.keys, running_of(city.deployment), city.clock()).standing


def recorded(city: City, action: str) -> list[Any]:
    with city.store.read() as connection:
        found = connection.execute(select(audit_record).where(audit_record.c.action == action))
        return [json.loads(row.detail) if isinstance(row.detail, str) else row.detail for row in found]


def told(city: City, topic: str) -> int:
    with city.store.read() as connection:
        return len(connection.execute(select(notice_table).where(notice_table.c.kind == topic)).all())


def opened(city: City, ground: Ground, folder: Path) -> Iterator[Hall]:
    shutil.copytree(ground.file.parent, folder)
    found = Hall(folder, city)
    yield found
    for store in found.made:
        store.dispose()


@pytest.fixture
def hall(city_sqlite: City, ground: Ground, tmp_path: Path) -> Iterator[Hall]:
    yield from opened(city_sqlite, ground, tmp_path / "files")


@pytest.fixture
def hall_of_both(city: City, ground: Ground, tmp_path: Path) -> Iterator[Hall]:
    """The same, over SQLite and over PostgreSQL."""
    yield from opened(city, ground, tmp_path / "files")


def refusal(result: Result) -> tuple[int, str]:
    assert isinstance(result.exception, IamError), result.output
    return exit_code_of(result.exception), str(result.exception)


def test_two_officers_confirm_what_the_console_proposed_and_both_stand_in_the_record(hall_of_both: Hall) -> None:
    hall = hall_of_both
    city = hall.live()
    assert (hall.console(standing_command).exit_code, standing(city)) == (0, Standing.CONFIRMED)
    assert refusal(hall.console(propose_command, "--reason", "もう一度"))[1] == "いまの設定は、すでに確認済みです。"
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 5")
    shown = hall.console(standing_command)
    assert (shown.exit_code, "供給元 jinji absence_runs: 3 → 5" in shown.stdout) == (1, True)
    assert f"確認 職員番号 {city.holder(Role.GENERAL_OFFICER)}" in shown.stdout
    code, why = refusal(hall.console(sync))
    assert (code, "供給元 jinji absence_runs" in why, "iam policy propose" in why) == (2, True, True)
    case = hall.signed(city, hall.proposed("不在を長く待つ"))
    operator = city.somebody(Role.OPERATOR)
    assert operator.get(f"/office/cases/{case.id}/decide").status_code == 403
    head = city.somebody(Role.APPROVER)
    page = head.get(f"/office/cases/{case.id}/decide").get_data(as_text=True)
    assert all(words in page for words in ("供給元 jinji absence_runs", "変わる内容", "不在を長く待つ"))
    assert confirm(head, case) == 303
    detail = recorded(city, "configuration.confirmed")[-1]
    assert detail["changes"] == [["sources.jinji.absence_runs", "3", "5"]]
    assert detail["proposed_by"] == f"staff:{city.holder(Role.OPERATOR)}"
    assert detail["confirmed_by"] == f"staff:{city.holder(Role.APPROVER)}"
    # The portal still runs with the former one: it has an hour to read the new one.
    assert (standing(city), standing(hall.city())) == (Standing.CONFIRMED, Standing.CONFIRMED)
    city.clock.at += TURN + timedelta(seconds=1)
    assert (standing(city), standing(hall.city())) == (Standing.DIFFERS, Standing.CONFIRMED)


def test_an_unconfirmed_configuration_gives_nothing_and_ends_everything(hall: Hall) -> None:
    hall.live()
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 4")
    altered = hall.city()
    assert standing(altered) is Standing.DIFFERS
    officer, case = altered.somebody(Role.HR_OFFICER), asked(altered)
    page = officer.get("/office").get_data(as_text=True)
    assert "設定が、確認済みのものと違います" in page
    refused = officer.send(f"/office/cases/{case.id}/decide", seen(officer, case))
    assert (refused.status_code, "確認済みのものと違います" in refused.get_data(as_text=True)) == (403, True)
    with altered.store.read() as connection:
        assert cases.case_of(connection, case.id, altered.clock()).state is CaseState.ASKED
    victim = altered.entrant(altered.plain())
    mine = altered.somebody()
    ended = officer.send(f"/office/people/{victim.person_id}/sessions/end", {"reason": "不審な利用"})
    assert ended.status_code in {303, 200}
    assert mine.get("/").status_code == 303


@pytest.mark.skipif(not ROOT, reason="an emergency asks for files that only root may write")
def test_one_person_may_change_it_for_three_days_and_is_heard_of(hall: Hall) -> None:
    assert refusal(hall.console(propose_command, "--emergency", "急ぐ"))[0] == 2
    city = hall.live()
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 4")
    (hall.folder / "iam.toml").chmod(0o666)
    code, why = refusal(hall.console(propose_command, "--emergency", "証明書の差し替え"))
    assert (code, "root 以外も変えられる" in why) == (2, True)
    (hall.folder / "iam.toml").chmod(0o644)
    assert hall.console(propose_command, "--emergency", "証明書の差し替え").exit_code == 0
    altered = hall.city()
    assert (standing(altered), told(city, "configuration_emergency")) == (Standing.EMERGENCY, 2)
    assert "確認されていない緊急の設定" in altered.somebody(Role.OPERATOR).get("/office").get_data(as_text=True)
    # Another one in a row ends with the first.
    city.clock.at += EMERGENCY - timedelta(hours=1)
    hall.change("iam.toml", "absence_runs = 4", "absence_runs = 6")
    assert hall.console(propose_command, "--emergency", "もう一つ").exit_code == 0
    assert standing(hall.city()) is Standing.EMERGENCY
    city.clock.at += timedelta(hours=2)
    assert (standing(altered), standing(hall.city())) == (Standing.DIFFERS, Standing.DIFFERS)
    assert "確認されないまま期限" in refusal(hall.console(propose_command, "--emergency", "三つ目"))[1]
    # Two may still confirm it, and then it stands.
    late = hall.city()
    with late.store.read() as connection:
        newest = connection.execute(select(configuration_table.c.id).order_by(configuration_table.c.id.desc())).scalar()
    case = hall.signed(late, newest or 0)
    assert confirm(late.somebody(Role.GENERAL_OFFICER), case) == 303
    assert standing(late) is Standing.CONFIRMED


def test_nobody_becomes_an_officer_by_the_change_that_is_to_be_confirmed(hall: Hall) -> None:
    hall.live()
    # Whoever may write the files makes approvers of a whole section.
    hall.change(
        "さくら市.toml", 'held_by = [{ title = ["002"] }]', 'held_by = [{ org = ["0102*"] }, { title = ["002"] }]'
    )
    forged = hall.city()
    case = hall.signed(forged, hall.proposed("承認者を増やす"))
    with forged.store.read() as connection:
        able = cases.deciders(connection, forged.door.offices, case, forged.clock())
    honest = {hall.first.entrant(hall.first.holder(role)).person_id for role in (Role.APPROVER, Role.GENERAL_OFFICER)}
    fake = next(id_ for id_ in able if id_ not in honest)
    number = next(n for n in forged.known if forged.entrant(n).person_id == fake)
    browser = forged.client()
    forged.signed_in(browser, number)
    refused = browser.send(f"/office/cases/{case.id}/decide", seen(browser, case))
    assert (refused.status_code, "確認済みの設定ではその役職にありません" in refused.get_data(as_text=True)) == (
        403,
        True,
    )
    assert confirm(forged.somebody(Role.GENERAL_OFFICER), case) == 303


def test_a_row_that_was_altered_confirms_nothing(hall: Hall) -> None:
    city = hall.live()
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 4")
    id_ = hall.proposed()
    case = hall.signed(city, id_)
    columns = configuration_table.c
    with city.store.read() as connection:
        before = connection.execute(select(columns.content).where(columns.id == id_)).scalar_one()
    hall.change("iam.toml", "absence_runs = 4", "absence_runs = 9")
    wider = running_of(hall.deployment())
    for values in ({"content": wider.content}, {"content": wider.content, "digest": wider.digest}):
        with city.store.act("sql") as act:
            act.connection.execute(update(configuration_table).where(columns.id == id_).values(**values))
        assert confirm(city.somebody(Role.APPROVER), case) == 409
    with city.store.act("sql") as act:
        digest = before and case.content["digest"]
        restored = update(configuration_table).where(columns.id == id_)
        act.connection.execute(restored.values(content=before, digest=digest))
    assert confirm(city.somebody(Role.APPROVER), case) == 303
    # Nor does a confirmation that only a database's owner has written.
    with city.store.act("sql") as act:
        row = act.connection.execute(select(configuration_table).where(columns.id == id_)).one()._asdict()
        forged = {**row, "id": None, "case_id": None, "content": wider.content, "digest": wider.digest}
        act.connection.execute(configuration_table.insert().values(**{k: v for k, v in forged.items() if k != "id"}))
    assert (standing(hall.city()), standing(city)) == (Standing.DIFFERS, Standing.CONFIRMED)


def permit(city: City, what: str) -> Case:
    """An operator has asked for it."""
    sent = city.somebody(Role.OPERATOR).send("/office/configuration/keys", {"what": what, "reason": "担当者の交代"})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    with city.store.read() as connection:
        return cases.case_of(connection, int(sent.headers["Location"].rpartition("/")[2]), city.clock())


def test_keys_are_renewed_once_by_two_officers_within_a_day(hall: Hall) -> None:
    assert hall.console(roll_tokens_command).exit_code == 0  # nothing is asked before the first confirmation
    city = hall.live()
    head = city.somebody(Role.GENERAL_OFFICER)
    for command in (rotate_command, roll_tokens_command):
        assert refusal(hall.console(command))[0] == 2
    assert confirm(head, permit(city, "roll_tokens")) == 303
    assert refusal(hall.console(rotate_command))[0] == 2  # a permit for one key is none for another
    assert hall.console(roll_tokens_command).exit_code == 0
    assert refusal(hall.console(roll_tokens_command))[0] == 2
    assert confirm(head, permit(city, "roll_tokens")) == 303
    city.clock.at -= timedelta(hours=1)
    assert refusal(hall.console(roll_tokens_command))[0] == 2  # a clock that was set back is no permit
    city.clock.at += timedelta(hours=25)
    assert refusal(hall.console(roll_tokens_command))[0] == 2


@pytest.mark.skipif(not ROOT, reason="an emergency asks for files that only root may write")
def test_a_key_that_one_person_renewed_is_alarmed_and_confirmed_later(hall: Hall) -> None:
    city = hall.live()
    assert hall.console(rotate_command, "--emergency", "漏れたおそれ").exit_code == 0
    assert told(city, "configuration_keys_emergency") == 2
    after = hall.city()  # reads the new key
    assert "確認を待つ緊急の鍵の更新" in after.somebody(Role.AUDITOR).get("/office/configuration").get_data(
        as_text=True
    )
    with after.store.read() as connection:
        (waiting,) = permits.unconfirmed(connection)
    case = permit(after, f"rotate:{waiting.id}")
    assert confirm(after.somebody(Role.GENERAL_OFFICER), case) == 303
    with after.store.read() as connection:
        assert permits.unconfirmed(connection) == []


def test_no_secret_stands_in_a_proposal_and_the_place_of_each_does(hall: Hall) -> None:
    (hall.folder / "directory.password").write_text(SECRET, encoding="utf-8")
    settings = load(hall.config, {"IAM_DATABASE_PASSWORD": SECRET})
    content = str(running_of(replace(hall.deployment(), settings=settings)).content)
    assert (SECRET in content, "directory.password" in content, "keys.json" in content) == (False, True, True)


def test_it_is_the_same_however_its_folder_is_named(hall: Hall) -> None:
    near = Path(os.path.relpath(hall.config))
    assert running_of(proved(load(near, {}), str(near), [])).digest == running_of(hall.deployment()).digest


def test_a_draft_is_signed_once_and_by_nobody_else(hall: Hall) -> None:
    city = hall.city()
    id_ = hall.proposed()
    case = hall.signed(city, id_)
    head, plain = city.entrant(city.holder(Role.GENERAL_OFFICER)), city.entrant(city.plain())
    for who, kind in ((head, Conflict), (plain, Conflict)):
        with pytest.raises(kind), city.store.act("test") as act:
            proposing.sign(act, city.door.offices, city.keys, id_, asked_by=who.person_id, reason="私も")
    with city.store.act("test") as act:
        cases.withdraw(act, case.id, case.asked_by)
    with pytest.raises(Forbidden), city.store.act("test") as act:
        proposing.sign(act, city.door.offices, city.keys, id_, asked_by=plain.person_id, reason="私が")
    assert city.somebody().get("/office/configuration").status_code == 403
    assert hall.signed(city, id_, Role.GENERAL_OFFICER).id > case.id


def test_a_run_is_refused_as_a_mistake_in_the_configuration(hall: Hall) -> None:
    hall.live()
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 4")
    desk = Desk(hall.config, {}, os.getuid())
    desk.__dict__["store"] = hall.store()
    with pytest.raises(ConfigurationError):
        desk.refuse_unconfirmed()
    desk.close()


def test_a_worker_with_an_unconfirmed_configuration_opens_nothing_but_an_emergency(hall: Hall) -> None:
    city = hall.live()
    head, operator, approver = (
        city.entrant(city.holder(role)).person_id for role in (Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER)
    )
    ward = Ward(city.store, city.door, head, operator, approver)
    user, seer = (city.entrant(city.plain(which)).person_id for which in (0, 1))
    ids = {name: ward.registers(name, emergency=name == "juki-b") for name in ("juki-a", "juki-b")}
    card = ward.gives_card(user)
    ward.delegates(user, list(ids.values()))
    asked_for = ward.asked(ward.acting(user, card), ids["juki-a"], "更新の適用")
    ward.joined(ward.acting(seer, ward.gives_card(seer)), asked_for)
    hall.change("iam.toml", "absence_runs = 3", "absence_runs = 4")
    altered = hall.city()
    targets: dict[str, Target] = dict(ward.targets)
    carrier = carrier_of(altered.store, altered.door.model, targets, door=altered.door)
    (settled,) = carry_out(carrier)
    assert (ward.targets["juki"].is_on("juki-a"), "確認済みのものと違います" in settled.reason) == (False, True)
    sweep(altered.store, altered.door)
    with altered.store.read() as connection:
        assert use(connection, asked_for.id).state in {UseState.CLOSING, UseState.CLOSED}
    urgent = replace(ward.acting(user, card), store=altered.store, door=altered.door)
    with pytest.raises(Forbidden, match="確認済みのものと違います"), urgent.attempt("ask", "juki-b") as act:
        ask(act, urgent, Wish(ids["juki-b"], "次の作業", "", 15))
    with urgent.attempt("start", "juki-b") as act:
        start_emergency(act, urgent, Wish(ids["juki-b"], "復旧"), "夜間の障害")
    carry_out(carrier)
    assert ward.targets["juki"].is_on("juki-b")
