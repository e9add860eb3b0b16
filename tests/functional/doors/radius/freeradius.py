"""FreeRADIUS on loopback by the sample that operators copy, and pyrad as the device before it."""

import contextlib
import io
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessRequest, AuthPacket

from web.practice.servers import process

SAMPLE: Final = Path(__file__).parents[4] / "docs/deploy/freeradius"
DEVICES: Final = {"vpn-1": "127.0.0.21", "switch-1": "127.0.0.22", "server-1": "127.0.0.23"}
"""The devices of the sample, and from where they ask here."""

_DICTIONARY: Final = """\
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string encrypt=1
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE Service-Type 6 integer
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE State 24 octets
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE Idle-Timeout 28 integer
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Tunnel-Type 64 integer has_tag
ATTRIBUTE Tunnel-Medium-Type 65 integer has_tag
ATTRIBUTE Message-Authenticator 80 octets
ATTRIBUTE Tunnel-Private-Group-Id 81 string has_tag
VALUE Service-Type Login-User 1
VALUE Service-Type Call-Check 10
"""
CODES: Final = {2: "accept", 3: "reject", 11: "challenge"}


@dataclass(frozen=True)
class Reply:
    """What a device was told.  `what`: accept, reject, challenge, or dropped."""

    what: str
    text: str = ""
    state: bytes = b""
    limits: tuple[int, ...] = ()
    vlan: str = ""


@dataclass(frozen=True)
class Radius:
    """The running server."""

    port: int
    folder: Path

    def secret(self, device: str) -> str:
        """The shared secret of a device, as the test wrote it."""
        return f"loopback-{device}-0123456789abcdef"

    def ask(
        self,
        name: str,
        password: str = "",
        *,
        device: str = "vpn-1",
        state: bytes = b"",
        signed: bool = True,
        secret: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> Reply:
        """One packet of a device and its answer, whose Message-Authenticator must be right."""
        client = Client(
            "127.0.0.1", authport=self.port, secret=(secret or self.secret(device)).encode(),
            dict=Dictionary(io.StringIO(_DICTIONARY)), enforce_ma=True,
        )  # fmt: skip
        client.bind((DEVICES[device], 0))
        expected = signed and not secret
        client.timeout, client.retries = (10 if expected else 0.3), 1
        packet = client.CreateAuthPacket(code=AccessRequest, User_Name=name, **(attributes or {}))
        packet["User-Password"] = packet.PwCrypt(password)
        if state:
            packet["State"] = state
        if signed:
            packet.add_message_authenticator()
        else:
            packet.message_authenticator = False
        try:
            return _reply(client.SendPacket(packet))
        except Timeout:
            return Reply("dropped")
        finally:
            client._socket.close()  # noqa: SLF001 - pyrad leaves it to the end of the process


def _reply(packet: AuthPacket) -> Reply:
    def first(name: str, otherwise: Any) -> Any:  # noqa: ANN401 - as pyrad has it
        return packet[name][0] if name in packet else otherwise

    limits = tuple(first(name, 0) for name in ("Session-Timeout", "Idle-Timeout") if name in packet)
    return Reply(
        CODES[packet.code], first("Reply-Message", ""), first("State", b""), limits,
        str(first("Tunnel-Private-Group-Id", "")),
    )  # fmt: skip


@contextlib.contextmanager
def freeradius(url: str, ca: Path, client: str, secret: str) -> Iterator[Radius]:
    """The server by the sample, asking the portal at `url`, until the block ends."""
    folder = process.private_folder("kagimori-radius-", "freerad")
    radius = Radius(_free_port(), folder)
    shutil.copy(ca, folder / "ca.pem")
    _write(radius, url, client, secret)
    process.hand_over("freerad", *folder.iterdir())
    log = folder / "radius.log"
    try:
        with (folder / "out.log").open("wb") as out:
            command = [process.program("freeradius"), "-f", "-d", str(folder)]
            running = process.start("freerad", command, log=out)
            try:
                process.wait_until_ready(
                    running,
                    lambda: log.exists() and "Ready to process" in log.read_text(encoding="utf-8"),
                    log=folder / "out.log",
                )
                yield radius
            finally:
                process.end(running)
    finally:
        shutil.rmtree(folder)


def _write(radius: Radius, url: str, client: str, secret: str) -> None:
    folder = radius.folder
    said = {
        name: (SAMPLE / name).read_text(encoding="utf-8")
        for name in ("radiusd.conf", "clients.conf", "kagimori.secret")
    }
    changes = {
        "radiusd.conf": {
            "confdir = /etc/freeradius/3.0": f"confdir = {folder}",
            "logdir = /var/log/freeradius": f"logdir = {folder}",
            "run_dir = /run/freeradius": f"run_dir = {folder}", "https://id.example.lg.jp": url,
            "/etc/ssl/certs/kagimori-ca.pem": f"{folder}/ca.pem", "\t\tipaddr = *\n": "\t\tipaddr = 127.0.0.1\n",
            "port = 1812": f"port = {radius.port}", "reject_delay = 1": "reject_delay = 0",
        },
        "clients.conf": {
            **{f"192.0.2.2{number}\n": f"127.0.0.2{number}\n" for number in (1, 2, 3)},
            **{f'"change-me-{device}"': f'"{radius.secret(device)}"' for device in DEVICES},
        },
        "kagimori.secret": {'"radius-1"': f'"{client}"', '"change-me"': f'"{secret}"'},
    }  # fmt: skip
    for name, text in said.items():
        for old, new in changes[name].items():
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)  # noqa: PLW2901 - step by step
        (folder / name).write_text(text, encoding="utf-8")


def _free_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
