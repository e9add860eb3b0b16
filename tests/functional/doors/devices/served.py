"""さくら市 served on loopback for a module, on a clock that the tests set, with people who have a password and an app.

hall = a_hall(ground, folder)
with hall.served():
    ...
"""

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select
from werkzeug.serving import make_server

from iam.access.accounts import account_table, block_table
from iam.access.places.register import Known, Particulars, register, report_lost
from iam.access.places.terminals import TerminalKind
from iam.people.ledger import next_id, person_table
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from iam.signin import history
from iam.signin.deciding.records import decision_table
from iam.signin.door import Entrant
from iam.signin.factors import webauthn
from iam.signin.history import Event
from iam.signin.sessions import session_table
from tests.functional.site.conftest import Ground
from tests.functional.site.given import ORIGIN, City
from tests.softkey import SoftKey
from web.practice.portal.visitors import Part, Visitor, Way, give

PASSWORD: Final = "三毛猫と夕焼けの坂道をゆっくり歩く"
DESK: Final = {"mac": "02-00-5E-20-00-01", "address": "10.20.1.11"}
"""A registered terminal of an office in the zone lgwan."""


@dataclass
class Hall:
    """The city, and the port at which it is served."""

    city: City
    port: int = 0
    people: dict[str, Visitor] = field(default_factory=dict)

    @contextmanager
    def served(self) -> Iterator["Hall"]:
        """The portal, until the block ends."""
        server = make_server("127.0.0.1", 0, self.city.app, threaded=True)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    # --- people

    def somebody(self, name: str, *, way: Way = Way.APP, password: str = PASSWORD, number: str = "") -> Visitor:
        """Whoever the tests call `name`; the first time somebody without a role is given what they sign in by."""
        if name not in self.people:
            taken = {each.number for each in self.people.values()}
            number = number or next(each for each in self._plain() if each not in taken)
            part = Part(None, name, way)
            made = give(self.city.store, self.city.door, part, self.entrant(number), password)
            self.people[name] = made
        return self.people[name]

    def entrant(self, number: str) -> Entrant:
        return self.city.entrant(number)

    def with_key(self, who: Visitor) -> Visitor:
        """They have a security key besides."""
        door, id_ = self.city.door, self.entrant(who.number).person_id
        user = webauthn.user_handle(door.keys, id_, [])
        rules, key = webauthn.KeyRules(synced=True), SoftKey()
        asked = webauthn.registration_options(
            door.site, rules, user=user, account=who.number, name=who.number, existing=[]
        )
        judged = webauthn.verify_registration(door.site, rules, key.create(asked.options, ORIGIN), asked.challenge)
        assert isinstance(judged, webauthn.NewKey), judged
        with self.city.store.act("test") as act:
            webauthn.keep(act, id_, "鍵", judged, user=user)
        return who

    def login(self, who: Visitor, system: str) -> str:
        """Their login in a system."""
        columns = account_table.c
        mine = columns.person_id == self.entrant(who.number).person_id, columns.system == system
        with self.city.store.read() as connection:
            return str(connection.execute(select(columns.login).where(*mine)).scalar_one())

    def number_with(self, system: str, *, has: bool = True) -> str:
        """The number of somebody without a role who has an ID in a system, or has none."""
        columns = account_table.c
        query = select(person_table.c.staff_number).join(account_table, columns.person_id == person_table.c.id)
        with self.city.store.read() as connection:
            found = set(connection.scalars(query.where(columns.system == system)))
        taken = {each.number for each in self.people.values()}
        return next(each for each in self._plain() if (each in found) is has and each not in taken)

    def _plain(self) -> list[str]:
        """The numbers of those without a role."""
        return [number for number, roles in self.city.known.items() if not roles]

    def code(self, who: Visitor) -> str:
        """What their app shows, in a step that was not used yet."""
        self.city.clock.forward(seconds=60)
        return who.code(self.city.clock.at)

    def wrong_code(self, who: Visitor) -> str:
        """Six digits that are not shown now."""
        return f"{(int(who.code(self.city.clock.at)) + 1) % 1_000_000:06}"

    def suspend(self, who: Visitor) -> None:
        """Every right is stopped from today on."""
        day = jst_day(self.city.clock.at)
        with self.city.store.act("test") as act:
            act.connection.execute(
                insert(block_table).values(
                    id=next_id(act.connection, block_table), person_id=self.entrant(who.number).person_id, system="",
                    entitlement="", origin="test", clause="baseline", reason="調査", valid_from=day,
                    valid_until=date.max,
                )
            )  # fmt: skip

    # --- terminals

    def terminal(
        self,
        code: str,
        zone: str,
        *,
        kind: TerminalKind = TerminalKind.PC,
        lost: bool = False,
        mac: str = "",
        address: str = "",
    ) -> None:
        """A terminal of the register, in use."""
        with self.city.store.act("test") as act:
            known = Known.of(self.city.door.profile, self.city.door.model)
            register(act, known, Particulars(code, code, kind, zone, mac=mac, address=address))
            if lost:
                report_lost(act, code, "出張先で置き忘れた")

    # --- what is known afterwards

    def events(self, who: Visitor) -> list[Event]:
        """Their history, newest first."""
        with self.city.store.read() as connection:
            return history.page(connection, self.entrant(who.number).person_id)

    def decisions(self, **where: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - values of columns
        """Rows of what was decided."""
        columns = decision_table.c
        query = select(decision_table).where(*(columns[name] == value for name, value in where.items()))
        with self.city.store.read() as connection:
            return [dict(row) for row in connection.execute(query.order_by(columns.id)).mappings()]

    def audited(self, action: str) -> list[str]:
        """The details of each record of an action."""
        with self.city.store.read() as connection:
            query = select(audit_record.c.detail).where(audit_record.c.action == action)
            return [str(detail) for detail in connection.scalars(query.order_by(audit_record.c.number))]

    def sessions(self) -> int:
        """How many sessions there ever were."""
        with self.city.store.read() as connection:
            return connection.execute(select(func.count()).select_from(session_table)).scalar_one()


def a_hall(ground: Ground, folder: Path) -> Hall:
    """A city of its own, with the terminal at the desk."""
    shutil.copy(ground.file, folder / "iam.db")
    hall = Hall(City(ground.deployment, ground.keys, f"sqlite:///{folder / 'iam.db'}", ground.known))
    hall.terminal("PC-9101", "lgwan", mac=DESK["mac"], address=DESK["address"])
    return hall
