"""A foreign service provider, Apache's mod_auth_mellon, and the portal as it is installed: in, more, not in, out."""

import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select

from iam.access.places.register import Known, Particulars, register
from iam.access.places.terminals import TerminalKind
from iam.jobs.night import nightly
from iam.people.ledger import person_table, persons_by_number
from iam.record.act import now
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.signin.deciding.facts import Knock, Whence, explain, proved_now
from iam.signin.door import Door, Entrant, entrant
from iam.signin.factors import totp
from iam.signin.tokens.clients import ClientKind
from tests.browser.chromium import Watch, opened, started
from tests.clients import a_client
from tests.functional.doors.saml.mellon import USER, Mellon, Part, Traveller
from tests.functional.doors.saml.provider import Pair
from tests.functional.site.given import BOTH
from tests.memory import MemoryTarget
from web.body.deployment import Deployment, proved
from web.body.door import door_of
from web.body.job import job_for
from web.practice.body import write_practice_body
from web.practice.portal import serving
from web.practice.portal.browser import Browser
from web.practice.portal.visitors import Part as Role
from web.practice.portal.visitors import Visitor, Way, give
from web.practice.servers import process
from web.practice.walk.stage import program

PASSWORD: Final = "三毛猫と夕焼けの坂道をゆっくり歩く"
TWO: Final = "urn:kagimori:kinds:2"
STAFF: Final = 150


@dataclass(frozen=True)
class Scene:
    """Everything that runs.  `seen`: a staff member who may use the groupware and the files, and not the accounts."""

    origin: str
    store: Store
    desk: Part
    files: Part
    finance: Part
    who: Visitor

    def traveller(self) -> Traveller:
        return Traveller(self.origin, self.desk.site)

    def enrols(self) -> Visitor:
        """They have an app from now on."""
        with self.store.act("test") as act:
            id_ = persons_by_number(act.connection, [self.who.number])[self.who.number]
            begun = totp.begin(act, self.store.keys, id_, "電話", issuer="さくら市", account=self.who.number)
            key = parse_qs(urlsplit(begun.uri).query)["secret"][0]
            shown = pyotp.TOTP(key).at(act.at - timedelta(seconds=30))
            assert isinstance(totp.confirm_code(act, self.store.keys, id_, begun.id, shown), totp.Accepted)
        return replace(self.who, key=key)


def _configured(folder: Path, origin: str, idp: tuple[Pair, Pair], today: datetime) -> Path:
    """The files of さくら市, where one kind is enough in the office by a waiver, with [saml]."""
    day = jst_day(today)
    body = write_practice_body(folder, staff=STAFF, today=day, origin=origin)
    profile, (own, rsa) = folder / "さくら市.toml", idp
    text = profile.read_text(encoding="utf-8")
    strict = '[signin.general]\nsecond_factor = { value = true, clause = "SAKURA-8.2.5" }'
    assert strict in text
    waiver = f'waiver = "例外措置第1号", waiver_until = {day + timedelta(days=30)}, clause = "SAKURA-8.2.5"'
    text = text.replace(strict, f"[signin.general]\nsecond_factor = {{ value = false, {waiver} }}")
    profile.write_text(text, encoding="utf-8")
    with body.configuration.open("a", encoding="utf-8") as written:
        written.write(
            f'\n[saml]\nkey_file = "{own.key_file}"\ncertificate_file = "{own.certificate_file}"\n'
            f'rsa_key_file = "{rsa.key_file}"\nrsa_certificate_file = "{rsa.certificate_file}"\n'
        )
    return body.configuration


def _filled(deployment: Deployment, store: Store, today: datetime) -> None:
    job = job_for(deployment, store, "unyou", today=jst_day(today), progress=lambda *_: None)
    report = nightly(replace(job, targets={name: MemoryTarget(name) for name in job.targets}, pause=lambda _: None))
    assert not report.holds, report.holds


def _found(store: Store, door: Door, at: datetime) -> Entrant:
    """Somebody whose rights are as the scene needs them, and whose own rules ask for one kind."""
    with store.read() as connection:
        ids = connection.scalars(select(person_table.c.id).order_by(person_table.c.id)).all()
        everybody = [entrant(connection, door, id_, at) for id_ in ids]
    plain = (each for each in everybody if each.in_service and not each.roles and not each.rules.second_factor)
    return next(each for each in plain if _may(store, door, each, at) == ["groupware", "files"])


def _may(store: Store, door: Door, who: Entrant, at: datetime) -> list[str]:
    session = proved_now(door, who, BOTH, at)
    systems = ("groupware", "files", "finance")
    return [
        each for each in systems if explain(store, door, Knock(who, session, each, Whence("127.0.0.1"), at)).allowed
    ]


def _people(store: Store, door: Door, at: datetime) -> Visitor:
    """The one who comes, and the registered terminal at which they sit."""
    who = give(store, door, Role(None, "職員", Way.PASSWORD), _found(store, door, at), PASSWORD)
    with store.act("test") as act:
        known = Known.of(door.profile, door.model)
        register(act, known, Particulars("PC-1", "PC-1", TerminalKind.PC, door.zone, address="127.0.0.1"))
    return who


