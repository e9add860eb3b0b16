"""Members of staff at their browsers: what they know, what they carry, what they read.

yamada = Member.of(city).with_app()
assert yamada.signs_in().location == "/"
"""

import html
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pyotp
from sqlalchemy import insert
from werkzeug.test import TestResponse

from iam.access.accounts import block_table
from iam.office.books import assignment_table
from iam.office.roles import How
from iam.outbox import Notice, unseen
from iam.people.ledger import next_id
from iam.policy.profile import Role
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from iam.signin.factors import authenticators, codes, totp, webauthn
from iam.signin.factors.authenticators import Authenticator
from iam.signin.history import Event, page
from iam.signin.passwords import kept
from tests.functional.site.given import ORIGIN, Browser, City
from tests.softkey import SoftKey
from web.site.border.cookies import SESSION, STEP

PASSWORD: Final = "三毛猫と夕焼けの坂道をゆっくり歩く"
ANOTHER: Final = "雨上がりの縁側で麦茶を飲む昼下がり"


@dataclass
class Member:
    """Somebody with a browser."""

    city: City
    number: str
    browser: Browser
    password: str = PASSWORD
    secret: str = ""
    app: int = 0
    keys: list[SoftKey] = field(default_factory=list)

    @classmethod
    def of(cls, city: City, which: int = 0, number: str = "") -> "Member":
        """Somebody in service, with a password of their own."""
        member = cls(city, number or city.plain(which), city.client())
        member.has_password(PASSWORD)
        return member

    @property
    def id(self) -> int:
        return self.city.entrant(self.number).person_id

    # --- what they have

    def has_password(self, password: str) -> None:
        sealed = self.city.door.hasher.wrap(self.id, password)
        with self.city.store.act("test") as act:
            was = kept.kept_of(act.connection, self.id)
            kept.set_own(act, self.id, sealed, was=was, history=0)
        self.password = password

    def has_temporary_password(self) -> str:
        self.password = kept.random_temporary(20)
        sealed = self.city.door.hasher.wrap(self.id, self.password)
        with self.city.store.act("test") as act:
            kept.issue_temporary(act, self.id, sealed, life=timedelta(hours=24))
        return self.password

    def with_app(self, name: str = "公用スマートフォン") -> "Member":
        keys = self.city.door.keys
        with self.city.store.act("test") as act:
            begun = totp.begin(act, keys, self.id, name, issuer="さくら市", account=self.number)
            self.secret, self.app = parse_qs(urlsplit(begun.uri).query)["secret"][0], begun.id
            # The step before, so that the one of now is still unused.
            shown = pyotp.TOTP(self.secret).at(act.at - timedelta(seconds=30))
            assert isinstance(totp.confirm_code(act, keys, self.id, begun.id, shown), totp.Accepted)
        return self

    def with_key(self, name: str = "机のキー") -> "Member":
        key, door = SoftKey(), self.city.door
        rules = webauthn.KeyRules(synced=True)
        user = webauthn.user_handle(door.keys, self.id, [])
        asked = webauthn.registration_options(
            door.site, rules, user=user, account=self.number, name=self.number, existing=[]
        )
        judged = webauthn.verify_registration(door.site, rules, key.create(asked.options, ORIGIN), asked.challenge)
        assert isinstance(judged, webauthn.NewKey), judged
        with self.city.store.act("test") as act:
            webauthn.keep(act, self.id, name, judged, user=user)
        self.keys.append(key)
        return self

    def recovery_codes(self) -> tuple[str, ...]:
        with self.city.store.act("test") as act:
            return codes.issue_recovery(act, self.city.door.keys, self.id).codes

    def temporary_code(self) -> str:
        with self.city.store.act("test") as act:
            return codes.issue_temporary(act, self.city.door.keys, self.id, timedelta(hours=8)).codes[0]

    def code(self, **later: float) -> str:
        """What the app shows now, or at another time."""
        return pyotp.TOTP(self.secret).at(self.city.clock() + timedelta(**later))

    def wrong_code(self) -> str:
        near = {self.code(seconds=30 * step) for step in range(-45, 46)}
        return next(code for number in range(1000) if (code := f"{number:06}") not in near)

    # --- what they do

    def types(self, password: str | None = None, page: str = "/login", number: str | None = None) -> TestResponse:
        """Number and password, on the page of the sign-in."""
        typed = {"number": self.number if number is None else number}
        return self.browser.send(page, {**typed, "password": self.password if password is None else password})

    def gives(self, code: str, page: str = "/login/factor") -> TestResponse:
        """A code, in the second step."""
        return self.browser.send(page, {"code": code})

    def touches(self, *, step: bool = False, page: str = "/login", **bent: object) -> TestResponse:
        """The key, as the page's script does it."""
        query = "?step=1" if step else ""
        token = {"X-CSRFToken": self.browser.token(page)}
        asked = self.browser.post(f"/login/key/options{query}", headers=token)
        assert asked.status_code == 200, asked.get_data(as_text=True)
        options = json.dumps(asked.get_json()["options"])
        answer = self.keys[0].get(options, str(bent.pop("origin", ORIGIN)), **bent)
        return self.browser.send("/login/key", {"response": answer, "page": page}, of=page)

    def signs_in(self, page: str = "/login") -> TestResponse:
        """By everything that is asked; later than anything that was shown before."""
        self.city.clock.forward(seconds=60)
        done = self.types(page=page)
        if self.secret and "/login/factor" in (done.location or ""):
            done = self.gives(self.code(), done.location)
        assert done.status_code == 303, words(done)
        return done

    def elsewhere(self) -> "Member":
        """The same person at another terminal."""
        return Member(self.city, self.number, self.city.client(), self.password, self.secret, self.app, self.keys)

    def opens(self, page: str, status: int = 200) -> TestResponse:
        answer = self.browser.get(page)
        assert answer.status_code == status, (answer.status_code, answer.location, words(answer))
        return answer

    # --- what is known of them

    def session_cookie(self) -> str:
        found = self.browser.get_cookie(SESSION, domain=self.browser.host)
        return found.value if found else ""

    def step_cookie(self) -> str:
        found = self.browser.get_cookie(STEP, domain=self.browser.host)
        return found.value if found else ""

    def factors(self, *, alive: bool = True) -> list[Authenticator]:
        with self.city.store.read() as connection:
            return authenticators.of_person(connection, self.id, alive=alive)

    def notices(self) -> list[Notice]:
        with self.city.store.read() as connection:
            return unseen(connection, self.id)

    def events(self) -> list[Event]:
        with self.city.store.read() as connection:
            return page(connection, self.id)

    def becomes(self, role: Role) -> "Member":
        """They hold a role from now on, by nomination."""
        day = jst_day(self.city.clock())
        with self.city.store.act("test") as act:
            act.connection.execute(
                insert(assignment_table).values(
                    person_id=self.id, role=role, kind=How.NAMED, valid_from=day, valid_until=day,
                    reason="test", given_at=act.at,
                )
            )  # fmt: skip
        return self

    def suspended(self) -> None:
        """The general officer takes their rights away."""
        day = jst_day(self.city.clock())
        with self.city.store.act("test") as act:
            act.connection.execute(
                insert(block_table).values(
                    id=next_id(act.connection, block_table), person_id=self.id, system="", entitlement="",
                    origin="test", clause="baseline", reason="調査", valid_from=day, valid_until=day,
                )
            )  # fmt: skip


def words(answer: TestResponse) -> str:
    """What stands on a page, without its tags."""
    text = re.sub(r"<(script|style|svg).*?</\1>", "", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def beside(answer: TestResponse, field_id: str) -> str:
    """What is wrong, as it stands beside a field; the field says that it is described by it."""
    text = answer.get_data(as_text=True)
    found = re.search(rf'id="{field_id}-error">(.*?)</p>', text, flags=re.DOTALL)
    assert found, f"nothing beside {field_id}: {words(answer)}"
    described = re.search(rf'<(?:input|textarea)[^>]*id="{field_id}"[^>]*>', text)
    assert described, f"no field {field_id}"
    assert f"{field_id}-error" in described[0], "the field does not say what describes it"
    assert 'aria-invalid="true"' in described[0]
    return html.unescape(found[1])


def audited(city: City, action: str) -> list[tuple[str, str, str]]:
    """Actor, subject and detail of each record of an action."""
    columns = audit_record.c
    with city.store.read() as connection:
        query = audit_record.select().where(columns.action == action).order_by(columns.number)
        return [(row.actor, row.subject, row.detail) for row in connection.execute(query)]
