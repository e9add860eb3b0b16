"""Privileged IDs in every state, an officer for every deed, and a copy of it in which all of them are contractors.

The same people with the same rows, roles, delegations and open uses: only their staff category differs (R14).
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select, update

from iam.access.accounts import AccountKind
from iam.office.books import assignment_table
from iam.office.cases import CaseKind
from iam.office.changes import permits, proposing, waivers
from iam.office.changes.permits import KeyDeed
from iam.office.changes.waivers import Control
from iam.office.roles import How
from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.privilege import console, register, using
from iam.privilege.books import finding_table
from iam.privilege.register import Deed, Mode
from iam.privilege.using import Acting, UseState
from iam.record.columns import jst_day
from iam.record.store import Json, metadata
from iam.signin import sessions
from iam.signin.door import Where
from iam.signin.sessions import Present
from tests.functional.site.conftest import Ground
from tests.functional.site.given import MORNING, Browser, City
from tests.functional.site.portal.members import Member
from tests.ward import Ward
from web.site.border.cookies import SESSION

CONTRACTOR: Final = "contractor"
WATCHED: Final = (
    "privileged_id", "delegation", "privileged_use", "vault_secret", "errand", "privilege_finding", "sighting_file",
    "sighting", "waiver", "office_case", "configuration", "key_permit", "role_assignment", "suspension", "block",
    "access_grant", "account", "authenticator", "password", "token_stock", "client", "console_deed",
)  # fmt: skip
"""The tables that no contractor may change; whoever's row is the actor's own is left out of `OWN`."""
OWN: Final = frozenset({"block", "access_grant", "account", "authenticator", "password"})

Dump = dict[str, list[tuple[Any, ...]]]


@dataclass
class Stage:
    """`numbers`: the staff number of each part; `at`: what each address is about, by part of the play."""

    city: City
    numbers: dict[str, str] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    token: str = ""
    """Of the delegate's session: only there is a secret shown."""
    code: str = ""
    """Of a deed that was prepared at the console for the delegate."""

    def person(self, part: str) -> int:
        return self.city.entrant(self.numbers[part]).person_id

    def browser(self, part: str, *, anew: bool = False) -> Browser:
        """Signed in; the delegate in the session of the play, unless `anew`."""
        browser = self.city.client()
        if part == "delegate" and not anew:
            browser.set_cookie(SESSION, self.token, domain=browser.host, secure=True, httponly=True)
        else:
            self.city.signed_in(browser, self.numbers[part])
        return browser

    def dump(self, actor: str = "") -> Dump:
        """What the watched tables hold, without the actor's own."""
        own = self.person(actor) if actor else 0
        found: Dump = {}
        with self.city.store.read() as connection:
            for name in WATCHED:
                table = metadata.tables[name]
                query = select(*(column for column in table.c if not isinstance(column.type, Json)))
                if name == "account":
                    query = query.where(table.c.kind == AccountKind.PRIVILEGED)
                if name in OWN and "person_id" in table.c:
                    query = query.where((table.c.person_id != own) | table.c.person_id.is_(None))
                found[name] = sorted((tuple(row) for row in connection.execute(query)), key=repr)
        return found

    # --- the play

    def play(self) -> None:
        """Everything that can be asked about, in the state in which it can be."""
        city = self.city
        for role in (Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR, Role.SYSTEM_OWNER, Role.HR_OFFICER):
            self.numbers[role.value] = city.holder(role)
        user, witness = Member.of(city, 0).with_key(), Member.of(city, 1).with_key()
        self.numbers |= {"delegate": user.number, "witness": witness.number, "victim": city.plain(2)}
        ward = Ward(
            city.store, city.door, self.person("general_officer"), self.person("operator"), self.person("approver")
        )
        for name in ("past", "written", "urgent", "open", "asked", "free"):
            self.at[f"id_{name}"] = ward.registers(f"juki-{name}", emergency=name in {"urgent", "free"})
        ids = [self.at[f"id_{name}"] for name in ("past", "written", "urgent", "open", "asked", "free")]
        self.at["live"] = ward.delegates(user.id, ids).id
        self.at["nomination"] = ward.nominates(witness.id, [self.at["id_free"]]).id
        delegate = self._delegate()
        self._uses(ward, delegate)
        self._cases()
        self._console(delegate)

    def _uses(self, ward: Ward, user: Acting) -> None:
        seer = ward.acting(self.person("witness"), ward.gives_card(self.person("witness")))
        for name in ("past", "written"):
            use = ward.asked(user, self.at[f"id_{name}"], "更新の適用")
            ward.joined(seer, use)
            ward.works()
            with self.city.store.act("test") as act:
                using.end(act, self.city.door, use.id, user.id)
            ward.works()
            self.at[f"use_{name}"] = use.id
        with user.attempt("start", "urgent") as act:
            urgent = using.start_emergency(act, user, using.Wish(self.at["id_urgent"], "復旧"), "夜間の障害")
        ward.works()
        with self.city.store.act("test") as act:
            using.end(act, self.city.door, urgent.id, user.id)
        ward.works()
        for id_ in (self.at["use_written"], urgent.id):
            with self.city.store.act("test") as act:
                using.write_record(act, user, id_, "設定を直した。")
        opened = ward.asked(user, self.at["id_open"], "設定の確認", 15)
        ward.joined(seer, opened)
        ward.works()
        asked = ward.asked(user, self.at["id_asked"], "次の作業", 15)
        self.at |= {"use_urgent": urgent.id, "use_open": opened.id, "use_asked": asked.id}
        with self.city.store.read() as connection:
            assert using.use(connection, opened.id).state is UseState.OPEN

    def _delegate(self) -> Acting:
        city = self.city
        self.token = city.session_for(self.numbers["delegate"])
        found = sessions.look(city.store, city.door, self.token, city.clock())
        assert isinstance(found, Present)
        return Acting(city.store, city.door, found.session, found.entrant, Where("192.0.2.7", "test"))

    def _cases(self) -> None:
        city, operator, today = self.city, self.person("operator"), jst_day(self.city.clock())
        systems = city.door.model.systems
        wish = waivers.Wish(Control.TWO_PERSON, "juki", "画面を録画する", today, today + timedelta(days=7))
        with city.store.act("test") as act:
            given, _ = waivers.emergency(act, city.door.offices, operator, wish, "夜間は一人のため", systems=systems)
        with city.store.act("test") as act:
            new = register.Wish(Deed.NEW, "juki", Mode.SECRET, "juki-new", purpose="新しいサーバー")
            case = register.propose(act, city.door, operator, new, "サーバーを加えるため")
        assert case.kind is CaseKind.PRIVILEGED_ID
        assert city.door.running
        with city.store.act("unyou") as act:
            draft = proposing.draft(act, city.keys, city.door.running, "稼働を始める")
        with city.store.act("unyou") as act:
            keys = permits.ask(
                act, city.door.offices, city.keys, asked_by=operator, deed=KeyDeed.ROTATE, reason="担当の交代"
            )
        with city.store.act("test") as act:
            row = insert(finding_table).values(
                kind="unknown_privileged", system="juki", login="dareka", key="k1", detail={}, found_at=act.at,
                last_at=act.at, settled_reason="",
            )  # fmt: skip
            self.at["finding"] = act.connection.execute(row.returning(finding_table.c.id)).scalar_one()
        self.at |= {"waiver": given.id, "case": case.id, "draft": draft.id, "keys": keys.id}

    def _console(self, user: Acting) -> None:
        """Two deeds for the delegate: one that waits for its code, one that was read already."""
        content = {"privileged_id": self.at["id_free"], "purpose": "点検", "decision_number": "", "minutes": 15}
        draft = console.Draft(console.Verb.ASK, self.person("delegate"), content, "unyou")
        for name in ("read", "waiting"):
            with self.city.store.act("unyou") as act:
                made, self.code = console.prepare(act, self.city.door, draft)
            self.at[f"console_{name}"] = made.id
            if name == "read":
                assert isinstance(console.recognise(user, self.code), console.ConsoleDeed)

    # --- who they become

    def becomes_contractors(self) -> None:
        """Everybody who plays is a contractor's from now on, and holds every role by a row of their own besides."""
        ids = [self.person(part) for part in self.numbers]
        day = jst_day(self.city.clock())
        with self.city.store.act("sql") as act:
            columns = appointment_table.c
            act.connection.execute(
                update(appointment_table).where(columns.person_id.in_(ids)).values(category=CONTRACTOR)
            )
            for person in ids:
                for role in (Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR):
                    act.connection.execute(
                        insert(assignment_table).values(
                            person_id=person, role=role, kind=How.NAMED, valid_from=day, valid_until=day,
                            reason="forged", given_at=act.at,
                        )
                    )  # fmt: skip