def _connected(store: Store, apache: Mellon, at: datetime) -> tuple[Part, Part, Part]:
    """Three systems behind Apache, each a client under a waiver: mod_auth_mellon knows RSA alone."""
    parts = apache.serve("desk"), apache.serve("files", TWO), apache.serve("finance")
    for part, system in zip(parts, ("groupware", "files", "finance"), strict=True):
        detail = {
            "entity_id": part.entity_id, "acs": [part.acs], "logout_url": part.logout_url, "certificate": part.pem,
            "attributes": {"uid": "staff_number", "groups": "groups"}, "waiver": "例外措置第2号",
            "waiver_until": jst_day(at) + timedelta(days=1),
        }  # fmt: skip
        a_client(store, ClientKind.SAML, system, detail, code=part.name)
    return parts


@pytest.fixture(scope="module")
def scene(empty_file: Path, idp: tuple[Pair, Pair], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder, at = tmp_path_factory.mktemp("mellon"), now()
    origin = f"http://localhost:{process.free_port()}"
    configuration = _configured(folder, origin, idp, at)
    keys = KeyRing.create(folder / "keys.json")
    shutil.copy(empty_file, folder / "iam.db")
    deployment = proved(load(configuration, {}), str(configuration), [])
    store = Store(f"sqlite:///{folder / 'iam.db'}", keys)
    apache = Mellon(process.private_folder("kagimori-mellon-", USER), process.free_port())
    try:
        _filled(deployment, store, at)
        assert deployment.settings.portal
        who = _people(store, door_of(deployment, deployment.settings.portal, keys), at)
        parts = _connected(store, apache, at)
        with serving.opened(program(), configuration, origin, environment={}, worker=False):
            with Browser(origin) as browser:
                metadata = browser.ask("GET", "/saml/metadata")[2]
            with apache.running(metadata):
                yield Scene(origin, store, *parts, who)
    finally:
        store.dispose()
        shutil.rmtree(apache.folder)


def test_an_answer_that_was_changed_opens_nothing(scene: Scene) -> None:
    who = scene.who
    with closing(scene.traveller()) as browser:
        browser.open(f"{scene.desk.site}/desk/")
        browser.send(number=who.number, password=who.password)
        form = browser.carried()
        xml = b64decode(form.fields["SAMLResponse"]).decode()
        for changed in (
            xml.replace(f">{who.number}<", ">00000001<"),
            re.sub(r"<(ns\d):Signature[ >].*?</\1:Signature>", "", xml, flags=re.DOTALL),
        ):
            assert changed != xml
            fields = {**form.fields, "SAMLResponse": b64encode(changed.encode()).decode()}
            assert browser.brings(form.action, fields).status in {400, 403, 500}
            assert not browser.at.text.startswith("desk:")


@pytest.mark.parametrize("scripts", [True, False], ids=["by itself", "by the button"])
def test_a_real_browser_goes_on_to_the_system(scene: Scene, scripts: bool) -> None:
    with started() as chromium, opened(chromium, java_script_enabled=scripts) as context:
        page, watch = context.new_page(), Watch.over(context)
        watch.expects("request elsewhere", "favicon.ico")  # two sites are what this is about
        page.goto(f"{scene.desk.site}/desk/")
        page.fill("input[name=number]", scene.who.number)
        page.fill("input[name=password]", scene.who.password)
        page.press("input[name=password]", "Enter")
        if not scripts:
            page.click("form[data-onward] button")
        page.wait_for_url(f"{scene.desk.site}/desk/")
        assert page.text_content("body") == f"desk: {scene.who.number} may user"
        assert watch.unexpected() == []


def test_somebody_comes_in_proves_more_is_denied_and_leaves(scene: Scene) -> None:
    who = scene.who
    with closing(scene.traveller()) as browser:
        # in, by the password: one kind is enough for the first system
        page = browser.open(f"{scene.desk.site}/desk/")
        assert page.path.startswith("/login?next=/saml/go"), page
        browser.send(number=who.number, password=who.password)
        assert browser.carried().action == scene.desk.acs
        assert browser.goes_on().text == f"desk: {who.number} may user"
        # more: the next one asks for two, and by now there is an app
        who = scene.enrols()
        page = browser.open(f"{scene.desk.site}/files/")
        assert page.path.startswith("/prove?next=/saml/go"), page
        browser.send(password=who.password)
        browser.send(code=who.code(now()))
        first = dict(browser.carried().fields)
        assert browser.goes_on().text.startswith(f"files: {who.number} may dept")
        # not in: no right to the third
        page = browser.open(f"{scene.desk.site}/finance/")
        assert (page.status, "SAMLResponse" in page.text) == (403, False)
        assert "「財務会計」" in page.text
        # an answer for one system opens no other
        assert browser.brings(scene.finance.acs, first).status in {400, 403, 500}
        assert browser.open(f"{scene.desk.site}/finance/").status == 403
        # out, by the first system: there, and in the portal
        browser.open(f"{scene.desk.site}/desk/mellon/logout?ReturnTo=/")
        assert browser.here.startswith(scene.desk.site), browser.here
        assert browser.open(f"{scene.desk.site}/desk/").path.startswith("/login?next=/saml/go")
        assert browser.open(f"{scene.origin}/").path.startswith("/login")
