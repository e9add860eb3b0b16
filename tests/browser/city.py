"""さくら市's portal as a service: `iam serve` over PostgreSQL, and people who are given what they sign in by.

    def test_…(city: City, page: Page) -> None:
        who = city.newcomer(Way.APP)
        page.goto(f"{city.origin}/login")

The ledger is made once a session; each module has its own copy and its own
service, each test people of its own.  What only time would bring, a test writes
into the database.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page
from sqlalchemy import update

from iam.jobs.night import nightly
from iam.people.ledger import persons_by_number
from iam.policy.profile import Role
from iam.record.act import now
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.signin import sessions
from iam.signin.door import Door, Entrant, Where, entrant
from iam.signin.factors.authenticators import authenticator_table
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_table
from migrations.run import upgrade
from tests.cheap import cheap_hasher
from tests.memory import MemoryTarget
from web.body.deployment import Deployment, proved
from web.body.door import door_of
from web.body.job import job_for
from web.practice.body import SEED, outsourced, people, write_feed, write_practice_body
from web.practice.portal import serving
from web.practice.portal.browser import SESSION
from web.practice.portal.visitors import Cast, Part, Visitor, Way, candidates, give, set_up
from web.practice.servers.postgres import Postgres
from web.practice.servers.process import free_port
from web.practice.walk.stage import program

STAFF: Final = 600
_numbers = count(1)
_ORIGIN: Final = "http://localhost:8080"
_DIRECTORY: Final = "ldap://127.0.0.1:1389"
PASSWORD: Final = "kumo-to-minato 7 no hanashi"
AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)
BOTH: Final = Proofs().plus(Method.PASSWORD).plus(Method.TOTP, 1)


@dataclass(frozen=True)
class City:
    """The portal that is open.  `plan`: the number of the one that is held."""

    origin: str
    deployment: Deployment
    store: Store
    door: Door
    cast: Cast
    plan: int
    log: Path
    _cheap: Door = field(repr=False)
    _fresh: Iterator[Entrant] = field(repr=False)

    def newcomer(self, way: Way, password: str = PASSWORD) -> Visitor:
        """Somebody whom no other test has; `way`: what they have been given."""
        return give(self.store, self._cheap, Part(None, "職員", way), next(self._fresh), password)

    def id_of(self, who: Visitor) -> int:
        """The person in the ledger."""
        with self.store.read() as connection:
            return persons_by_number(connection, [who.number])[who.number]

    def session_for(self, who: Visitor, *, duty: str = "", proofs: Proofs = BOTH) -> tuple[str, int]:
        """A session as a sign-in leaves it: the token for its cookie, and its number."""
        with self.store.act("test") as act:
            found = entrant(act.connection, self.door, self.id_of(who), act.at)
            here = Where("127.0.0.1", AGENT)
            return sessions.open_session(act, self.door, found, here, proofs=proofs, duty=duty)

    def signed_in(self, page: Page, who: Visitor) -> int:
        """`page` is now in the browser of whoever has just signed in, without the pages; the number of the session."""
        token, id_ = self.session_for(who)
        cookie = {"name": SESSION, "value": token, "url": self.origin.replace("http:", "https:"), "path": "/"}
        debugger = page.context.new_cdp_session(page)
        # Playwright's own way gives every cookie a domain, which this one must not have.
        kept = debugger.send("Network.setCookie", {**cookie, "secure": True, "httpOnly": True, "sameSite": "Lax"})
        assert kept["success"]
        debugger.detach()
        return id_

    def code(self, who: Visitor) -> str:
        """What their app shows now."""
        return who.code(now())

    # --- what only time would bring

    def a_minute_passes_for(self, who: Visitor) -> None:
        """The code that was used is a minute old: the one of now has not been used."""
        columns = authenticator_table.c
        with self.store.act("test") as act:
            earlier = update(authenticator_table).where(columns.person_id == self.id_of(who))
            act.connection.execute(earlier.values(counter=columns.counter - 2))

    def ages(self, session_id: int, **by: float) -> None:
        """Everything about a session happened earlier."""
        columns, span = session_table.c, timedelta(**by)
        with self.store.act("test") as act:
            times = dict.fromkeys(("seen_at", "proved_at"), act.at - span)
            act.connection.execute(update(session_table).where(columns.id == session_id).values(**times))

    def lines(self) -> list[dict[str, object]]:
        """What the service wrote into its log."""
        with self.log.open(encoding="utf-8") as said:
            return [json.loads(line) for line in said if line.startswith("{")]


@dataclass(frozen=True)
class Ground:
    """What all modules begin with.  `folder`: the files of the body; `database`: the name of what is copied."""

    folder: Path
    keys: KeyRing
    database: str
    cast: Cast
    plan: int


def prepared(folder: Path, postgres: Postgres) -> Ground:
    """さくら市 with a ledger, a plan that is held, and everybody of the cast."""
    # A folder of tests that takes these fixtures over has a ground of its own.
    name = f"browser_ground_{next(_numbers)}"
    url = postgres.create(name)
    upgrade(url)
    keys = KeyRing.create(folder / "keys.json")
    write_practice_body(folder, staff=STAFF, today=jst_day(now()), origin=_ORIGIN)
    deployment, store = _deployment(folder), Store(url, keys)
    try:
        plan = _nights(deployment, store)
        return Ground(folder, keys, name, set_up(store, _cheap(_door(deployment, keys))), plan)
    finally:
        store.dispose()


@contextmanager
def opened(ground: Ground, folder: Path, postgres: Postgres, name: str, *, directory: str = "") -> Iterator[City]:
    """The portal of a copy of `ground`, by `iam serve`; `folder`: not there yet; `name`: of its database.

    `directory`: the address of the OpenLDAP of its systems, with which `iam worker` runs beside it.
    """
    shutil.copytree(ground.folder, folder)
    url, origin = postgres.create(name, template=ground.database), f"http://localhost:{free_port()}"
    file = folder / "iam.toml"
    said = file.read_text(encoding="utf-8").replace("sqlite:///iam.db", url)
    said = said.replace(f":{urlsplit(_ORIGIN).port}", f":{urlsplit(origin).port}")
    file.write_text(said.replace(_DIRECTORY, directory or _DIRECTORY), encoding="utf-8")
    deployment = _deployment(folder)
    store, door = Store(url, ground.keys), _door(deployment, ground.keys)
    ours = {variable: value for variable, value in os.environ.items() if not variable.startswith("IAM_")}
    try:
        with serving.opened(program(), file, origin, environment=ours, worker=bool(directory)) as running:
            others = _others(store, door, ground.cast)
            yield City(origin, deployment, store, door, ground.cast, ground.plan, running.log, _cheap(door), others)
    finally:
        store.dispose()


def _deployment(folder: Path) -> Deployment:
    return proved(load(folder / "iam.toml", {}), str(folder / "iam.toml"), [])


def _door(deployment: Deployment, keys: KeyRing) -> Door:
    assert deployment.settings.portal
    return door_of(deployment, deployment.settings.portal, keys)


def _cheap(door: Door) -> Door:
    """The service hashes anew, at what hashing costs there, whatever was hashed by this one, when it is used."""
    return replace(door, hasher=cheap_hasher(door.keys))


def _nights(deployment: Deployment, store: Store) -> int:
    """One that passes, and one that is held; the number of the plan that is."""
    targets = {name: MemoryTarget(name) for name in deployment.settings.targets}
    today = jst_day(store.clock())
    feed = Path(deployment.settings.body.profile).parent / "人事" / "名簿.csv"
    for _ in range(2):
        job = job_for(deployment, store, "unyou", today=today, progress=lambda *_: None)
        report = nightly(replace(job, targets=targets, pause=lambda _: None))
        write_feed(feed, outsourced(people(STAFF, SEED, today), today))
    assert report.held is not None
    return report.held.id


def _others(store: Store, door: Door, cast: Cast) -> Iterator[Entrant]:
    """Those who are not in the cast, one after the other."""
    known = {each.number for each in cast.visitors}
    with store.read() as connection:
        found = [each for each in candidates(connection, door, None, store.clock()) if each.in_service]
    yield from (each for each in found if each.staff_number not in known)


def officers(cast: Cast) -> dict[Role, Visitor]:
    """Whoever holds a role, by role."""
    return {Role(each.role): each for each in cast.visitors if each.role}
