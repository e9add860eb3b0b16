"""`iam worker`: real processes, a real mail server, and a clean end."""

import os
import signal
import subprocess
from pathlib import Path

from iam.outbox import Topic, tell
from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.cli.given import IAM, Town
from tests.mailserver import PASSWORD, USER, MailServer

WAIT = 60


def with_mail(town: Town, server: MailServer, **more: str) -> None:
    """The town writes by this server."""
    security = "starttls" if server.starttls else "none"
    said = {"host": '"127.0.0.1"', "port": str(server.port), "security": f'"{security}"'}
    said |= {"sender": '"kagimori@sakura.test"', **more}
    if server.ca:
        said["ca_file"] = f'"{server.ca}"'
    section = "\n".join(["[mail]", *(f"{key} = {value}" for key, value in said.items()), "", "[output]"])
    town.edit("iam.toml", "[output]", section)


def written(town: Town, times: int) -> None:
    store = Store(f"sqlite:///{town.folder / 'iam.db'}", KeyRing.read(town.folder / "keys.json"))
    try:
        with store.act("staff:100123") as act:
            for _ in range(times):
                tell(act, 1, "yamada@sakura.test", Topic.PASSWORD_CHANGED, {"at": act.at})
    finally:
        store.dispose()


def started(town: Town, *words: str) -> "subprocess.Popen[str]":
    command = [str(IAM), "--config", str(town.config), "worker", *words]
    return subprocess.Popen(command, cwd=town.folder, env=os.environ, stdout=subprocess.PIPE, text=True)


def test_one_round_sends_what_waits(town: Town, tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        with_mail(town, server)
        written(town, 2)
        done = town.run("worker", "--once")
    assert done.exit_code == 0
    assert "メール 送信2件、再送待ち0件、送信できず0件" in done.stdout
    assert server.subjects == ["【鍵守】パスワードを変更しました"] * 2


def test_the_password_and_the_authority_of_the_configuration_are_used(town: Town, tmp_path: Path) -> None:
    (town.folder / "mail_password").write_text(PASSWORD, encoding="utf-8")
    (town.folder / "mail_password").chmod(0o600)
    with MailServer(tmp_path, starttls=True, auth=True) as server:
        with_mail(town, server, user=f'"{USER}"', password_file='"mail_password"')
        written(town, 1)
        done = town.run("worker", "--once")
    assert "送信1件" in done.stdout
    assert [encrypted for _, _, encrypted in server.envelopes] == [True]
    assert PASSWORD not in done.output


def test_a_server_that_is_away_is_told_and_fails_nothing(town: Town, tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        with_mail(town, server)
    written(town, 1)
    done = town.run("worker", "--once")
    assert done.exit_code == 0
    assert "再送待ち1件" in done.stdout
    assert f"127.0.0.1:{server.port}" in done.stdout


def test_without_mail_it_tidies_and_sends_nothing(town: Town) -> None:
    written(town, 1)
    done = town.run("worker", "--once")
    assert (done.exit_code, done.stdout) == (0, "")


def test_two_processes_never_send_one_letter_twice(town: Town, tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        with_mail(town, server)
        written(town, 30)
        workers = [started(town, "--once") for _ in range(2)]
        assert [each.wait(WAIT) for each in workers] == [0, 0]
        for each in workers:
            each.communicate()
    numbers = [str(message["Message-ID"]) for message in server.received]
    assert len(numbers) == len(set(numbers)) == 30


def test_it_stays_until_it_is_told_to_stop(town: Town, tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        with_mail(town, server)
        written(town, 1)
        worker = started(town)
        try:
            assert worker.stdout
            assert "始めました。" in worker.stdout.readline()
            assert "送信1件" in worker.stdout.readline()
            assert worker.poll() is None
            worker.send_signal(signal.SIGTERM)
            rest, _ = worker.communicate(timeout=WAIT)
        finally:
            worker.kill()
            worker.communicate()
    assert worker.returncode == 0
    assert rest.splitlines()[-1].endswith("止まりました。")
