"""A sign-in at a Linux server: pamtester, libpam-radius-auth by the sample, FreeRADIUS, and us."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pytest

from tests.functional.doors.devices.served import DESK, PASSWORD, Hall
from tests.functional.doors.radius.freeradius import DEVICES, SAMPLE, Radius
from web.practice.portal.visitors import Visitor
from web.practice.servers.process import program

QUESTION: Final = "認証アプリか機器に表示されている数字を入力してください。"


@dataclass
class Server:
    """A server whose sign-in is guarded; `folder` holds its PAM configuration."""

    folder: Path

    def signs_in(self, login: str, *lines: str, rhost: str = DESK["address"]) -> tuple[bool, str]:
        """Whether somebody gets in who types these lines, one at each prompt, and what they read."""
        environment = {
            **os.environ, "LD_PRELOAD": "libpam_wrapper.so", "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": str(self.folder),
        }  # fmt: skip
        command = [program("pamtester", "/usr/bin"), "-I", f"rhost={rhost}", "sshd", login, "authenticate"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        ) as running:
            assert running.stdin
            assert running.stdout
            said = ""
            for line, prompt in zip(lines, ("Password", QUESTION), strict=False):
                said += _until(running.stdout, prompt)
                if prompt not in said:
                    break
                running.stdin.write(f"{line}\n".encode())
                running.stdin.flush()
            running.stdin.close()
            said += running.stdout.read().decode()
        return running.returncode == 0, said


def _until(stream: IO[bytes], text: str) -> str:
    """What comes until `text` stands there, or until the end."""
    said = b""
    while text.encode() not in said:
        if not (one := stream.read(1)):
            break
        said += one
    return said.decode()


@pytest.fixture(scope="module")
def server(radius: Radius, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("pam")
    sample = SAMPLE.parent / "pam_radius"
    text = (sample / "pam_radius_auth.conf").read_text(encoding="utf-8")
    for old, new in {
        "192.0.2.20:1812": f"127.0.0.1:{radius.port}", "change-me-server-1": radius.secret("server-1"),
        "192.0.2.23": DEVICES["server-1"],
    }.items():  # fmt: skip
        assert old in text, old
        text = text.replace(old, new)
    secrets = folder / "pam_radius_auth.conf"
    secrets.touch(mode=0o600)
    secrets.write_text(text, encoding="utf-8")
    services = folder / "pam.d"
    services.mkdir()
    pam = (sample / "sshd").read_text(encoding="utf-8")
    assert "conf=/etc/pam_radius_auth.conf" in pam
    (services / "sshd").write_text(pam.replace("/etc/pam_radius_auth.conf", str(secrets)), encoding="utf-8")
    return Server(services)


@pytest.fixture(scope="module")
def clerk(hall: Hall) -> Visitor:
    """Somebody with a right to the server's system."""
    return hall.somebody("clerk of finance", number=hall.number_with("finance"))


def test_password_and_code_open_a_server(hall: Hall, server: Server, clerk: Visitor) -> None:
    opened, said = server.signs_in(clerk.number, PASSWORD, hall.code(clerk))
    assert opened, said
    event = hall.events(clerk)[0]
    assert (event.address, event.terminal) == (DESK["address"], "RADIUS：groupwareの連携（server-1）")
    assert hall.decisions(person_id=hall.entrant(clerk.number).person_id)[-1]["system"] == "finance"


def test_a_login_of_the_server_and_one_field_open_it_too(hall: Hall, server: Server, clerk: Visitor) -> None:
    assert server.signs_in(hall.login(clerk, "finance"), PASSWORD + hall.code(clerk))[0]


def test_a_server_stays_shut(hall: Hall, server: Server, clerk: Visitor) -> None:
    assert not server.signs_in(clerk.number, "ちがうパスワードを打った人")[0]
    assert not server.signs_in(clerk.number, PASSWORD, hall.wrong_code(clerk))[0]
    assert not server.signs_in("99999999", PASSWORD)[0]
    assert not server.signs_in(clerk.number, PASSWORD, hall.code(clerk), rhost="203.0.113.9")[0]
