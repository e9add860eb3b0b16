"""The door of an invented body, and people who sign in at it: what they know and what they carry.

hall = an_entrance(body)
yamada = hall.staff(1, app=True)
half = yamada.types_password()
signed = yamada.types_code(half)
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
from sqlalchemy import insert

from iam.access.accounts import block_table
from iam.office.books import assignment_table
from iam.office.roles import How
from iam.people.ledger import next_id
from iam.policy.loading import load
from iam.policy.profile import Profile, Role
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import login, sessions
from iam.signin.door import Door, Where
from iam.signin.factors import codes, totp, webauthn
from iam.signin.history import Event, page
from iam.signin.login import HalfDone, Outcome, Refused, SignedIn
from iam.signin.passwords import kept
from iam.signin.sessions import Gone, Present
from tests.bodies import DAY, Body, row
from tests.cheap import cheap_hasher
from tests.softkey import SoftKey

ORIGIN = "https://id.sakura.test"
PASSWORD = "三毛猫と夕焼けの坂道をゆっくり歩く"
HERE = Where("192.0.2.10", "職場の端末")
START = datetime(2026, 4, 6, 0, 0, 10, tzinfo=UTC)
"""Nine o'clock in the morning of a Monday in Japan."""


@dataclass
class Moment:
    """The time of the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**by)
        return self.now


@dataclass
class Person:
    """Somebody with a password, and perhaps an app, a key, codes on paper."""

    hall: "Entrance"
    id: int
    number: str
    password: str = PASSWORD
    where: Where = HERE
    secrets: list[str] = field(default_factory=list)
    apps: list[int] = field(default_factory=list)
    keys: list[SoftKey] = field(default_factory=list)

    def at(self, address: str, terminal: str = "") -> "Person":
        """The same person at another place."""
        return replace(self, where=Where(address, terminal or self.where.terminal))

    # --- what they do at the door

    def types_password(self, password: str | None = None, token: str | None = None) -> Outcome:
        """Number and password."""
        given = self.password if password is None else password
        return login.give_password(self.hall.store, self.hall.door, self.number, given, self.where, token=token)

    def types(self, half: Outcome, code: str) -> Outcome:
        """A code, after the password."""
        assert isinstance(half, HalfDone), half
        return login.give_code(self.hall.store, self.hall.door, half.token, code, self.where)

    def types_code(self, half: Outcome, app: int = 0) -> Outcome:
        """What the app shows."""
        return self.types(half, self.code(app))

    def touches(self, half: Outcome | None = None, key: int = 0) -> Outcome:
        """The key, after the password or alone."""
        token = half.token if isinstance(half, HalfDone) else None
        asked = login.key_options(self.hall.store, self.hall.door, token, self.where)
        if isinstance(asked, Refused):
            return asked
        answer = self.keys[key].get(asked[1], ORIGIN)
        return login.give_key(self.hall.store, self.hall.door, asked[0], answer, self.where)

    def signs_in(self) -> SignedIn:
        """By password and app, by the key alone, or by the password where that is enough; in a step of its own."""
        self.hall.clock.on(seconds=60)
        done = self.touches() if self.keys else self.types_password()
        if isinstance(done, HalfDone):
            done = self.types_code(done)
        assert isinstance(done, SignedIn), done
        return done

    # --- what they carry

    def code(self, app: int = 0) -> str:
        """What the app shows now."""
        return pyotp.TOTP(self.secrets[app]).at(self.hall.clock.now)

    def wrong_code(self, app: int = 0) -> str:
        """Six digits that the app shows at no time near."""
        device, now = pyotp.TOTP(self.secrets[app]), self.hall.clock.now
        near = {device.at(now + timedelta(seconds=30 * step)) for step in range(-45, 46)}
        return next(code for number in range(1000) if (code := f"{number:06}") not in near)

    def with_app(self) -> "Person":
        """An app more."""
        with self.hall.store.act("test") as act:
            begun = totp.begin(act, self.hall.door.keys, self.id, "電話", issuer="さくら市", account=self.number)
            secret = parse_qs(urlsplit(begun.uri).query)["secret"][0]
            # The step before, so that the one of now is still unused.
            shown = pyotp.TOTP(secret).at(act.at - timedelta(seconds=30))
            assert isinstance(totp.confirm_code(act, self.hall.door.keys, self.id, begun.id, shown), totp.Accepted)
        self.secrets.append(secret)
        self.apps.append(begun.id)
        return self

    def with_key(self, key: SoftKey | None = None) -> "Person":
        """A security key more."""
        key, door = key or SoftKey(), self.hall.door
        rules = webauthn.KeyRules(synced=True)
        user = webauthn.user_handle(door.keys, self.id, [])
        asked = webauthn.registration_options(
            door.site, rules, user=user, account=self.number, name=self.number, existing=[]
        )
        judged = webauthn.verify_registration(door.site, rules, key.create(asked.options, ORIGIN), asked.challenge)
        assert isinstance(judged, webauthn.NewKey), judged
        with self.hall.store.act("test") as act:
            webauthn.keep(act, self.id, "鍵", judged, user=user)
        self.keys.append(key)
        return self

    def recovery_codes(self) -> tuple[str, ...]:
        """New recovery codes."""
        with self.hall.store.act("test") as act:
            return codes.issue_recovery(act, self.hall.door.keys, self.id).codes

    def temporary_code(self) -> str:
        """A code from the desk."""
        with self.hall.store.act("test") as act:
            return codes.issue_temporary(act, self.hall.door.keys, self.id, timedelta(hours=8)).codes[0]

    def temporary_password(self) -> str:
        """A temporary password from the desk."""
        password = kept.random_temporary(20)
        sealed = self.hall.door.hasher.wrap(self.id, password)
        with self.hall.store.act("test") as act:
            kept.issue_temporary(act, self.id, sealed, life=timedelta(hours=24))
        return password

    # --- what is known of them

    def events(self) -> list[Event]:
        """Their history, newest first."""
        with self.hall.store.read() as connection:
            return page(connection, self.id)

    def suspended(self) -> None:
        """The general officer takes their rights away."""
        self.hall.block(self.id)


@dataclass
class Entrance:
    """A door with its store and a clock that the test sets."""

    body: Body
    store: Store
    clock: Moment
    door: Door

    def staff(
        self,
        number: int,
        org: str = "0101",
        *,
        app: bool = False,
        key: bool = False,
        password: str | None = PASSWORD,
        since: str = "2020-04-01",
    ) -> Person:
        """Somebody in service since long."""
        self.body.say(row(number, org, since, email=f"s{number:07}@city.sakura.test"))
        self.body.night(self.body.today)
        person = Person(self, self.body.person(number).id, f"{number:07}", password or "")
        if password is not None:
            self.set_password(person, password)
        if app:
            person.with_app()
        return person.with_key() if key else person

    def set_password(self, person: Person, password: str) -> None:
        """Their own password."""
        sealed = self.door.hasher.wrap(person.id, password)
        with self.store.act("test") as act:
            kept.set_own(act, person.id, sealed, was=kept.kept_of(act.connection, person.id), history=0)
        person.password = password

    def office(self, person: Person, role: Role) -> Person:
        """The person holds a role from now on."""
        day = jst_day(self.clock.now)
        with self.store.act("test") as act:
            act.connection.execute(
                insert(assignment_table).values(
                    person_id=person.id, role=role, kind=How.NAMED, valid_from=day - DAY, valid_until=day + 300 * DAY,
                    reason="test", given_at=act.at,
                )
            )  # fmt: skip
        return person

    def block(self, person_id: int) -> None:
        """Every right of a person is stopped from today on."""
        day = jst_day(self.clock.now)
        with self.store.act("test") as act:
            act.connection.execute(
                insert(block_table).values(
                    id=next_id(act.connection, block_table), person_id=person_id, system="", entitlement="",
                    origin="test", clause="baseline", reason="調査", valid_from=day, valid_until=date.max,
                )
            )  # fmt: skip

    def nobody(self, number: str = "9999999") -> Person:
        """A number that nobody has."""
        return Person(self, -1, number)

    def look(self, token: str, *, touch: bool = True) -> Present | Gone:
        """What a page finds behind a cookie."""
        return sessions.look(self.store, self.door, token, self.clock.now, touch=touch)

    def audited(self, action: str) -> list[tuple[str, str, str]]:
        """Actor, subject and detail of each record of an action."""
        columns = audit_record.c
        with self.store.read() as connection:
            query = audit_record.select().where(columns.action == action).order_by(columns.number)
            return [(row.actor, row.subject, row.detail) for row in connection.execute(query)]

    def again(self) -> "Entrance":
        """The same door as another process has it: nothing remembered."""
        return replace(self, door=replace(self.door))


def an_entrance(body: Body, profile: Profile | None = None, **door: object) -> Entrance:
    """The door of a body; `door` replaces fields of it."""
    clock = Moment()
    body.clock.today = jst_day(clock.now)
    store = Store(body.store.url, body.store.keys, clock)
    made = Door(
        profile=profile or load("baseline"), model=body.policy.rules.model, keys=body.store.keys,
        hasher=cheap_hasher(body.store.keys), origin=ORIGIN,
    )  # fmt: skip
    return Entrance(body, store, clock, replace(made, **door))  # type: ignore[arg-type] # fields of a door
