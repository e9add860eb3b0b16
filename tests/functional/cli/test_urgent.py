"""`iam worker` and privileged IDs: opened and closed within seconds, whatever else it waits for."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from iam.outbox import Topic, tell
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.sync.urgent import Errand, ErrandKind, Mode, errands, put
from tests.errands import register_in
from tests.functional.cli.given import IAM, Town

ADMIN = "kanri01"
SECONDS = 60
"""How long a test waits for what takes one or two: the machine may be busy."""


@pytest.fixture
def guarded(settled: Town) -> Town:
    """A town with a privileged ID on its directory, disabled."""
    with settled.slapd.connection() as connection:
        named = {"cn": ADMIN, "sn": ADMIN, "pwdAccountLockedTime": "000001010000Z"}
        connection.add(f"uid={ADMIN},ou=people,{settled.slapd.suffix}", "inetOrgPerson", named)
    with opened(settled) as store, store.act("test") as act:
        register_in(act, "portal", ADMIN)
    return settled


@contextmanager
def opened(town: Town) -> Iterator[Store]:
    store = Store(f"sqlite:///{town.folder / 'iam.db'}", KeyRing.read(town.folder / "keys.json"))
    try:
        yield store
    finally:
        store.dispose()


def ask(town: Town, kind: ErrandKind) -> None:
    with opened(town) as store, store.act("staff:1") as act:
        put(
            act,
            Errand(
                system="portal", login=ADMIN, kind=kind, mode=Mode.ENABLE, subject="use 1", rule="delegation 1",
                clause="baseline", words="特権の利用",
            ),
        )  # fmt: skip


def waits_until(town: Town, *, on: bool) -> float:
    """Seconds until the directory says so."""
    begun = time.monotonic()
    while town.accounts()[ADMIN] is not on:
        assert time.monotonic() - begun < SECONDS
    return time.monotonic() - begun


def test_an_end_waits_for_no_mail_server(guarded: Town) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        mail = (
            f'[mail]\nhost = "127.0.0.1"\nport = {deaf.getsockname()[1]}\nsecurity = "none"\nsender = "k@sakura.test"'
        )
        guarded.edit("iam.toml", "[output]", f"{mail}\n\n[output]")
        with opened(guarded) as store, store.act("test") as act:
            tell(act, 1, "yamada@sakura.test", Topic.PASSWORD_CHANGED, {"at": act.at})
        command = [str(IAM), "--config", str(guarded.config), "worker"]
        worker = subprocess.Popen(command, cwd=guarded.folder, env=os.environ, stdout=subprocess.PIPE, text=True)
        try:
            assert worker.stdout
            assert "始めました。" in worker.stdout.readline()
            letter, _ = deaf.accept()  # it has begun to write a letter, and will get no answer
            ask(guarded, ErrandKind.OPEN)
            waits_until(guarded, on=True)
            ask(guarded, ErrandKind.CLOSE)
            waits_until(guarded, on=False)
            said = [worker.stdout.readline() for _ in range(2)]
        finally:
            worker.kill()
            worker.communicate()
            letter.close()
    assert [line.split(" ", 2)[-1].strip() for line in said] == [
        f"特権ID portal/{ADMIN}: {words}（use 1）。" for words in ("使えるようにする", "使えなくする")
    ]


def test_one_round_closes_what_is_due_and_says_what_stands_in_the_way(guarded: Town) -> None:
    ask(guarded, ErrandKind.OPEN)
    opened_ = guarded.run("worker", "--once")
    was_on = guarded.accounts()[ADMIN]
    guarded.slapd.stop()
    ask(guarded, ErrandKind.CLOSE)
    dead = guarded.run("worker", "--once")
    guarded.slapd.start()

    with opened(guarded) as store, store.read() as connection:
        (left,) = [each for each in errands(connection, "use 1") if each.outcome is None]

    assert (opened_.exit_code, was_on, dead.exit_code) == (0, True, 0)
    assert left.reason
    assert left.reason in dead.stdout


def test_a_worker_that_is_told_to_stop_ends_its_urgent_work_too(guarded: Town) -> None:
    """Also while a target says nothing."""
    guarded.edit("iam.toml", "[targets.portal.openldap]", "[targets.portal.openldap]\ntimeout = 1")
    ask(guarded, ErrandKind.OPEN)
    command = [str(IAM), "--config", str(guarded.config), "worker"]
    assert guarded.slapd.server
    guarded.slapd.server.send_signal(signal.SIGSTOP)
    worker = subprocess.Popen(command, cwd=guarded.folder, env=os.environ, stdout=subprocess.PIPE, text=True)
    try:
        with opened(guarded) as store:
            begun = time.monotonic()
            while not tried(store):
                assert time.monotonic() - begun < SECONDS
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=SECONDS)
    finally:
        guarded.slapd.server.send_signal(signal.SIGCONT)
        worker.kill()
        worker.communicate()
    assert worker.returncode == 0
    assert said.splitlines()[-1].endswith("止まりました。")


def tried(store: Store) -> bool:
    with store.read() as connection:
        return errands(connection, "use 1")[0].tries > 0
