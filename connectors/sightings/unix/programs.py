"""What sshd, sudo, su and consoles say of sign-ins.

The one law: *the account is read from where its owner cannot write*: a name that somebody typed stands before the
address that the program adds, so the last address of the line counts.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.sightings.reading import address_of
from connectors.sightings.unix.heads import Said
from iam.ports import Sighted

_ACCEPTED: Final = re.compile(r"Accepted \S+ for (?P<login>.+) from (?P<address>\S+) port \d+(?: ssh2)?(?:: .*)?")
_FAILED: Final = re.compile(
    r"Failed (?P<method>\S+) for (?:invalid user )?(?P<login>.*) from (?P<address>\S+) port \d+(?: ssh2)?(?:: .*)?"
)
_GAVE_UP: Final = re.compile(
    r"(?:Connection (?:closed|reset) by|Disconnected from) authenticating user (?P<login>.+) (?P<address>\S+) port \d+"
    r"(?: \[preauth\])?"
)
_PARTED: Final = re.compile(r"Disconnected from user (?P<login>.+) (?P<address>\S+) port \d+")
_SESSION: Final = re.compile(
    r"pam_unix\((?P<by>[\w-]+):session\): session (?P<what>opened|closed) for user (?P<login>[^\s(]+)"
)
_SUDO: Final = re.compile(r"\s*(?P<login>\S.*?) : (?P<said>.*)")
_SUDO_DONE: Final = re.compile(r"(?:TTY=|PWD=|HOST=|CHROOT=|USER=)")
_SU: Final = re.compile(r"(?P<failed>FAILED SU )?\(to (?P<login>\S+)\) (?P<by>\S+) on .*")
_OLD_SU: Final = re.compile(r"(?P<what>Successful|FAILED) su for (?P<login>\S+) by (?P<by>\S+)")
_PKEXEC: Final = re.compile(r"(?P<login>\S+): Executing command .*")
_CONSOLE_FAILED: Final = re.compile(r"FAILED LOGIN \(\d+\) on \S+ FOR '(?P<login>[^']{0,256})', .*")
_CONSOLES: Final = ("login", "gdm", "lightdm", "sddm", "xrdp", "cockpit", "remote", "vsftpd")
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A sign-in in a message."""

    what: Sighted
    login: str
    address: str = ""


@dataclass
class Programs:
    """Reads messages one after the other; remembers which process of sshd already told of a failure."""

    _failed: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def found_in(self, said: Said) -> Found | None:
        """The sign-in that a message tells of; None for any other message."""
        read = _READERS.get(said.program)
        if read is not None:
            return read(said.message)
        if said.program.startswith("sshd"):
            return self._ssh(said)
        return _session(said.message)

    def _ssh(self, said: Said) -> Found | None:
        message = said.message
        if found := _ACCEPTED.fullmatch(message):
            return Found(Sighted.SIGNED_IN, found["login"], address_of(found["address"]))
        if found := _FAILED.fullmatch(message):
            if found["method"] == "none":
                return None
            self._remember(said)
            return Found(Sighted.FAILED, found["login"], address_of(found["address"]))
        if found := _GAVE_UP.fullmatch(message):
            # Keys that were refused are told of nowhere else; after a wrong password this is the same failure again.
            known = (said.host, said.pid) in self._failed
            return None if known else Found(Sighted.FAILED, found["login"], address_of(found["address"]))
        if found := _PARTED.fullmatch(message):
            return Found(Sighted.ENDED, found["login"], address_of(found["address"]))
        found = _SESSION.match(message)
        return Found(Sighted.ENDED, found["login"]) if found and found["what"] == "closed" else None

    def _remember(self, said: Said) -> None:
        self._failed[said.host, said.pid] = None
        while len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)


def _sudo(message: str) -> Found | None:
    found = _SUDO.fullmatch(message)
    if found is None or "COMMAND=" not in found["said"]:
        return None
    # What stands before the fields is why sudo refused: "3 incorrect password attempts", "user NOT in sudoers".
    done = _SUDO_DONE.match(found["said"]) is not None
    return Found(Sighted.RAISED if done else Sighted.FAILED, found["login"])


def _su(message: str) -> Found | None:
    """The account that su opens is the one that is used."""
    if found := _SU.fullmatch(message):
        return Found(Sighted.FAILED if found["failed"] else Sighted.SIGNED_IN, found["login"])
    if found := _OLD_SU.fullmatch(message):
        return Found(Sighted.FAILED if found["what"] == "FAILED" else Sighted.SIGNED_IN, found["login"])
    return None


def _pkexec(message: str) -> Found | None:
    found = _PKEXEC.fullmatch(message)
    return Found(Sighted.RAISED, found["login"]) if found else None


def _session(message: str) -> Found | None:
    """A session on a console or a desktop, which no other line tells of."""
    if found := _CONSOLE_FAILED.fullmatch(message):
        return Found(Sighted.FAILED, found["login"])
    found = _SESSION.match(message)
    if found is None or not found["by"].startswith(_CONSOLES):
        return None
    return Found(Sighted.SIGNED_IN if found["what"] == "opened" else Sighted.ENDED, found["login"])


_READERS: Final[Mapping[str, Callable[[str], Found | None]]] = {
    "sudo": _sudo, "su": _su, "runuser": _su, "pkexec": _pkexec, "polkit-agent-helper-1": _pkexec,
}  # fmt: skip
