"""さくら市 with its portal: some 600 people in the ledger, an officer for every role, and whoever has just signed in.

    def test_an_auditor_reads_the_list(city: City) -> None:
        client = city.client()
        city.signed_in(client, city.holder(Role.AUDITOR))
        assert client.get("/officer/people").status_code == 200

`city` comes from tests/functional/site/conftest.py and runs over SQLite and over
PostgreSQL; `city_sqlite` over SQLite alone, for sweeps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from iam.jobs.night import Job, nightly
from iam.people.ledger import person_table, persons_by_number
from iam.people.standing import Status
from iam.policy.profile import Role
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import Settings, load
from iam.signin import sessions
from iam.signin.door import Door, Entrant, Where, entrant
from iam.signin.kinds import Method, Proofs
from tests.cheap import CHEAP
from tests.memory import MemoryTarget
from web.body.deployment import Deployment, proved
from web.body.door import door_of
from web.body.job import job_for
from web.practice.body import write_practice_body
from web.site.access import Access
from web.site.app import Site, create_app
from web.site.border.cookies import SESSION
from web.site.face.assets import Assets

MORNING: Final = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
"""9:05 in Japan on a Friday."""

ORIGIN: Final = "https://id.city.example"
STAFF: Final = 600
BOTH: Final = Proofs().plus(Method.PASSWORD).plus(Method.VERIFIED_KEY, 1)
"""What satisfies every rule, also that for privileged IDs."""
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    """Stands still until told otherwise; the two readings of one moment never are the same."""

    at: datetime = MORNING
    step: int = 0

    def __call__(self) -> datetime:
        self.step += 1
        return self.at + timedelta(microseconds=self.step)

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


def write_city(folder: Path) -> Deployment:
    """The files of さくら市 under `folder`, read as the service reads them."""
    body = write_practice_body(folder, staff=STAFF, today=MORNING.date())
    return proved(load(body.configuration, {}), str(body.configuration), [])


def fill(deployment: Deployment, url: str, keys: KeyRing) -> None:
    """One night over an empty, migrated database: everybody is in the ledger, with IDs on targets in memory."""
    store = Store(url, keys, Clock())
    job = job_for(deployment, store, "unyou", today=MORNING.date(), progress=lambda *_: None)
    report = nightly(_without_targets(job))
    store.dispose()
    assert not report.holds, report.holds


def who_is_there(deployment: Deployment, url: str, keys: KeyRing) -> dict[str, frozenset[Role]]:
    """Everybody in service on the first morning, and their roles."""
    assert deployment.settings.portal
    store, door = Store(url, keys, Clock()), door_of(deployment, deployment.settings.portal, keys, CHEAP)
    with store.read() as connection:
        ids = connection.execute(select(person_table.c.id).order_by(person_table.c.staff_number)).scalars().all()
        everybody = [entrant(connection, door, id_, MORNING) for id_ in ids]
    store.dispose()
    return {who.staff_number: who.roles for who in everybody if who.status is Status.IN_SERVICE}


def _without_targets(job: Job) -> Job:
    return replace(job, targets={name: MemoryTarget(name) for name in job.targets}, pause=lambda _: None)


@dataclass
class City:
    """The site of one test.  `settings`: those of its deployment, `[portal]` changed as the test asked."""

    deployment: Deployment
    keys: KeyRing
    url: str
    known: Mapping[str, frozenset[Role]]
    """Everybody in service on the first morning, and their roles."""

    clock: Clock = field(default_factory=Clock)
    portal: dict[str, Any] = field(default_factory=dict)
    more: Sequence[Blueprint] = ()
    rows: Mapping[str, Access] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.deployment.settings

    @cached_property
    def store(self) -> Store:
        return Store(self.url, self.keys, self.clock)

    @cached_property
    def site(self) -> Site:
        assert self.settings.portal
        usual = {"origin": ORIGIN, "proxies": (ip_network("127.0.0.1/32"),)}
        portal = self.settings.portal.model_copy(update={**usual, **self.portal})
        return Site(
            self.store, door_of(self.deployment, portal, self.keys, CHEAP), self.deployment, portal, Assets("test")
        )

    @property
    def door(self) -> Door:
        return self.site.door

    @cached_property
    def app(self) -> Flask:
        made = create_app(self.site, self.more, self.rows)
        made.config["TESTING"] = False  # errors are answered as they are in production
        return made

    def client(self) -> "Browser":
        """A browser that was never here, seen by our proxy."""
        self.app.test_client_class = Browser
        made = self.app.test_client()
        assert isinstance(made, Browser)
        return made

    # --- who

    def entrant(self, number: str) -> Entrant:
        with self.store.read() as connection:
            id_ = persons_by_number(connection, [number])[number]
            return entrant(connection, self.door, id_, self.clock())

    def holder(self, role: Role) -> str:
        """The number of somebody who holds this role on the first morning."""
        return next(number for number, roles in self.known.items() if role in roles)

    def plain(self, which: int = 0) -> str:
        """The number of somebody in service without any role."""
        return [number for number, roles in self.known.items() if not roles][which]

    # --- signing in, without the pages

    def session_for(self, number: str, *, duty: str = "", proofs: Proofs = BOTH) -> str:
        """A session as a sign-in leaves it; the token for its cookie."""
        with self.store.act("test") as act:
            who = entrant(act.connection, self.door, self.entrant(number).person_id, act.at)
            token, _ = sessions.open_session(act, self.door, who, Where("192.0.2.7", "test"), proofs=proofs, duty=duty)
        return token

    def signed_in(self, client: "Browser", number: str, *, duty: str = "", proofs: Proofs = BOTH) -> str:
        """`client` becomes the browser of whoever has this number, just signed in; gives the session's token."""
        token = self.session_for(number, duty=duty, proofs=proofs)
        client.set_cookie(SESSION, token, domain=client.host, secure=True, httponly=True)
        return token

    def somebody(self, role: Role | None = None, **how: Any) -> "Browser":  # noqa: ANN401 - as signed_in
        """The browser of somebody who holds `role`, or none, signed in."""
        client = self.client()
        self.signed_in(client, self.holder(role) if role else self.plain(), **how)
        return client


class Browser(FlaskClient):
    """Asks as a browser behind our proxy does: by https, with its origin on whatever changes something."""

    host = ORIGIN.removeprefix("https://")

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:  # noqa: ANN401 - as werkzeug has it
        kwargs.setdefault("base_url", ORIGIN)
        kwargs.setdefault("environ_overrides", {}).setdefault("REMOTE_ADDR", "127.0.0.1")
        if kwargs.get("method", "GET") not in {"GET", "HEAD", "OPTIONS"}:
            headers = dict(kwargs.pop("headers", None) or {})
            kwargs["headers"] = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
        return super().open(*args, **kwargs)

    def token(self, page: str = "/nowhere") -> str:
        """The CSRF token that the form on `page` carries."""
        found = _TOKEN.search(self.get(page).get_data(as_text=True))
        assert found, f"no form on {page}"
        return found[1]

    def send(self, page: str, form: dict[str, Any] | None = None, *, of: str | None = None, **how: Any) -> TestResponse:  # noqa: ANN401
        """Fill in the form on `page` (or on `of`) and send it to `page`."""
        return self.post(page, data={"csrf_token": self.token(of or page), **(form or {})}, **how)