@dataclass(frozen=True)
class Stages:
    """The honest play, and the one in which everybody is a contractor; either can be put back to its beginning."""

    honest: Stage
    barred: Stage

    def put_back(self, stage: Stage) -> Stage:
        """The play as it was before anybody did anything in it."""
        stage.city.store.dispose()
        stage.city.clock.at = MORNING
        place = _file(stage)
        for more in ("-wal", "-shm"):
            place.with_name(place.name + more).unlink(missing_ok=True)
        shutil.copy(place.with_suffix(".kept"), place)
        return stage


def staged(ground: Ground, folder: Path) -> Iterator[Stages]:
    """Both, on SQLite."""
    first = _stage(ground, ground.file, folder / "honest.db")
    first.play()
    kept = _keep(first)
    second = _stage(ground, kept, folder / "barred.db")
    second.numbers, second.at, second.token, second.code = first.numbers, first.at, first.token, first.code
    second.becomes_contractors()
    _keep(second)
    yield Stages(first, second)
    first.city.store.dispose()
    second.city.store.dispose()


def _file(stage: Stage) -> Path:
    return Path(stage.city.url.removeprefix("sqlite:///"))


def _keep(stage: Stage) -> Path:
    stage.city.store.dispose()
    kept = _file(stage).with_suffix(".kept")
    shutil.copy(_file(stage), kept)
    return kept


def _stage(ground: Ground, file: Path, place: Path) -> Stage:
    shutil.copy(file, place)
    return Stage(City(ground.deployment, ground.keys, f"sqlite:///{place}", ground.known))
